"""A row of an accounts export -> what it says about one account.

Rule: a column that is absent says nothing, an empty cell says "unknown".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from bridge.analysis.cells import CellError, day, description, domain, external_id, items, name, number, shown, word
from bridge.words import ExpectationTier, Lifecycle, RiskBand

NAME = "account"
Reader = Callable[[str, str], Any]


def _languages(column: str, text: str) -> list[str]:
    return [name(column, item) for item in items(text)]


_READERS: dict[str, Reader] = {
    "arr": number,
    "currency": name,
    "margin": partial(number, at_most=1.0),
    "segment": name,
    "expectation_tier": partial(word, words=ExpectationTier),
    "risk_band": partial(word, words=RiskBand),
    "renewal_date": day,
    "region": description,
    "languages": _languages,
    "strategic_uplift": number,
    "strategic_reason": description,
    "strategic_expires": day,
    "lifecycle": partial(word, words=Lifecycle),
}
_UNKNOWN: dict[str, Any] = {"languages": [], "strategic_uplift": 0.0, "lifecycle": Lifecycle.ACTIVE.value}
COLUMNS = (NAME, "external_ids", "domains", *_READERS)


@dataclass(frozen=True, slots=True)
class AccountRow:
    """``values``: columns of the account that the row speaks of. None for ids or domains: it does not speak of them."""

    name: str
    values: Mapping[str, Any]
    external_ids: tuple[str, ...] | None
    domains: tuple[str, ...] | None

    @property
    def key(self) -> str:
        """Equal for all spellings of one name."""
        return self.name.casefold()

    @property
    def undeclared_uplift(self) -> bool:
        """A strategic uplift that nobody gave a reason or an end for."""
        uplift, reason, end = (self.values.get(f"strategic_{part}") for part in ("uplift", "reason", "expires"))
        return bool(uplift) and not (reason and end)


def read_account(cells: Mapping[str, str], currency: str) -> AccountRow:
    """``cells`` by lower-case column; ``currency`` is the reporting one. Raises CellError for the first bad cell."""
    known = {column: text.strip() for column, text in cells.items() if column in COLUMNS}
    account = name(NAME, known[NAME])
    values: dict[str, Any] = {}
    for column, reader in _READERS.items():
        if column in known:
            text = known[column]
            values[_field(column)] = reader(column, text) if text else _UNKNOWN.get(column)
    _check_currency(values, currency)
    return AccountRow(account, values, _listed(known, "external_ids", external_id), _listed(known, "domains", domain))


def _field(column: str) -> str:
    return "segment_named" if column == "segment" else column


def _check_currency(values: dict[str, Any], currency: str) -> None:
    if (given := values.get("currency")) is None:
        return
    values["currency"] = given.upper()
    if given.upper() != currency.upper():
        raise CellError(
            f"currency {shown(given)}: values are kept in {currency}; convert arr and strategic_uplift first"
        )


def _listed(known: Mapping[str, str], column: str, reader: Reader) -> tuple[str, ...] | None:
    if column not in known:
        return None
    return tuple(dict.fromkeys(reader(column, item) for item in items(known[column])))

"""A row of an accounts export -> what it says about one account.

Rule: a column that is absent says nothing, an empty cell says "unknown".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from bridge.analysis.cells import CellError, day, description, domain, external_id, items, name, number, shown, word
from bridge.words import ExpectationTier, Lifecycle, LocationClass, Priority, RiskBand

NAME = "account"
AS_OF = "as_of"
SLA = ("first_reply", "resolution")
MOST_HOURS = 10_000.0
Reader = Callable[[str, str], Any]


def _languages(column: str, text: str) -> list[str]:
    return [name(column, item) for item in items(text)]


def _sla(column: str, text: str) -> dict[str, dict[str, float]]:
    """ "first_reply.urgent=1;resolution.urgent=8", business hours. Raises CellError."""
    found: dict[str, dict[str, float]] = {}
    for item in items(text):
        what, _, hours = item.partition("=")
        kind, _, priority = what.strip().partition(".")
        if kind not in SLA or not hours:
            raise CellError(
                f"{column} {shown(item)}: expected {' or '.join(SLA)}, a dot, a priority, '=' and business hours, "
                "such as first_reply.urgent=1, several by ';'"
            )
        found.setdefault(kind, {})[word(column, priority, Priority)] = number(column, hours.strip(), MOST_HOURS)
    return found


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
    "growth_pipeline": number,
    "sla": _sla,
    "required_location": partial(word, words=LocationClass),
    "lifecycle": partial(word, words=Lifecycle),
}
COLUMNS = (NAME, "external_ids", "domains", *_READERS, AS_OF)


@dataclass(frozen=True, slots=True)
class AccountRow:
    """``values``: columns of the account that the row speaks of, None where it says that it does not know. None for ids
    or domains: it does not speak of them. ``as_of``: the day of which it speaks, None: of today.
    """

    name: str
    values: Mapping[str, Any]
    external_ids: tuple[str, ...] | None
    domains: tuple[str, ...] | None
    as_of: date | None = None

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
            values[_field(column)] = reader(column, text) if text else None
    _check_currency(values, currency)
    ids, domains = _listed(known, "external_ids", external_id), _listed(known, "domains", domain)
    return AccountRow(account, values, ids, domains, day(AS_OF, known[AS_OF]) if known.get(AS_OF) else None)


def read_value(field: str, text: str) -> Any:
    """What one column of an account is meant to be; None for an empty text. Raises CellError."""
    column = "segment" if field == "segment_named" else field
    return _READERS[column](column, text.strip()) if text.strip() else None


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

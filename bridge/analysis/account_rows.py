"""A row of an accounts export -> what it says about one account.

Rule: a column that is absent says nothing, an empty cell says "unknown".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from bridge.analysis.cells import (
    MOST_MONEY,
    CellError,
    day,
    description,
    domain,
    external_id,
    items,
    name,
    number,
    shown,
    word,
)
from bridge.analysis.currencies import Rates
from bridge.words import ExpectationTier, Lifecycle, LocationClass, Priority, RiskBand

NAME = "account"
AS_OF = "as_of"
MONEY = ("arr", "strategic_uplift", "growth_pipeline")
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
    or domains: it does not speak of them. ``as_of``: the day of which it speaks, None: of today. ``notes``: by column
    of which currency and rate its money was.
    """

    name: str
    values: Mapping[str, Any]
    external_ids: tuple[str, ...] | None
    domains: tuple[str, ...] | None
    as_of: date | None = None
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Equal for all spellings of one name."""
        return self.name.casefold()

    @property
    def undeclared_uplift(self) -> bool:
        """A strategic uplift that nobody gave a reason or an end for."""
        uplift, reason, end = (self.values.get(f"strategic_{part}") for part in ("uplift", "reason", "expires"))
        return bool(uplift) and not (reason and end)


def read_account(cells: Mapping[str, str], rates: Rates, today: date) -> AccountRow:
    """``cells`` by lower-case column; ``rates`` name the reporting currency. Raises CellError for the first bad one."""
    known = {column: text.strip() for column, text in cells.items() if column in COLUMNS}
    account = name(NAME, known[NAME])
    values: dict[str, Any] = {}
    for column, reader in _READERS.items():
        if column in known:
            text = known[column]
            values[_field(column)] = reader(column, text) if text else None
    as_of = day(AS_OF, known[AS_OF]) if known.get(AS_OF) else None
    if as_of is not None and as_of > today:
        raise CellError(f"{AS_OF} {shown(known[AS_OF])}: lies in the future; expected the day on which this was so")
    notes = _converted(values, rates, as_of or today)
    ids, domains = _listed(known, "external_ids", external_id), _listed(known, "domains", domain)
    return AccountRow(account, values, ids, domains, as_of, notes)


def read_value(named: str, text: str) -> Any:
    """What one column of an account is meant to be; None for an empty text. Raises CellError."""
    column = "segment" if named == "segment_named" else named
    return _READERS[column](column, text.strip()) if text.strip() else None


def _field(column: str) -> str:
    return "segment_named" if column == "segment" else column


def _converted(values: dict[str, Any], rates: Rates, on: date) -> dict[str, str]:
    """Puts the row's money into the reporting currency. By field how it came about, where it was another one."""
    if (given := values.get("currency")) is None:
        return {}
    values["currency"] = code = given.upper()
    if code == rates.currency:
        return {}
    if (found := rates.on(code, on)) is None:
        raise CellError(
            f"currency {shown(given)}: values are kept in {rates.currency}, and no rate of {on} or before is known; "
            "import rates first (`bridge import rates FILE`), or convert the money"
        )
    since, rate = found
    notes = {}
    for column in (column for column in MONEY if values.get(column)):
        notes[column] = f"{values[column]:,.2f} {code} at {rate:g} of {since}"
        values[column] *= rate
        if values[column] > MOST_MONEY:
            raise CellError(f"{column}: {notes[column]} is more than anybody pays")
    return notes


def _listed(known: Mapping[str, str], column: str, reader: Reader) -> tuple[str, ...] | None:
    if column not in known:
        return None
    return tuple(dict.fromkeys(reader(column, item) for item in items(known[column])))

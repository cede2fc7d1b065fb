"""Which source told which value of an account, when, and which of several counts.

Rule: a person's word comes before a file's, a file's before a help desk's, whichever is newer: the nearer a source is
to somebody who answers for the number, the longer its word stands. A source that does not know a value leaves it to
the next one. Nothing is averaged.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from bridge.words import Lifecycle

STALE = timedelta(days=90)
"""Older values are flagged (domain.md 2.2)."""


class Kind(StrEnum):
    """Kinds of sources, the one that counts first."""

    MANUAL = "manual"
    FILE = "file"
    DESK = "desk"


FIELDS: Mapping[str, str] = MappingProxyType({
    "arr": "Yearly revenue",
    "margin": "Margin",
    "strategic_uplift": "Uplift",
    "strategic_reason": "Uplift, why",
    "strategic_expires": "Uplift, until",
    "growth_pipeline": "Growth pipeline",
    "expectation_tier": "Expectations",
    "risk_band": "Risk",
    "renewal_date": "Renewal",
    "lifecycle": "Lifecycle",
    "segment_named": "Segment by name",
    "region": "Region",
    "languages": "Languages",
    "required_location": "Support must sit",
    "sla": "Service levels",
    "currency": "Currency of the source",
})  # fmt: skip
"""What sources tell of an account, by column, with its name for people."""
SCORED = ("arr", "margin", "strategic_uplift", "expectation_tier", "risk_band", "renewal_date")
"""What the score reads; the oldest of these is how old an account's values are."""
UNKNOWN: Mapping[str, Any] = MappingProxyType(
    {"languages": [], "strategic_uplift": 0.0, "lifecycle": Lifecycle.ACTIVE.value}
)
"""What stands in a column that nobody has told, where that is not None."""
_DAYS = ("renewal_date", "strategic_expires")


@dataclass(frozen=True, slots=True)
class Said:
    """``value`` as the column holds it. ``note``: how it came about, such as the rate that it was converted by."""

    value: Any
    source: str
    as_of: datetime
    kind: Kind
    note: str | None = None

    def is_stale(self, at: datetime) -> bool:
        return at - self.as_of > STALE


class Told:
    """All that sources have told of one account. Changes are made in place; ``to_json`` is what is kept."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._told: dict[str, dict[str, Any]] = deepcopy(dict(told))

    @classmethod
    def of_columns(cls, columns: Mapping[str, Any], source: str, as_of: datetime) -> Told:
        """Of an account whose sources were not kept apart: its source told all that is known."""
        made = cls({})
        for field in FIELDS:
            if columns[field] is not None and columns[field] != UNKNOWN.get(field):
                made.say(Kind.FILE, field, columns[field], source, as_of)
        return made

    def say(self, kind: Kind, field: str, value: Any, source: str, as_of: datetime, note: str | None = None) -> bool:
        """Keep what a source tells; None: it does not know. True if the value is another than it told before."""
        known = self._told.setdefault(kind.value, {})
        before = known.get(field)
        if value is None:
            known.pop(field, None)
            return before is not None
        kept = {"value": value.isoformat() if isinstance(value, date) else value}
        known[field] = {**kept, "source": source, "as_of": as_of.isoformat(), **({"note": note} if note else {})}
        return before is None or before["value"] != kept["value"]

    def said(self, kind: Kind, field: str) -> Said | None:
        found = self._told.get(kind.value, {}).get(field)
        if found is None:
            return None
        value = date.fromisoformat(found["value"]) if field in _DAYS else found["value"]
        return Said(value, found["source"], datetime.fromisoformat(found["as_of"]), kind, found.get("note"))

    def all_said(self, field: str) -> list[Said]:
        """The one that counts first."""
        return [said for kind in Kind if (said := self.said(kind, field)) is not None]

    def counts(self, field: str) -> Said | None:
        return next(iter(self.all_said(field)), None)

    def columns(self) -> dict[str, Any]:
        """The value that counts of every field."""
        return {field: said.value if (said := self.counts(field)) else UNKNOWN.get(field) for field in FIELDS}

    def as_of(self, otherwise: datetime) -> datetime:
        """The age of the oldest value that the score reads, else of the newest of all."""
        scored = [said.as_of for field in SCORED if (said := self.counts(field))]
        others = [said.as_of for field in FIELDS if (said := self.counts(field))]
        return min(scored) if scored else max(others, default=otherwise)

    def quality(self, at: datetime) -> dict[str, str]:
        """By field that the score reads: known, stale, or imputed where a default stands in (domain.md 2.2)."""
        return {
            field: "imputed" if (said := self.counts(field)) is None else "stale" if said.is_stale(at) else "known"
            for field in SCORED
        }

    def to_json(self) -> dict[str, Any]:
        return deepcopy({kind: fields for kind, fields in self._told.items() if fields})

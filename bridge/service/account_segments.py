"""Segments that an accounts file names. Rule: one that nobody defined yet takes only the accounts that name it."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from statistics import median

from sqlmodel import Session

from bridge.analysis.account_rows import AccountRow
from bridge.analysis.segment_rules import NAMED_ONLY
from bridge.service.errors import ServiceError
from bridge.store.accounts import Segment
from bridge.store.events import record
from bridge.store.ranking import all_segments
from bridge.words import ExpectationTier


@dataclass(slots=True)
class _Found:
    name: str
    values: array[float] = field(default_factory=lambda: array("d"))
    tiers: Counter[str] = field(default_factory=Counter)


class NamedSegments:
    """Watches the rows go by and creates the segments that are missing at the end."""

    def __init__(self, session: Session) -> None:
        """Raises ServiceError where there are no segments at all."""
        segments = all_segments(session)
        if not segments:
            raise ServiceError("the workspace has no segments yet: run `bridge init`")
        self._spelling = {segment.name.casefold(): segment.name for segment in segments}
        self._new: dict[str, _Found] = {}

    def see(self, row: AccountRow) -> AccountRow:
        """The row with its segment spelt as the store spells it."""
        named = row.values.get("segment_named")
        if named is None:
            return row
        key = named.casefold()
        if key not in self._spelling:
            self._spelling[key] = named
            self._new[key] = _Found(named)
        if (found := self._new.get(key)) is not None:
            if (value := row.values.get("arr")) is not None:
                found.values.append(value)
            if tier := row.values.get("expectation_tier"):
                found.tiers[tier] += 1
        return replace(row, values={**row.values, "segment_named": self._spelling[key]})

    def create(self, session: Session, actor: str, at: datetime) -> list[str]:
        """Store the missing ones before the catch-all, in the order of the file. Returns their names."""
        if not self._new:
            return []
        catch_all = all_segments(session)[-1]
        first = catch_all.position
        catch_all.position += len(self._new)
        session.add(catch_all)
        session.flush()
        for position, found in enumerate(self._new.values(), first):
            segment = _segment(found, catch_all, position)
            session.add(segment)
            session.flush()
            _tell(session, segment, found, actor, at)
        return [found.name for found in self._new.values()]


def _segment(found: _Found, catch_all: Segment, position: int) -> Segment:
    default = float(median(found.values)) if found.values else catch_all.value_default
    return Segment(
        scheme=catch_all.scheme,
        name=found.name,
        rule=dict(NAMED_ONLY),
        value_default=default,
        expectation_tier=_most_common(found.tiers),
        position=position,
    )


def _most_common(tiers: Counter[str]) -> str:
    """The order of the words decides between equals, so that the order of the rows does not."""
    ranked: Sequence[str] = sorted(ExpectationTier, key=lambda tier: -tiers[tier])
    return str(ranked[0]) if tiers else ExpectationTier.STANDARD.value


def _tell(session: Session, segment: Segment, found: _Found, actor: str, at: datetime) -> None:
    source = "median of the known values" if found.values else "default of the catch-all"
    record(
        session,
        "config.changed",
        f"segment:{segment.id}",
        actor=actor,
        at=at,
        after={"position": segment.position, "value_default": segment.value_default},
        reason=f"an accounts file names this segment; value_default is the {source}",
    )

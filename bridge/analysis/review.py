"""What the Monday review says of a whole ranking: the Top 10, what moved in and out, and all issues together.

Rule: scores are never added without saying what that counts twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Protocol

from bridge.analysis.delta import delta
from bridge.analysis.ranking import Placeable, Portfolio
from bridge.analysis.record import Uncertainty
from bridge.analysis.snapshot import Snapshot
from bridge.analysis.summary import Placing
from bridge.analysis.uncertainty import THIN_EVIDENCE

TOP = 10
MOVERS = 3
NEGLIGIBLE = 0.5
"""Money per year that is shown as 0."""

CAUSES = {
    "new accounts": ("accounts joined", "accounts left"),
    "severity change": ("severer", "less severe"),
    "workaround": ("workaround lost", "workaround"),
    "decay": ("new signals", "no new signals"),
    "release": ("reports after release", "released"),
    "value data": ("account data, renewals", "account data, renewals"),
}
"""A cause of a change in words: where it raised the score, where it lowered it."""


class Told(Placeable, Protocol):
    """A cluster as the review reads it."""

    @property
    def badges(self) -> list[str]: ...
    @property
    def uncertainty(self) -> Uncertainty: ...


def last_monday(as_of: datetime) -> datetime:
    """The end of the newest Monday (UTC) before the day of ``as_of``: on a Monday that of the week before."""
    today = as_of.astimezone(UTC).date()
    monday = today - timedelta(days=(today.weekday() or 7))
    return datetime.combine(monday + timedelta(days=1), time.min, UTC)


@dataclass(frozen=True, slots=True)
class Held:
    """What people hold against the computation: issues that are pinned to the Top 10 or muted."""

    pinned: Collection[int] = ()
    muted: Collection[int] = ()


NOTHING_HELD = Held()


def top_ten(ranked: Iterable[tuple[int, bool]], held: Held = NOTHING_HELD) -> list[int]:
    """The Top 10 of (issue, is thin) in their order: the pinned first take their places, then the best of the others
    that are neither thin nor muted. Everybody stands by rank; nobody's rank changes.
    """
    ranked = list(ranked)
    pinned = [id_ for id_, _ in ranked if id_ in held.pinned][:TOP]
    others = [id_ for id_, thin in ranked if not thin and id_ not in held.pinned and id_ not in held.muted]
    chosen = {*pinned, *others[: TOP - len(pinned)]}
    return [id_ for id_, _ in ranked if id_ in chosen]


def top(explanations: Sequence[Told], held: Held = NOTHING_HELD) -> list[int]:
    """The Top 10 of a ranking, best first."""
    return top_ten(((e.cluster_id, THIN_EVIDENCE in e.badges) for e in explanations), held)


def moves(explanations: Sequence[Told], before: Mapping[int, Placing]) -> dict[str, list[int]]:
    """Issues with the largest rise and fall of their score since an earlier ranking, largest first."""
    changes = [(e.score - before[e.cluster_id].score, e.cluster_id) for e in explanations if e.cluster_id in before]
    changes += [(e.score, e.cluster_id) for e in explanations if e.cluster_id not in before] if before else []
    rising = sorted((c for c in changes if c[0] > NEGLIGIBLE), key=lambda c: (-c[0], c[1]))
    falling = sorted((c for c in changes if c[0] < -NEGLIGIBLE), key=lambda c: (c[0], c[1]))
    return {"rise": [id_ for _, id_ in rising[:MOVERS]], "fall": [id_ for _, id_ in falling[:MOVERS]]}


def review(
    explanations: Sequence[Told],
    before: Mapping[int, Placing],
    top_before: Sequence[int],
    causes: Mapping[int, str | None],
    together: Portfolio,
    held: Held = NOTHING_HELD,
) -> dict[str, Any]:
    """JSON types. Movements are [issue, money, cause]; cause None: it was not ranked then, or is not now.

    ``causes``: by issue, of those that are in both rankings; ``together``: all of this one.
    """
    by_id = {e.cluster_id: e for e in explanations}
    now = top(explanations, held)
    known = sum(e.score * e.uncertainty.known_share for e in explanations)
    score = sum(e.score for e in explanations)

    def moved(ids: Sequence[int]) -> list[list[Any]]:
        return [_movement(id_, by_id.get(id_), before.get(id_), causes.get(id_)) for id_ in ids]

    return {
        "top": now,
        "entered": moved([id_ for id_ in now if id_ not in top_before]) if before else [],
        "left": moved([id_ for id_ in top_before if id_ not in now]),
        **{kind: moved(ids) for kind, ids in moves(explanations, before).items()},
        "portfolio": {
            "amount": together.amount,
            "sum": together.sum_of_risk,
            "overlap": together.overlap,
            "accounts": together.accounts,
        },
        "known_share": min(1.0, known / score) if score > 0 else 1.0,
    }


def _movement(id_: int, e: Told | None, before: Placing | None, cause: str | None) -> list[Any]:
    change = (e.score if e else 0.0) - (before.score if before else 0.0)
    return [id_, change, cause if e and before else None]


def main_cause(then: Snapshot, now: Snapshot, score: float) -> str | None:
    """The cause that moved most of a score, of those that moved it in the direction in which it went. ``then`` is what
    was told earlier (`Snapshot.as_told`), ``score`` that of ``now``.
    """
    found = delta(then, now, now.exposures(), score)
    sign = 1 if found["amount"] >= 0 else -1
    best = max(found["causes"], key=lambda part: sign * part["amount"])
    return str(best["cause"]) if sign * best["amount"] > NEGLIGIBLE else None

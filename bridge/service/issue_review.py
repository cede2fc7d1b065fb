"""The Monday review: how far it is, what is left, what moved since the last one, and all issues together.

Rule: it says what was computed and what people decided, no more. What it takes to be done is domain.md 6.2: no issue of
the Top 10 unreviewed; no ETA that has passed and no contradiction of a tracker anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from bridge.analysis.review import CAUSES, NEGLIGIBLE
from bridge.service.issue_board import Board
from bridge.service.issue_entries import Entry, Need
from bridge.service.issue_money import SUM_OF, Sight
from bridge.store.clusters import Cluster
from bridge.words import Hold, display_id

BLOCKS = (Need.UNREVIEWED, Need.OVERDUE, Need.CONFLICT)
"""What keeps a review from being done. A stale plan or a regression is told beside it."""
PINNED, MUTED, ROOM, DISPLACED = "pinned", "muted", "others made room", "others are pinned"
FELL, ROSE = "others fell or left", "others rose"


@dataclass(frozen=True, slots=True)
class Place:
    """An issue and what it still needs. ``rank`` None: not ranked yet."""

    id: int
    ref: str
    rank: int | None
    title: str
    needs: tuple[Need, ...]

    @property
    def is_done(self) -> bool:
        return not any(need in BLOCKS for need in self.needs)


@dataclass(frozen=True, slots=True)
class Movement:
    """``change`` is None for those who may not see it; ``gone``: merged away since."""

    ref: str
    title: str
    change: float | None
    why: str
    gone: bool


@dataclass(frozen=True, slots=True)
class Portfolio:
    """All issues together; None where the reader may not see it."""

    amount: float | None
    sum: float | None
    overlap: float | None
    known_share: float | None


@dataclass(frozen=True, slots=True)
class Review:
    """``since`` is the last finished review, and by whom; before there is one the ranking of last Monday
    (``is_monday``), else the first there is. ``below`` are issues outside the Top 10 that keep it from being done.
    """

    top: tuple[Place, ...]
    below: tuple[Place, ...]
    since: datetime | None
    reviewed_by: str | None
    is_monday: bool
    entered: tuple[Movement, ...]
    left: tuple[Movement, ...]
    rise: tuple[Movement, ...]
    fall: tuple[Movement, ...]
    portfolio: Portfolio
    issues: int
    tickets: int
    alone: int

    @property
    def done(self) -> int:
        return sum(place.is_done for place in self.top)

    @property
    def undecided(self) -> tuple[Place, ...]:
        """What must be decided before it is done, the Top 10 first."""
        return (*(place for place in self.top if not place.is_done), *self.below)

    def waiting(self, need: Need) -> tuple[Place, ...]:
        return tuple(place for place in (*self.top, *self.below) if need in place.needs)


def review_of(session: Session, board: Board, sight: Sight) -> Review:
    told = board.review
    kinds = {**{kind: told.get(kind, []) for kind in ("rise", "fall")}, **crossings(board)}
    titles = _titles(session, board, [id_ for moves in kinds.values() for id_, *_ in moves])
    moved = {kind: tuple(_movement(m, titles, board, sight) for m in moves) for kind, moves in kinds.items()}
    since = told.get("since")
    return Review(
        top=tuple(_place(e) for e in board.entries if e.in_top),
        below=tuple(place for e in board.entries if not e.in_top and not (place := _place(e)).is_done),
        since=datetime.fromisoformat(since.get("reviewed_at") or since["as_of"]) if since else None,
        reviewed_by=since.get("reviewed_by") if since else None,
        is_monday=bool(since and since["monday"]),
        portfolio=_portfolio(told, sight),
        issues=len(board.entries),
        tickets=told.get("tickets", 0),
        alone=told.get("alone", 0),
        **moved,
    )


def _place(e: Entry) -> Place:
    return Place(e.id, display_id(e.id), e.rank, e.title, e.needs)


def crossings(board: Board) -> dict[str, list[list[Any]]]:
    """Who entered and who left the Top 10 since the earlier ranking, by rank and by pins and mutes alike:
    [issue, money, cause].
    """
    told = board.review
    since, moved = told.get("since"), {row[0]: row for row in (*told.get("entered", ()), *told.get("left", ()))}
    if not since:
        return {"entered": [], "left": []}
    before = since.get("top", [id_ for id_ in told["top"] if id_ not in moved] + [row[0] for row in told["left"]])
    now = [e.id for e in board.entries if e.in_top]
    counted = set(told.get("top", ()))

    def row(id_: int, *, entered: bool) -> list[Any]:
        e = board.by_id.get(id_)
        change = e.summary.get("moved") if e else None
        known = moved.get(id_, [id_, change[1] if change else (e.score if e and entered else 0.0), None])
        if e is not None and e.holds(Hold.PIN if entered else Hold.MUTE, board.valid_from):
            return [*known[:2], PINNED if entered else MUTED]
        by_hand = e is not None and (id_ in counted) != entered
        if by_hand:
            return [*known[:2], ROOM if entered else DISPLACED]
        still = e is not None and known[2] is None and abs(known[1]) < NEGLIGIBLE
        return [*known[:2], (FELL if entered else ROSE) if still else known[2]]

    return {
        "entered": [row(id_, entered=True) for id_ in now if id_ not in before],
        "left": [row(id_, entered=False) for id_ in before if id_ not in now],
    }


def _titles(session: Session, board: Board, ids: Sequence[int]) -> dict[int, str]:
    """Of issues that were merged away, too: those are not on the board."""
    known = {id_: board.by_id[id_].title for id_ in ids if id_ in board.by_id}
    if missing := sorted(set(ids) - set(known)):
        query = select(Cluster.id, Cluster.title).where(col(Cluster.id).in_(missing))
        known.update({id_ or 0: title for id_, title in session.exec(query)})
    return known


def _movement(move: Sequence[Any], titles: dict[int, str], board: Board, sight: Sight) -> Movement:
    id_, change, cause = move
    gone = id_ not in board.by_id
    if cause in CAUSES:
        why = CAUSES[cause][change < 0]
    else:
        why = cause or ("merged or empty" if gone else "new" if change > 0 else "")
    shown = change if sight is Sight.ALL else None
    return Movement(display_id(id_), titles.get(id_, ""), shown, why, gone)


def _portfolio(told: dict[str, Any], sight: Sight) -> Portfolio:
    found = told.get("portfolio")
    if not found or sight is Sight.NONE or (sight is Sight.SUMS and found["accounts"] < SUM_OF):
        return Portfolio(None, None, None, None)
    return Portfolio(found["amount"], found["sum"], found["overlap"], told["known_share"])

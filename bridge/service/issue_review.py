"""The Monday strip: how far the review is, what moved, and all issues together. It says what was computed, no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from bridge.analysis.review import CAUSES
from bridge.service.issue_board import Board, Need
from bridge.service.issue_money import SUM_OF, Sight
from bridge.store.clusters import Cluster
from bridge.words import display_id


@dataclass(frozen=True, slots=True)
class Place:
    """One of the Top 10 and what it still needs."""

    id: int
    ref: str
    rank: int
    title: str
    needs: tuple[Need, ...]


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
    """``since`` is the earlier ranking; ``is_monday``: that of last Monday, else the first there is."""

    top: tuple[Place, ...]
    since: datetime | None
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
        return sum(not place.needs for place in self.top)

    def waiting(self, need: Need) -> tuple[Place, ...]:
        return tuple(place for place in self.top if need in place.needs)


def review_of(session: Session, board: Board, sight: Sight) -> Review:
    told = board.review
    kinds = {kind: told.get(kind, []) for kind in ("entered", "left", "rise", "fall")}
    titles = _titles(session, board, [id_ for moves in kinds.values() for id_, *_ in moves])
    moved = {kind: tuple(_movement(m, titles, board, sight) for m in moves) for kind, moves in kinds.items()}
    since = told.get("since")
    return Review(
        top=tuple(Place(e.id, display_id(e.id), e.rank or 0, e.title, e.needs) for e in board.entries if e.in_top),
        since=datetime.fromisoformat(since["as_of"]) if since else None,
        is_monday=bool(since and since["monday"]),
        portfolio=_portfolio(told, sight),
        issues=len(board.entries),
        tickets=told.get("tickets", 0),
        alone=told.get("alone", 0),
        **moved,
    )


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
    why = CAUSES[cause][change < 0] if cause in CAUSES else "merged or empty" if gone else "new" if change > 0 else ""
    shown = change if sight is Sight.ALL else None
    return Movement(display_id(id_), titles.get(id_, ""), shown, why, gone)


def _portfolio(told: dict[str, Any], sight: Sight) -> Portfolio:
    found = told.get("portfolio")
    if not found or sight is Sight.NONE or (sight is Sight.SUMS and found["accounts"] < SUM_OF):
        return Portfolio(None, None, None, None)
    return Portfolio(found["amount"], found["sum"], found["overlap"], told["known_share"])

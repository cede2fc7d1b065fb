"""Views of the list: those that come with the house, and those that a person keeps for themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs

from sqlmodel import Session, col, select

from bridge.service.access import Actor, Permission, require
from bridge.service.errors import ServiceError, UnknownId
from bridge.service.issue_board import Board
from bridge.service.issue_filters import Filters, matching, parse
from bridge.service.issue_money import Sight, sight_of
from bridge.store.access import SavedView

OWN = 5
LONGEST = 40
BUILT_IN: tuple[tuple[str, str], ...] = (
    ("Monday review", ""),
    ("Needs a decision", "need=any"),
    ("Stale promises", "need=stale&need=overdue&need=conflict"),
    ("Pinned and set by hand", "held=pin&held=severity"),
    ("Muted", "held=mute"),
    ("Unsorted tickets", "unsorted=only"),
)


@dataclass(frozen=True, slots=True)
class View:
    """``id`` None: it comes with the house. ``query`` is what follows the question mark."""

    id: int | None
    name: str
    query: str
    count: int


def views_of(session: Session, actor: Actor, board: Board) -> tuple[View, ...]:
    sees = sight_of(actor) is Sight.ALL
    kept: list[tuple[int | None, str, str]] = [(None, name, query) for name, query in BUILT_IN]
    kept += [(view.id, view.name, view.query) for view in _own(session, actor)]
    asked = [(id_, name, parse(parse_qs(query), sees_money=sees)) for id_, name, query in kept]
    return tuple(View(id_, name, f.query, len(matching(board, f))) for id_, name, f in asked)


def save_view(session: Session, actor: Actor, name: str, filters: Filters, *, at: datetime) -> SavedView:
    """Keep filters under a name; a name that is there already gets the new ones."""
    require(actor, Permission.READ_CLUSTERS)
    name = " ".join(name.split())
    if actor.user_id is None:
        raise ServiceError("views belong to people who sign in: there is nobody to keep this one for")
    if not name or len(name) > LONGEST:
        raise ServiceError(f"give the view a name of 1 to {LONGEST} characters")
    if name in dict(BUILT_IN):
        raise ServiceError(f"{name!r} comes with the house: choose another name")
    own = _own(session, actor)
    view = next((view for view in own if view.name == name), None)
    if view is None and len(own) >= OWN:
        raise ServiceError(f"you keep {OWN} views already: remove one first")
    view = view or SavedView(user_id=actor.user_id, name=name, query="", created_at=at)
    view.query = filters.query
    session.add(view)
    session.flush()
    return view


def drop_view(session: Session, actor: Actor, view_id: int) -> str:
    """Remove one of one's own views; its name."""
    require(actor, Permission.READ_CLUSTERS)
    view = session.get(SavedView, view_id)
    if view is None or actor.user_id is None or view.user_id != actor.user_id:
        raise UnknownId("there is no such view of yours")
    session.delete(view)
    return view.name


def _own(session: Session, actor: Actor) -> Sequence[SavedView]:
    if actor.user_id is None:
        return ()
    query = select(SavedView).where(SavedView.user_id == actor.user_id).order_by(col(SavedView.name))
    return session.exec(query).all()

"""Users as a page shows them: with their suppliers' names and their living sessions, in three queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from bridge.service.access import Actor
from bridge.service.people import users
from bridge.service.signing_in import IDLE
from bridge.store.access import WebSession
from bridge.store.suppliers import all_suppliers


@dataclass(frozen=True, slots=True)
class SessionLine:
    id: int
    by: str
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class UserRow:
    """``door``: password, single sign-on, or none yet."""

    name: str
    role: str
    supplier: str | None
    email: str | None
    disabled: bool
    door: str
    seen_at: datetime | None
    own: bool
    sessions: list[SessionLine]


def users_view(session: Session, actor: Actor, at: datetime) -> list[UserRow]:
    """Everybody by name; disabled ones last."""
    found = users(session, actor)
    suppliers = {supplier.id: supplier.name for supplier in all_suppliers(session)}
    living = (
        col(WebSession.revoked_at).is_(None),
        col(WebSession.expires_at) > at,
        col(WebSession.seen_at) > at - IDLE,
    )
    by_user: dict[int, list[SessionLine]] = {}
    for row in session.exec(select(WebSession).where(*living).order_by(col(WebSession.seen_at).desc())):
        line = SessionLine(row.id or 0, row.by, row.created_at, row.seen_at)
        by_user.setdefault(row.user_id, []).append(line)
    rows = [
        UserRow(
            name=user.name,
            role=user.role,
            supplier=suppliers.get(user.supplier_id),
            email=user.email,
            disabled=user.disabled,
            door="single sign-on" if user.identity else "password" if user.password_hash else "none yet",
            seen_at=user.seen_at,
            own=user.id == actor.user_id,
            sessions=by_user.get(user.id or 0, []),
        )
        for user in found
    ]
    return sorted(rows, key=lambda row: row.disabled)

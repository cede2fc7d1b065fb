"""Alerts, who wants to hear of what and when, and each message that was written for one reader.

Rule: ids and numbers only; the words are looked up when a message leaves, so that nothing here must be erased.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Column, ForeignKey, Integer, UniqueConstraint
from sqlmodel import Field, Session, SQLModel, col, select

from bridge.store.access import User
from bridge.store.columns import instant, json_field
from bridge.words import NoticeKind


class Alert(SQLModel, table=True):
    """Something about an issue that people hear of, one row a kind and issue: it opens again, it is not made anew.

    ``told`` is the size last told of, ``times`` how often it was, ``last`` what people were told then; ``accounts`` are
    keys that were ever told of by name.
    """

    __table_args__ = (UniqueConstraint("kind", "cluster_id"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    cluster_id: int = Field(foreign_key="cluster.id", index=True)
    opened_at: datetime = instant(nullable=False)
    told_at: datetime | None = instant(index=True)
    closed_at: datetime | None = instant()
    told: int = 0
    times: int = 0
    accounts: list[str] = json_field(list)
    last: dict[str, Any] = json_field()


class Subscription(SQLModel, table=True):
    """What a person chose for a kind; without a row their role's default counts."""

    user_id: int = Field(sa_column=Column(Integer, ForeignKey("app_user.id", ondelete="CASCADE"), primary_key=True))
    kind: str = Field(primary_key=True)
    choice: str
    at: datetime = instant(nullable=False)


class NoticePreference(SQLModel, table=True):
    """How a person is reached, and their quiet hours in minutes of the workspace's day."""

    __tablename__ = "notice_preference"

    user_id: int = Field(sa_column=Column(Integer, ForeignKey("app_user.id", ondelete="CASCADE"), primary_key=True))
    channel: str = "email"
    quiet_from: int = 0
    quiet_to: int = 0
    quiet_weekends: bool = False


class NoticeRow(SQLModel, table=True):
    """One message to one reader: a user, or a connection's own channel (``user_id`` None). Once an event and reader.

    ``uid`` names it towards the outside.
    """

    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("event", "reader"),)

    id: int | None = Field(default=None, primary_key=True)
    uid: str = Field(unique=True)
    event: str
    reader: str
    user_id: int | None = Field(
        default=None,
        sa_column=Column(Integer, ForeignKey("app_user.id", ondelete="CASCADE"), nullable=True, index=True),
    )
    kind: str
    connection: str
    facts: dict[str, Any] = json_field()
    at: datetime = instant(nullable=False)


class Person(NamedTuple):
    """A user who may come in, with what they chose."""

    user: User
    chosen: Mapping[str, str]
    preference: NoticePreference


def people(session: Session, user_id: int | None = None) -> list[Person]:
    """Everybody who is not disabled, or one of them, by id."""
    query = select(User).where(col(User.disabled).is_(False)).order_by(col(User.id))
    if user_id is not None:
        query = query.where(User.id == user_id)
    users = session.exec(query).all()
    chosen: dict[int, dict[str, str]] = {}
    for row in session.exec(select(Subscription)):
        chosen.setdefault(row.user_id, {})[row.kind] = row.choice
    kept = {row.user_id: row for row in session.exec(select(NoticePreference))}
    return [
        Person(user, chosen.get(user.id or 0, {}), kept.get(user.id or 0) or NoticePreference(user_id=user.id or 0))
        for user in users
    ]


def alerts(session: Session) -> list[Alert]:
    return list(session.exec(select(Alert).order_by(col(Alert.id))))


def told_since(session: Session, since: datetime) -> list[Alert]:
    """Alerts that people heard of, or could have, the newest first."""
    query = select(Alert).where(col(Alert.told_at) > since, col(Alert.times) > 0)
    return list(session.exec(query.order_by(col(Alert.told_at).desc(), col(Alert.id))))


def choose(session: Session, user_id: int, kind: NoticeKind, choice: str, at: datetime) -> None:
    session.merge(Subscription(user_id=user_id, kind=kind.value, choice=choice, at=at))


def key_of(uid: str) -> str:
    """The outbox key of a message, which the other side sees."""
    return f"notice-{uid}"

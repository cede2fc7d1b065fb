"""Where each pull stands, who leads, which slots have run, and how fresh the data is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Text
from sqlmodel import Field, Session, SQLModel

from bridge.store.columns import instant, json_field
from bridge.store.upsert import insert_new


class SyncState(SQLModel, table=True):
    """The cursor of one stream of one connection, written in the transaction of the page that it stands after."""

    __tablename__ = "sync_state"

    connection: str = Field(primary_key=True)
    stream: str = Field(primary_key=True)
    cursor: str | None = Field(default=None, sa_type=Text)
    last_success_at: datetime | None = instant()
    last_error_at: datetime | None = instant()
    last_error: str | None = Field(default=None, sa_type=Text)
    auth_failed_at: datetime | None = instant()


class LeaseRow(SQLModel, table=True):
    """Who may do a thing until when. ``epoch`` grows with every change of hands and fences the former holder."""

    __tablename__ = "lease"

    name: str = Field(primary_key=True)
    owner: str | None = None
    until: datetime | None = instant()
    epoch: int = 0


class RunSlot(SQLModel, table=True):
    """A job ran in a slot of the clock: at most once, whoever leads."""

    __tablename__ = "run_slot"

    job: str = Field(primary_key=True)
    slot: str = Field(primary_key=True)
    owner: str
    epoch: int
    started_at: datetime = instant(nullable=False)
    finished_at: datetime | None = instant()
    reports: list[dict[str, Any]] = json_field(list)


class DataVersion(SQLModel, table=True):
    """A counter that grows whenever data of its name changed: tells a step whether anything is new."""

    __tablename__ = "data_version"

    name: str = Field(primary_key=True)
    n: int = 0


class WorkspaceFact(SQLModel, table=True):
    """Small facts about this installation: its id, the anchor of the sample dates, whether it was restored."""

    __tablename__ = "workspace_fact"

    name: str = Field(primary_key=True)
    value: str


def bump(session: Session, name: str) -> None:
    """Say that data of this name changed, in the transaction that changes it."""
    row = session.get(DataVersion, name, with_for_update=True)
    if row is None:
        insert_new(session, DataVersion, name=name, n=0)
        row = session.get_one(DataVersion, name, with_for_update=True)
    row.n += 1


def data_version(session: Session, name: str) -> int:
    """Read once a transaction: a session forgets rows that nobody holds, so this one is held."""
    row = session.get(DataVersion, name)
    session.info.setdefault("data_versions", {})[name] = row
    return row.n if row else 0


def fact(session: Session, name: str) -> str | None:
    row = session.get(WorkspaceFact, name)
    return row.value if row else None


def set_fact(session: Session, name: str, value: str) -> None:
    session.merge(WorkspaceFact(name=name, value=value))


def sync_state(session: Session, connection: str, stream: str) -> SyncState:
    """The state of a stream, added to the session if it is new."""
    state = session.get(SyncState, (connection, stream))
    if state is None:
        state = SyncState(connection=connection, stream=stream)
        session.add(state)
    return state


def note_success(session: Session, connection: str, stream: str, at: datetime) -> None:
    state = sync_state(session, connection, stream)
    state.last_success_at, state.last_error, state.last_error_at, state.auth_failed_at = at, None, None, None


def note_failure(session: Session, connection: str, stream: str, at: datetime, error: str, *, auth: bool) -> None:
    """``error`` is redacted already."""
    state = sync_state(session, connection, stream)
    state.last_error, state.last_error_at = error, at
    state.auth_failed_at = at if auth else None

"""/connections and /set-aside: what is read, how far it is, and what could not be taken in."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import Session

from bridge.service import connections as service
from bridge.service import due, set_aside, set_aside_groups
from bridge.service.access import Permission
from bridge.service.connection_facts import facts_of
from bridge.service.connections import Row
from bridge.service.errors import UnknownId
from bridge.web import here
from bridge.web.api.blueprint import read, write
from bridge.web.api.paging import paged
from bridge.web.api.schemas.common import DONE, Done
from bridge.web.api.schemas.operations import (
    AsideOut,
    AsideQuery,
    Asides,
    ConnectionOut,
    Connections,
    ProgressOut,
    Replay,
    RunQuery,
)
from bridge.words import RunKind

TAG = "Operations"
_P = Permission
MOST_GROUPS = 1000


@read("/connections", _P.READ_STATUS, Connections, tag=TAG)
def connections() -> Connections:
    """Every connection of config.toml, in its order."""
    found = _found(None)
    leader = found.leader
    return Connections(items=[_row(row) for row in found.rows], worker_seen_at=leader.beat_at if leader else None)


@read("/connections/<connection>", _P.READ_STATUS, ConnectionOut, tag=TAG)
def connection(connection: str) -> ConnectionOut:
    """One connection."""
    due.known(facts_of(here.bridge()), connection)
    return _row(_found(connection).rows[0])


@read("/connections/<connection>/run", _P.READ_STATUS, ProgressOut, query=RunQuery, tag=TAG)
def run(connection: str, query_data: RunQuery) -> ProgressOut:
    """How far the run is that somebody asked for last."""
    with here.reading() as session:
        found = due.progress(session, here.actor(), facts_of(here.bridge()), connection, query_data.kind)
    if found is None:
        raise UnknownId(f"nobody has asked for a run of {connection} yet")
    return ProgressOut.of(found)


@write("/connections/<connection>/sync", _P.OPERATE, ProgressOut, status=202, tag=TAG)
def sync(session: Session, connection: str) -> ProgressOut:
    """Have the worker read the connection now; asking again while it waits or runs changes nothing."""
    return ProgressOut.of(due.ask(session, here.actor(), facts_of(here.bridge()), connection, here.now()))


@write("/connections/<connection>/check", _P.OPERATE, ProgressOut, status=202, tag=TAG)
def check_connection(session: Session, connection: str) -> ProgressOut:
    """Have the worker ask the other side whether it lets us in."""
    facts = facts_of(here.bridge())
    return ProgressOut.of(due.ask(session, here.actor(), facts, connection, here.now(), RunKind.CHECK))


@read("/set-aside", _P.READ_STATUS, Asides, query=AsideQuery, tag=TAG)
def asides(query_data: AsideQuery) -> Asides:
    """Records that could not be taken in, by what is wrong with them."""
    with here.reading() as session:
        groups = set_aside_groups.groups(session, here.actor(), MOST_GROUPS, query_data.connection)
    rows, following = paged(groups, lambda g: (g.connection, g.stream, g.reason), query_data)
    return Asides(items=[AsideOut.of(row) for row in rows], next=following)


@write("/set-aside/replay", _P.OPERATE, Done, body=Replay, tag=TAG)
def replay(session: Session, json_data: Replay) -> Done:
    """The next pull reads the stream from its start; what is known and unchanged is skipped."""
    set_aside.replay(session, here.actor(), json_data.connection, json_data.stream, at=here.now())
    return DONE


def _found(only: str | None) -> service.Connections:
    bridge = here.bridge()
    with here.reading() as session:
        return service.connections(
            session, here.actor(), facts_of(bridge), here.now(), lease_s=bridge.settings.worker.lease_seconds, only=only
        )


def _row(row: Row) -> ConnectionOut:
    facts = {name: getattr(row.facts, name) for name in ("name", "type", "enabled", "where", "does")}
    shown = {name: getattr(row, name) for name in ConnectionOut.model_fields if hasattr(row, name)}
    return ConnectionOut.model_validate(
        {**shown, **facts, "roles": list(row.facts.roles), "lag_s": _seconds(row.lag)}, from_attributes=True
    )


def _seconds(lag: timedelta | None) -> float | None:
    return None if lag is None else lag.total_seconds()

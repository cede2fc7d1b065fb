"""Reads and writes of what rankings keep: marks, tickets as numbers, what runs told of.

Rule: a mark is removed by the ranking that has read it, and by its id: one that came later stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple, cast

from sqlalchemy import Table, delete, func, insert, inspect, update
from sqlmodel import Session, col, select

from bridge.store.clusters import Membership, RankRun, Score
from bridge.store.memberships import CHUNK
from bridge.store.rank_cache import WHOLE, RankCache, RankMark, RankTold, RankValues
from bridge.store.ranking import SignalRow, signal_query
from bridge.store.sync import fact, set_fact
from bridge.store.tickets import Ticket
from bridge.store.upsert import insert_new, insert_rows

STATE = "rank_cache"
AT_A_TIME = 10_000


class Mark(NamedTuple):
    id: int
    cluster_id: int
    ticket_id: int


class ToldRow(NamedTuple):
    """A row of RankTold."""

    id: int
    cluster_id: int
    keys: list[str]
    numbers: bytes
    cut: float | None
    tickets: int
    confidence: float


@dataclass(frozen=True, slots=True)
class CacheRow:
    """A row of RankCache without its pile, and what it told."""

    told: ToldRow
    crc: int
    placed: int
    members: int
    tickets: int
    open_tickets: int
    first_at: float
    recent: bytes


_TOLD = (
    col(RankTold.id),
    col(RankTold.cluster_id),
    col(RankTold.keys),
    col(RankTold.numbers),
    col(RankTold.cut),
    col(RankTold.tickets),
    col(RankTold.confidence),
)
_CACHE = (
    col(RankCache.crc),
    col(RankCache.placed),
    col(RankCache.members),
    col(RankCache.tickets),
    col(RankCache.open_tickets),
    col(RankCache.first_at),
    col(RankCache.recent),
)


def state(session: Session) -> str | None:
    """What the cache was made for; None: there is none."""
    return fact(session, STATE)


def marks(session: Session) -> list[Mark]:
    columns = (col(RankMark.id), col(RankMark.cluster_id), col(RankMark.ticket_id))
    return [Mark(*row) for row in session.execute(select(*columns).order_by(columns[0]))]


def cache_rows(session: Session) -> list[CacheRow]:
    """By cluster."""
    query = select(*_TOLD, *_CACHE).join(RankCache, col(RankCache.told_id) == col(RankTold.id))  # type: ignore[call-overload]
    found = session.execute(query.order_by(col(RankCache.cluster_id)))
    return [CacheRow(ToldRow(*row[: len(_TOLD)]), *row[len(_TOLD) :]) for row in found]


def piles(session: Session, cluster_ids: Collection[int]) -> Iterator[tuple[int, bytes]]:
    wanted = sorted(cluster_ids)
    for start in range(0, len(wanted), CHUNK):
        some = col(RankCache.cluster_id).in_(wanted[start : start + CHUNK])
        yield from session.execute(select(RankCache.cluster_id, RankCache.pile).where(some))


def placed(session: Session) -> dict[int, int]:
    """Memberships by cluster, of tickets that live or not."""
    query = select(Membership.cluster_id, func.count()).group_by(col(Membership.cluster_id))
    return dict(session.execute(query).all())


def signals_of_tickets(session: Session, ticket_ids: Collection[int]) -> dict[int, SignalRow]:
    """By ticket; one that is not live, or in no cluster, has none."""
    found, wanted = {}, sorted(ticket_ids)
    for start in range(0, len(wanted), CHUNK):
        query = signal_query().where(col(Ticket.id).in_(wanted[start : start + CHUNK]))
        found.update({row[0]: SignalRow(*row) for row in session.execute(query)})
    return found


def signals_by_cluster(session: Session, cluster_ids: Sequence[int] | None) -> Iterator[tuple[int, list[SignalRow]]]:
    """Of these clusters, or of all, one after the other; not held all at once."""
    query = signal_query().order_by(col(Membership.cluster_id), col(Ticket.id))
    parts: Sequence[Sequence[int] | None] = [None]
    if cluster_ids is not None:
        parts = [cluster_ids[start : start + CHUNK] for start in range(0, len(cluster_ids), CHUNK)]
    for part in parts:
        asked = query if part is None else query.where(col(Membership.cluster_id).in_(part))
        rows = session.execute(asked.execution_options(yield_per=AT_A_TIME))
        for cluster_id, mine in groupby(rows, key=lambda row: row[1]):
            yield cluster_id, [SignalRow(*row) for row in mine]


def places_of_domains(session: Session, domains: Collection[str]) -> list[tuple[int, int]]:
    """(cluster, ticket) of whoever writes from there."""
    found: list[tuple[int, int]] = []
    wanted = sorted(domains)
    for start in range(0, len(wanted), CHUNK):
        query = select(Membership.cluster_id, Membership.ticket_id).join(
            Ticket, col(Ticket.id) == col(Membership.ticket_id)
        )
        some = func.lower(col(Ticket.requester_domain)).in_(wanted[start : start + CHUNK])
        found += session.exec(query.where(some)).all()
    return found


def told_of_run(session: Session, run_id: int, cluster_ids: Sequence[int] | None = None) -> dict[int, ToldRow]:
    """By cluster: what the run told of. Runs that hold their records themselves have none."""
    query = select(*_TOLD).join(Score, col(Score.told_id) == col(RankTold.id)).where(Score.run_id == run_id)  # type: ignore[call-overload]
    parts: list[Any] = [True]
    if cluster_ids is not None:
        parts = [
            col(Score.cluster_id).in_(cluster_ids[start : start + CHUNK]) for start in range(0, len(cluster_ids), CHUNK)
        ]
    return {row[1]: ToldRow(*row) for part in parts for row in session.execute(query.where(part))}


def values_data(session: Session, values_id: int) -> bytes:
    return session.exec(select(RankValues.data).where(RankValues.id == values_id)).one()


def save_values(session: Session, digest: str, data: bytes) -> int:
    """The row's id; the same data is stored once."""
    insert_new(session, RankValues, digest=digest, data=data)
    return session.exec(select(RankValues.id).where(RankValues.digest == digest)).one() or 0


def save_told(session: Session, rows: Sequence[Mapping[str, Any]]) -> dict[int, int]:
    """Rows of RankTold, at most one a cluster; their ids by cluster."""
    if not rows:
        return {}
    table = cast(Table, inspect(RankTold).local_table)
    found = session.connection().execute(insert(table).returning(table.c.cluster_id, table.c.id), list(rows))
    return dict(found.all())


def save_cache(session: Session, state_: str, rows: Sequence[Mapping[str, Any]], gone: Collection[int]) -> None:
    """Rows of RankCache in place of those of the same clusters; those of ``gone`` are removed."""
    old = sorted({*gone, *(row["cluster_id"] for row in rows)})
    for start in range(0, len(old), CHUNK):
        session.execute(delete(RankCache).where(col(RankCache.cluster_id).in_(old[start : start + CHUNK])))
    insert_rows(session, RankCache, rows)
    set_fact(session, STATE, state_)


def settle_marks(session: Session, seen: Sequence[Mark], pending: Collection[tuple[int, int]]) -> None:
    """Remove the marks that were read, in runs of ids without a gap; ``pending`` (cluster, ticket) wait for later."""
    ids = [mark.id for mark in seen]
    start = 0
    for at in range(1, len(ids) + 1):
        if at == len(ids) or ids[at] != ids[at - 1] + 1:
            session.execute(delete(RankMark).where(col(RankMark.id).between(ids[start], ids[at - 1])))
            start = at
    insert_rows(session, RankMark, [{"cluster_id": c, "ticket_id": t} for c, t in sorted(pending)])


def forget(session: Session, cluster_ids: Sequence[int]) -> None:
    """What is kept of these clusters' tickets goes; the next ranking reads them again."""
    for start in range(0, len(cluster_ids), CHUNK):
        some = cluster_ids[start : start + CHUNK]
        session.execute(delete(RankCache).where(col(RankCache.cluster_id).in_(some)))
        insert_rows(session, RankMark, [{"cluster_id": id_, "ticket_id": WHOLE} for id_ in some])


def drop_unused(session: Session) -> None:
    """What no run and no cache needs any more."""
    in_run = select(Score.id).where(col(Score.told_id) == col(RankTold.id)).exists()
    in_cache = select(RankCache.cluster_id).where(col(RankCache.told_id) == col(RankTold.id)).exists()
    session.execute(delete(RankTold).where(~in_run, ~in_cache))
    used = select(RankRun.values_id).where(col(RankRun.values_id).is_not(None))
    session.execute(delete(RankValues).where(col(RankValues.id).not_in(used)))


def save_deltas(session: Session, deltas: Mapping[int, Any]) -> None:
    """By id of the score."""
    if deltas:
        session.execute(update(Score), [{"id": id_, "delta": delta} for id_, delta in deltas.items()])

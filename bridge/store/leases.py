"""Row leases: who may do a thing until when, on any database, by the database's clock.

The rule: whoever works under a lease calls ``fence`` inside each of its write transactions. A lease that changed
hands has a new epoch, so the former holder's transaction fails instead of being mixed into the work of the new one.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from bridge.store.db import Database
from bridge.store.owners import is_gone, owner_id
from bridge.store.sync import LeaseRow
from bridge.store.upsert import insert_new

logger = logging.getLogger(__name__)


class LeaseLost(Exception):
    """Another holder has the lease now: stop, write nothing more, leave the rest to the other one."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as it was acquired. ``lost`` is set as soon as this process knows that it is not ours any more."""

    name: str
    owner: str
    epoch: int
    lost: threading.Event = field(default_factory=threading.Event, compare=False, repr=False)


def database_now(session: Session) -> datetime:
    """The database's clock, not the start of the transaction. Aware UTC; SQLite's has milliseconds."""
    if session.get_bind().dialect.name == "sqlite":
        naive = session.connection().execute(text("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')")).scalar_one()
        return datetime.fromisoformat(naive).replace(tzinfo=UTC)
    aware: datetime = session.connection().execute(text("SELECT clock_timestamp()")).scalar_one()
    return aware.astimezone(UTC)


def database_clock(db: Database) -> Callable[[], datetime]:
    """A clock that all workers of one database share, whatever the clocks of their machines say."""

    def now() -> datetime:
        with db.read() as session:
            return database_now(session)

    return now


def acquire(db: Database, name: str, owner: str, ttl_s: float) -> Lease | None:
    """Take the lease for ``ttl_s`` seconds if it is free, has run out, or its holder's process is gone."""
    with db.write() as session:
        insert_new(session, LeaseRow, name=name)
        row = session.exec(select(LeaseRow).where(LeaseRow.name == name).with_for_update()).one()
        now = database_now(session)
        if row.owner is not None and row.until is not None and row.until > now and not is_gone(row.owner):
            return None
        row.owner, row.until, row.epoch = owner, now + timedelta(seconds=ttl_s), row.epoch + 1
        session.add(row)
        return Lease(name, owner, row.epoch)


def renew(db: Database, lease: Lease, ttl_s: float) -> bool:
    """Hold the lease for ``ttl_s`` seconds from now. False: it went to somebody else."""
    with db.write() as session:
        until = database_now(session) + timedelta(seconds=ttl_s)
        return _change(session, lease, owner=lease.owner, until=until)


def release(db: Database, lease: Lease) -> None:
    """Give the lease back; nothing happens if it is not ours any more."""
    lease.lost.set()
    with db.write() as session:
        _change(session, lease, owner=None, until=None)


def fence(session: Session, lease: Lease) -> None:
    """Raise LeaseLost unless the lease is still ours; until the end of the transaction nobody can take it.

    Call it in a ``write`` transaction, before or after its changes.
    """
    held = select(LeaseRow.owner, LeaseRow.epoch).where(LeaseRow.name == lease.name).with_for_update()
    if session.exec(held).one_or_none() != (lease.owner, lease.epoch):
        lease.lost.set()
        raise LeaseLost(f"lease {lease.name!r} (epoch {lease.epoch}) went to another worker: this one stops")


class Keeper:
    """Renews one lease; tells by ``lease.lost`` when it is gone or could not be renewed in time."""

    def __init__(self, db: Database, lease: Lease, ttl_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.lease = lease
        self._db, self._ttl_s, self._clock = db, ttl_s, clock
        self._renewed = clock()

    def beat(self) -> bool:
        """Renew once. A database that does not answer is forgiven until the lease must have run out."""
        began = self._clock()
        try:
            kept = renew(self._db, self.lease, self._ttl_s)
        except SQLAlchemyError as error:
            logger.warning("lease %s could not be renewed: %s", self.lease.name, type(error).__name__)
            kept = self._clock() - self._renewed < self._ttl_s
        else:
            self._renewed = began
        if not kept:
            self.lease.lost.set()
        return kept


@contextmanager
def held(db: Database, name: str, ttl_s: float, owner: str | None = None) -> Iterator[Lease | None]:
    """Hold the lease for the block, renewed at a third of its time; None where somebody else has it."""
    lease = acquire(db, name, owner or owner_id(), ttl_s)
    if lease is None:
        yield None
        return
    keeper, ended = Keeper(db, lease, ttl_s), threading.Event()
    thread = threading.Thread(target=_keep, args=(keeper, ended, ttl_s / 3), name=f"lease {name}", daemon=True)
    thread.start()
    try:
        yield lease
    finally:
        ended.set()
        thread.join()
        release(db, lease)


def _keep(keeper: Keeper, ended: threading.Event, every_s: float) -> None:
    while not ended.wait(every_s) and keeper.beat():
        pass


def _change(session: Session, lease: Lease, **values: object) -> bool:
    statement = update(LeaseRow).where(
        col(LeaseRow.name) == lease.name, col(LeaseRow.owner) == lease.owner, col(LeaseRow.epoch) == lease.epoch
    )
    return session.exec(statement.values(**values)).rowcount == 1

"""What rankings keep between them: marks of what changed, the tickets of each cluster as numbers, and what a run told
of.

Rule: the database itself marks what changes (triggers, in the transaction that changes it), so no writer can forget to.
The rows of ``RankTold`` and ``RankValues`` belong to runs and are never changed; ``RankCache`` can be dropped at any
time.
"""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    event,
    inspect,
)
from sqlmodel import Field, SQLModel

from bridge.store.clusters import Membership
from bridge.store.columns import json_field
from bridge.store.tickets import Ticket

WHOLE = 0
"""In place of a ticket's id: read the whole cluster again."""


class RankMark(SQLModel, table=True):
    """This ticket in this cluster changed, came or went. One row a change: a change that comes while a ranking reads
    has a row of its own, which that ranking has not seen and leaves.
    """

    __tablename__ = "rank_mark"

    id: int | None = Field(
        default=None,
        sa_column=Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    )
    cluster_id: int
    ticket_id: int


class RankTold(SQLModel, table=True):
    """The telling tickets of a cluster: see analysis/telling.py. ``keys`` name accounts by key only."""

    __tablename__ = "rank_told"

    id: int | None = Field(default=None, primary_key=True)
    cluster_id: int = Field(foreign_key="cluster.id", index=True)
    keys: list[str] = json_field(list)
    numbers: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    cut: float | None = Field(default=None, sa_column=Column(Float(53), nullable=True))
    tickets: int
    confidence: float = Field(sa_column=Column(Float(53), nullable=False))


class RankValues(SQLModel, table=True):
    """What every account was worth in a run, compressed; runs of the same values share a row. ``digest``: sha256."""

    __tablename__ = "rank_values"

    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(unique=True)
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class RankCache(SQLModel, table=True):
    """All tickets of a cluster as the last ranking read them. ``crc`` covers what it told and the row but for ``pile``,
    which begins with a crc of its own.

    ``placed``: rows of Membership; the others are as in analysis/summary.RowFacts.
    """

    __tablename__ = "rank_cache"

    cluster_id: int = Field(
        sa_column=Column(Integer, ForeignKey("cluster.id", ondelete="CASCADE"), primary_key=True, autoincrement=False)
    )
    told_id: int = Field(foreign_key="rank_told.id", index=True)
    crc: int = Field(sa_column=Column(BigInteger, nullable=False))
    placed: int
    members: int
    tickets: int
    open_tickets: int
    first_at: float = Field(sa_column=Column(Float(53), nullable=False))
    recent: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    pile: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


_READ = (
    "status",
    "priority",
    "created_at",
    "last_customer_at",
    "account_ref",
    "requester_key",
    "requester_domain",
    "deleted_at",
    "merged_into",
)
"""Columns of a ticket that a score is made from."""
_PLACE = ("ticket_id", "cluster_id", "q")


def _mark(row: str) -> str:
    return f"INSERT INTO rank_mark (cluster_id, ticket_id) VALUES ({row}.cluster_id, {row}.ticket_id);"  # noqa: S608


_OF_TICKET = (
    "INSERT INTO rank_mark (cluster_id, ticket_id) "
    "SELECT cluster_id, ticket_id FROM membership WHERE ticket_id = NEW.id;"
)
_DIFFERS = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in _READ)
_MOVED = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in _PLACE)

SQLITE_PLACES = (
    f"CREATE TRIGGER rank_mark_placed AFTER INSERT ON membership BEGIN {_mark('NEW')} END",
    f"CREATE TRIGGER rank_mark_left AFTER DELETE ON membership BEGIN {_mark('OLD')} END",
    f"CREATE TRIGGER rank_mark_moved AFTER UPDATE ON membership WHEN {_MOVED} BEGIN {_mark('OLD')} {_mark('NEW')} END",
)
SQLITE_TICKETS = (f"CREATE TRIGGER rank_mark_ticket AFTER UPDATE ON ticket WHEN {_DIFFERS} BEGIN {_OF_TICKET} END",)


def _row(row: str, columns: tuple[str, ...]) -> str:
    return "ROW(" + ", ".join(f"{row}.{name}" for name in columns) + ")"


def _when(columns: tuple[str, ...]) -> str:
    return f"WHEN ({_row('OLD', columns)} IS DISTINCT FROM {_row('NEW', columns)})"


_RUN_PLACE, _RUN_TICKET = (f"EXECUTE FUNCTION rank_mark_{name}()" for name in ("place", "ticket"))


POSTGRES_PLACES = (
    f"""CREATE FUNCTION rank_mark_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        {_mark("OLD")}
    END IF;
    IF TG_OP <> 'DELETE' THEN
        {_mark("NEW")}
    END IF;
    RETURN NULL;
END $$""",
    f"CREATE TRIGGER rank_mark_placed AFTER INSERT OR DELETE ON membership FOR EACH ROW {_RUN_PLACE}",
    f"CREATE TRIGGER rank_mark_moved AFTER UPDATE ON membership FOR EACH ROW {_when(_PLACE)} {_RUN_PLACE}",
)
POSTGRES_TICKETS = (
    f"""CREATE FUNCTION rank_mark_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {_OF_TICKET}
    RETURN NULL;
END $$""",
    f"CREATE TRIGGER rank_mark_ticket AFTER UPDATE ON ticket FOR EACH ROW {_when(_READ)} {_RUN_TICKET}",
)


def _attach(model: type[SQLModel], dialect: str, statements: tuple[str, ...]) -> None:
    table: Any = cast(Table, inspect(model).local_table)
    for statement in statements:
        event.listen(table, "after_create", DDL(statement).execute_if(dialect=dialect))  # type: ignore[no-untyped-call]


_attach(Membership, "sqlite", SQLITE_PLACES)
_attach(Membership, "postgresql", POSTGRES_PLACES)
_attach(Ticket, "sqlite", SQLITE_TICKETS)
_attach(Ticket, "postgresql", POSTGRES_TICKETS)
for _model, _function in ((Membership, "rank_mark_place"), (Ticket, "rank_mark_ticket")):
    _drop = DDL(f"DROP FUNCTION {_function}()").execute_if(dialect="postgresql")  # type: ignore[no-untyped-call]
    event.listen(inspect(_model).local_table, "after_drop", _drop)

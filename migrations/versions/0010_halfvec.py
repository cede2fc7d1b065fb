"""vectors as halfvec on PostgreSQL"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bridge.store.halfvec import HalfVec, PackedVector

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BATCH = 1000
_INFINITE = 0x7C
"""The upper bits of a half that is no finite number, which pgvector refuses."""


def upgrade() -> None:
    """The table gets another name: a table ``vector`` and the type ``vector`` of the extension cannot be in one schema."""
    _rename("vector", "embedding")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS vector")
        _retype(HalfVec(), sa.LargeBinary(), PackedVector())


def downgrade() -> None:
    """The extension goes, as its type would stand in the way of the table; PostgreSQL refuses while others use it."""
    if op.get_bind().dialect.name == "postgresql":
        _retype(sa.LargeBinary(), PackedVector(), sa.LargeBinary())
        op.execute("DROP EXTENSION vector")
    _rename("embedding", "vector")


def _rename(old: str, new: str) -> None:
    op.rename_table(old, new)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {new} RENAME CONSTRAINT pk_{old} TO pk_{new}")
        return
    with op.batch_alter_table(new, recreate="always") as table:
        table.drop_constraint(f"pk_{old}", type_="primary")
        table.create_primary_key(f"pk_{new}", ["model", "content_hash"])


def _retype(column: sa.types.TypeEngine, old: sa.types.TypeEngine, new: sa.types.TypeEngine) -> None:
    """Carry every vector over. One that is damaged beyond reading goes: the next run of embed computes it again."""
    op.alter_column("embedding", "data", new_column_name="former")
    op.add_column("embedding", sa.Column("data", column, nullable=True))
    keys = (sa.column("model"), sa.column("content_hash"))
    table = sa.table("embedding", *keys, sa.column("former", old), sa.column("data", new))
    connection = op.get_bind()
    here = (table.c.model == sa.bindparam("m")) & (table.c.content_hash == sa.bindparam("h"))
    after = ("", "")
    while True:
        query = sa.select(table.c.model, table.c.content_hash, table.c.former).order_by(*keys).limit(BATCH)
        rows = connection.execute(query.where(sa.tuple_(*keys) > sa.tuple_(*map(sa.literal, after)))).all()
        if not rows:
            break
        sound = [{"m": model, "h": name, "v": data} for model, name, data in rows if _is_readable(data)]
        if sound:
            connection.execute(table.update().where(here).values(data=sa.bindparam("v", type_=new)), sound)
        after = (rows[-1].model, rows[-1].content_hash)
    connection.execute(table.delete().where(table.c.data.is_(None)))
    op.drop_column("embedding", "former")
    op.alter_column("embedding", "data", nullable=False)


def _is_readable(data: bytes) -> bool:
    whole = bool(data) and not len(data) % 2
    return whole and all(high & _INFINITE != _INFINITE for high in data[1::2])

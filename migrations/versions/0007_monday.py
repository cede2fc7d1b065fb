"""monday: what people hold about issues, finished reviews, and what tickets say they are about"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CHUNK = 1_000
AREA_FIELDS = ("product_area", "component", "area", "module")
TYPE_FIELDS = ("support_type", "ticket_type", "request_type", "type", "category")


def upgrade() -> None:
    op.create_table(
        "sticky",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cluster_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], name=op.f("fk_sticky_cluster_id_cluster")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_sticky_event_id_event")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sticky")),
    )
    op.create_index("ix_sticky_cluster_id_kind", "sticky", ["cluster_id", "kind"], unique=False)
    op.create_table(
        "monday_review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("top", sa.JSON(), nullable=False),
        sa.Column("left", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_monday_review_event_id_event")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["rank_run.id"], name=op.f("fk_monday_review_run_id_rank_run"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_monday_review")),
    )
    op.create_index(op.f("ix_monday_review_at"), "monday_review", ["at"], unique=False)
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.add_column(sa.Column("area", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("type", sa.String(), nullable=True))
    _read_facets()


def _read_facets() -> None:
    """Of the tickets that are there: what the next pull would read of their fields and tags."""
    ticket = sa.table(
        "ticket",
        sa.column("id", sa.Integer()),
        sa.column("tags", sa.JSON()),
        sa.column("attributes", sa.JSON()),
        sa.column("area", sa.String()),
        sa.column("type", sa.String()),
    )
    connection, last = op.get_bind(), 0
    while True:
        query = sa.select(ticket.c.id, ticket.c.tags, ticket.c.attributes).where(ticket.c.id > last)
        rows = connection.execute(query.order_by(ticket.c.id).limit(CHUNK)).all()
        if not rows:
            return
        last = rows[-1].id
        for id_, tags, attributes in rows:
            area, type_ = _facets(tags or [], attributes or {})
            if area or type_:
                connection.execute(ticket.update().where(ticket.c.id == id_).values(area=area, type=type_))


def _facets(tags: Sequence[str], attributes: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """As a pull read them when this revision was made."""
    fields = {re.sub(r"[\s_-]+", "_", name.strip().casefold()): value for name, value in attributes.items()}
    tag = next((tag for tag in tags if not tag.startswith("bridge-")), None)
    areas = [*(fields.get(name) for name in AREA_FIELDS), tag]
    types = [fields.get(name) for name in TYPE_FIELDS]
    return next(filter(None, map(_word, areas)), None), next(filter(None, map(_word, types)), None)


def _word(value: Any) -> str | None:
    text = re.sub(r"[\s_-]+", " ", str(value or "").partition(";")[0]).strip().casefold()
    return None if "[" in text else text[:60].strip() or None


def downgrade() -> None:
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.drop_column("type")
        batch_op.drop_column("area")
    op.drop_table("monday_review")
    op.drop_table("sticky")

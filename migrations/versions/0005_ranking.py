"""ranking"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Altering ticket or membership in SQLite drops their triggers: a later revision that does so makes them again.
MARKS = {
    "sqlite": (
        """CREATE TRIGGER rank_mark_placed AFTER INSERT ON membership BEGIN INSERT INTO rank_mark (cluster_id, ticket_id) VALUES (NEW.cluster_id, NEW.ticket_id); END""",
        """CREATE TRIGGER rank_mark_left AFTER DELETE ON membership BEGIN INSERT INTO rank_mark (cluster_id, ticket_id) VALUES (OLD.cluster_id, OLD.ticket_id); END""",
        """CREATE TRIGGER rank_mark_moved AFTER UPDATE ON membership WHEN NEW.ticket_id IS NOT OLD.ticket_id OR NEW.cluster_id IS NOT OLD.cluster_id OR NEW.q IS NOT OLD.q BEGIN INSERT INTO rank_mark (cluster_id, ticket_id) VALUES (OLD.cluster_id, OLD.ticket_id); INSERT INTO rank_mark (cluster_id, ticket_id) VALUES (NEW.cluster_id, NEW.ticket_id); END""",
        """CREATE TRIGGER rank_mark_ticket AFTER UPDATE ON ticket WHEN NEW.status IS NOT OLD.status OR NEW.priority IS NOT OLD.priority OR NEW.created_at IS NOT OLD.created_at OR NEW.last_customer_at IS NOT OLD.last_customer_at OR NEW.account_ref IS NOT OLD.account_ref OR NEW.requester_key IS NOT OLD.requester_key OR NEW.requester_domain IS NOT OLD.requester_domain OR NEW.deleted_at IS NOT OLD.deleted_at OR NEW.merged_into IS NOT OLD.merged_into BEGIN INSERT INTO rank_mark (cluster_id, ticket_id) SELECT cluster_id, ticket_id FROM membership WHERE ticket_id = NEW.id; END""",
    ),
    "postgresql": (
        """CREATE FUNCTION rank_mark_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO rank_mark (cluster_id, ticket_id) VALUES (OLD.cluster_id, OLD.ticket_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO rank_mark (cluster_id, ticket_id) VALUES (NEW.cluster_id, NEW.ticket_id);
    END IF;
    RETURN NULL;
END $$""",
        """CREATE TRIGGER rank_mark_placed AFTER INSERT OR DELETE ON membership FOR EACH ROW EXECUTE FUNCTION rank_mark_place()""",
        """CREATE TRIGGER rank_mark_moved AFTER UPDATE ON membership FOR EACH ROW WHEN (ROW(OLD.ticket_id, OLD.cluster_id, OLD.q) IS DISTINCT FROM ROW(NEW.ticket_id, NEW.cluster_id, NEW.q)) EXECUTE FUNCTION rank_mark_place()""",
        """CREATE FUNCTION rank_mark_ticket() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rank_mark (cluster_id, ticket_id) SELECT cluster_id, ticket_id FROM membership WHERE ticket_id = NEW.id;
    RETURN NULL;
END $$""",
        """CREATE TRIGGER rank_mark_ticket AFTER UPDATE ON ticket FOR EACH ROW WHEN (ROW(OLD.status, OLD.priority, OLD.created_at, OLD.last_customer_at, OLD.account_ref, OLD.requester_key, OLD.requester_domain, OLD.deleted_at, OLD.merged_into) IS DISTINCT FROM ROW(NEW.status, NEW.priority, NEW.created_at, NEW.last_customer_at, NEW.account_ref, NEW.requester_key, NEW.requester_domain, NEW.deleted_at, NEW.merged_into)) EXECUTE FUNCTION rank_mark_ticket()""",
    ),
}
TRIGGERS = {
    "membership": ("rank_mark_placed", "rank_mark_left", "rank_mark_moved"),
    "ticket": ("rank_mark_ticket",),
}


def upgrade() -> None:
    op.create_table(
        "rank_mark",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("cluster_id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rank_mark")),
    )
    op.create_table(
        "rank_values",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rank_values")),
        sa.UniqueConstraint("digest", name=op.f("uq_rank_values_digest")),
    )
    op.create_table(
        "rank_told",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cluster_id", sa.Integer(), nullable=False),
        sa.Column("keys", sa.JSON(), nullable=False),
        sa.Column("numbers", sa.LargeBinary(), nullable=False),
        sa.Column("cut", sa.Float(precision=53), nullable=True),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("confidence", sa.Float(precision=53), nullable=False),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], name=op.f("fk_rank_told_cluster_id_cluster")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rank_told")),
    )
    op.create_index(op.f("ix_rank_told_cluster_id"), "rank_told", ["cluster_id"], unique=False)
    op.create_table(
        "rank_cache",
        sa.Column("cluster_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("told_id", sa.Integer(), nullable=False),
        sa.Column("crc", sa.BigInteger(), nullable=False),
        sa.Column("placed", sa.Integer(), nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("open_tickets", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.Float(precision=53), nullable=False),
        sa.Column("recent", sa.LargeBinary(), nullable=False),
        sa.Column("pile", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cluster_id"], ["cluster.id"], name=op.f("fk_rank_cache_cluster_id_cluster"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["told_id"], ["rank_told.id"], name=op.f("fk_rank_cache_told_id_rank_told")),
        sa.PrimaryKeyConstraint("cluster_id", name=op.f("pk_rank_cache")),
    )
    op.create_index(op.f("ix_rank_cache_told_id"), "rank_cache", ["told_id"], unique=False)
    op.add_column("rank_run", sa.Column("values_id", sa.Integer(), nullable=True))
    op.add_column("rank_run", sa.Column("previous_id", sa.Integer(), nullable=True))
    with op.batch_alter_table("score", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("side", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("delta", sa.JSON(), nullable=True))
        batch_op.create_index(batch_op.f("ix_score_told_id"), ["told_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_score_told_id_rank_told"), "rank_told", ["told_id"], ["id"])
    for statement in MARKS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Runs since then hold no records: they go."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table, names in TRIGGERS.items():
        for name in names:
            op.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if sqlite else f" ON {table}"))
    if not sqlite:
        op.execute("DROP FUNCTION rank_mark_place()")
        op.execute("DROP FUNCTION rank_mark_ticket()")
    op.execute("DELETE FROM score WHERE run_id IN (SELECT id FROM rank_run WHERE values_id IS NOT NULL)")
    op.execute("DELETE FROM rank_run WHERE values_id IS NOT NULL")
    with op.batch_alter_table("score", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_score_told_id_rank_told"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_score_told_id"))
        for name in ("delta", "side", "told_id"):
            batch_op.drop_column(name)
    op.drop_column("rank_run", "previous_id")
    op.drop_column("rank_run", "values_id")
    for table in ("rank_cache", "rank_told", "rank_values", "rank_mark"):
        op.drop_table(table)

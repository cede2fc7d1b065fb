"""grouping"""

from __future__ import annotations

import zlib

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "boilerplate",
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("learned", sa.LargeBinary(), nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_boilerplate")),
    )
    op.create_table(
        "title_proposal",
        sa.Column("cluster_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["cluster_id"],
            ["cluster.id"],
            name=op.f("fk_title_proposal_cluster_id_cluster"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("cluster_id", name=op.f("pk_title_proposal")),
    )
    op.create_table(
        "grouping_config",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("granularity", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_grouping_config")),
    )
    op.create_table(
        "grouping_frame",
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("frame", sa.LargeBinary(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("anchored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("model", name=op.f("pk_grouping_frame")),
    )
    op.create_table(
        "grouping_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("trigger", sa.String(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grouping_run")),
    )
    with op.batch_alter_table("grouping_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grouping_run_at"), ["at"], unique=False)

    op.create_table(
        "candidate",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("cluster_id", sa.Integer(), nullable=False),
        sa.Column("similarity", sa.Float(precision=53), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], name=op.f("fk_candidate_cluster_id_cluster")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_candidate_ticket_id_ticket"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticket_id", "place", name=op.f("pk_candidate")),
    )
    with op.batch_alter_table("candidate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_candidate_cluster_id"), ["cluster_id"], unique=False)

    op.create_table(
        "cluster_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("cluster_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=True),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], name=op.f("fk_cluster_change_cluster_id_cluster")),
        sa.ForeignKeyConstraint(["other_id"], ["cluster.id"], name=op.f("fk_cluster_change_other_id_cluster")),
        sa.ForeignKeyConstraint(
            ["run_id"], ["grouping_run.id"], name=op.f("fk_cluster_change_run_id_grouping_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cluster_change")),
    )
    with op.batch_alter_table("cluster_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cluster_change_cluster_id"), ["cluster_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cluster_change_run_id"), ["run_id"], unique=False)

    op.create_table(
        "grouping_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=True),
        sa.Column("cluster_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=True),
        sa.Column("zone", sa.String(), nullable=True),
        sa.Column("similarity", sa.Float(precision=53), nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("agreed", sa.Boolean(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], name=op.f("fk_grouping_answer_cluster_id_cluster")),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_grouping_answer_event_id_event")),
        sa.ForeignKeyConstraint(["other_id"], ["cluster.id"], name=op.f("fk_grouping_answer_other_id_cluster")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_grouping_answer_ticket_id_ticket"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grouping_answer")),
    )
    with op.batch_alter_table("grouping_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grouping_answer_cluster_id"), ["cluster_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_grouping_answer_event_id"), ["event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_grouping_answer_kind"), ["kind"], unique=False)

    op.create_table(
        "kept_apart",
        sa.Column("one", sa.Integer(), nullable=False),
        sa.Column("other", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_kept_apart_event_id_event")),
        sa.ForeignKeyConstraint(["one"], ["cluster.id"], name=op.f("fk_kept_apart_one_cluster")),
        sa.ForeignKeyConstraint(["other"], ["cluster.id"], name=op.f("fk_kept_apart_other_cluster")),
        sa.PrimaryKeyConstraint("one", "other", name=op.f("pk_kept_apart")),
    )
    with op.batch_alter_table("kept_apart", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_kept_apart_other"), ["other"], unique=False)

    op.create_table(
        "question_later",
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("other", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["one"], ["cluster.id"], name=op.f("fk_question_later_one_cluster"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("actor", "kind", "one", "other", name=op.f("pk_question_later")),
    )
    op.create_table(
        "secondary_membership",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("cluster_id", sa.Integer(), nullable=False),
        sa.Column("begins", sa.Integer(), nullable=False),
        sa.Column("ends", sa.Integer(), nullable=False),
        sa.Column("similarity", sa.Float(precision=53), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["cluster_id"], ["cluster.id"], name=op.f("fk_secondary_membership_cluster_id_cluster"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_secondary_membership_ticket_id_ticket"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticket_id", "cluster_id", name=op.f("pk_secondary_membership")),
    )
    with op.batch_alter_table("secondary_membership", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_secondary_membership_cluster_id"), ["cluster_id"], unique=False)

    op.create_table(
        "ticket_segment",
        sa.Column("ticket_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("begins", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ends", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_segment_ticket_id_ticket"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticket_id", "begins", name=op.f("pk_ticket_segment")),
    )
    with op.batch_alter_table("ticket_segment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_segment_content_hash"), ["content_hash"], unique=False)

    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.add_column(sa.Column("divided_hash", sa.String(), nullable=True))

    op.create_index(op.f("ix_account_domain_account_id"), "account_domain", ["account_id"], unique=False)
    with op.batch_alter_table("tracker_link", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))

    op.drop_table("grouping_state")
    with op.batch_alter_table("cluster", schema=None) as batch_op:
        batch_op.add_column(sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("locked_by", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("titled_of", sa.Integer(), server_default="0", nullable=False))

    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.add_column(sa.Column("zone", sa.String(), server_default="automatic", nullable=False))
        batch_op.add_column(sa.Column("part", sa.Integer(), nullable=True))

    with op.batch_alter_table("vector", schema=None) as batch_op:
        batch_op.add_column(sa.Column("crc", sa.BigInteger(), nullable=True))
    _sum_vectors()
    with op.batch_alter_table("vector", schema=None) as batch_op:
        batch_op.alter_column("crc", existing_type=sa.BigInteger(), nullable=False)


def _sum_vectors() -> None:
    """The checksum of every vector that is there."""
    table = sa.table("vector", sa.column("model"), sa.column("content_hash"), sa.column("data"), sa.column("crc"))
    connection = op.get_bind()
    keys = connection.execute(sa.select(table.c.model, table.c.content_hash)).all()
    for model, content_hash in keys:
        here = (table.c.model == model) & (table.c.content_hash == content_hash)
        data = connection.execute(sa.select(table.c.data).where(here)).scalar_one()
        connection.execute(table.update().where(here).values(crc=zlib.crc32(data)))


def downgrade() -> None:
    with op.batch_alter_table("vector", schema=None) as batch_op:
        batch_op.drop_column("crc")

    op.drop_table("title_proposal")
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.drop_column("part")
        batch_op.drop_column("zone")

    with op.batch_alter_table("tracker_link", schema=None) as batch_op:
        batch_op.drop_column("told_at")
        batch_op.drop_column("told")

    op.drop_index(op.f("ix_account_domain_account_id"), table_name="account_domain")

    with op.batch_alter_table("cluster", schema=None) as batch_op:
        batch_op.drop_column("titled_of")
        batch_op.drop_column("locked_by")
        batch_op.drop_column("locked_at")

    op.create_table(
        "grouping_state",
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("mean", sa.LargeBinary(), nullable=False),
        sa.Column("grouped", sa.Integer(), nullable=False),
        sa.Column("consolidated", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("model", name=op.f("pk_grouping_state")),
    )
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.drop_column("divided_hash")

    with op.batch_alter_table("ticket_segment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ticket_segment_content_hash"))

    op.drop_table("ticket_segment")
    with op.batch_alter_table("secondary_membership", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_secondary_membership_cluster_id"))

    op.drop_table("secondary_membership")
    op.drop_table("question_later")
    with op.batch_alter_table("kept_apart", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_kept_apart_other"))

    op.drop_table("kept_apart")
    with op.batch_alter_table("grouping_answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_grouping_answer_kind"))
        batch_op.drop_index(batch_op.f("ix_grouping_answer_event_id"))
        batch_op.drop_index(batch_op.f("ix_grouping_answer_cluster_id"))

    op.drop_table("grouping_answer")
    with op.batch_alter_table("cluster_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_cluster_change_run_id"))
        batch_op.drop_index(batch_op.f("ix_cluster_change_cluster_id"))

    op.drop_table("cluster_change")
    with op.batch_alter_table("candidate", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_candidate_cluster_id"))

    op.drop_table("candidate")
    with op.batch_alter_table("grouping_run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_grouping_run_at"))

    op.drop_table("grouping_run")
    op.drop_table("grouping_frame")
    op.drop_table("grouping_config")
    op.drop_table("boilerplate")

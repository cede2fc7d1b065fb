"""publish: what was decided for each tracker, labels seen there, merges told there"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "publish_decision",
        sa.Column("cluster_id", sa.Integer(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], name=op.f("fk_publish_decision_cluster_id_cluster")),
        sa.PrimaryKeyConstraint("cluster_id", "connection", name=op.f("pk_publish_decision")),
    )
    with op.batch_alter_table("publish_decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_publish_decision_state"), ["state"], unique=False)
    with op.batch_alter_table("tracker_link", schema=None) as batch_op:
        batch_op.add_column(sa.Column("pointed_to", sa.Integer(), nullable=True))
    with op.batch_alter_table("tracker_item", schema=None) as batch_op:
        batch_op.add_column(sa.Column("labels", sa.JSON(), nullable=True))
    # What was merged before was told by the text over there: a comment years later would only puzzle.
    op.execute(
        "UPDATE tracker_link SET pointed_to = (SELECT merged_into FROM cluster WHERE cluster.id = tracker_link.cluster_id)"
    )


def downgrade() -> None:
    with op.batch_alter_table("tracker_item", schema=None) as batch_op:
        batch_op.drop_column("labels")
    with op.batch_alter_table("tracker_link", schema=None) as batch_op:
        batch_op.drop_column("pointed_to")
    with op.batch_alter_table("publish_decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_publish_decision_state"))
    op.drop_table("publish_decision")

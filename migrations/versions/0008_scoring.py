"""scoring"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cluster_estimate",
        sa.Column("cluster_id", sa.Integer(), nullable=False),
        sa.Column("effort", sa.Float(precision=53), nullable=True),
        sa.Column("blocked_share", sa.Float(precision=53), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["cluster_id"], ["cluster.id"], name=op.f("fk_cluster_estimate_cluster_id_cluster"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("cluster_id", name=op.f("pk_cluster_estimate")),
    )


def downgrade() -> None:
    op.drop_table("cluster_estimate")

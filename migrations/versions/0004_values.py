"""values"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("growth_pipeline", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("sla", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("required_location", sa.String(), nullable=True))
    with op.batch_alter_table("account_domain", schema=None) as batch_op:
        batch_op.add_column(sa.Column("said_by", sa.String(), nullable=True))
    with op.batch_alter_table("account_external_id", schema=None) as batch_op:
        batch_op.add_column(sa.Column("said_by", sa.String(), nullable=True))
    op.create_table(
        "account_origin",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_origin_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account_origin")),
    )
    op.create_table(
        "domain_ruling",
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_domain_ruling")),
    )
    op.create_table(
        "currency_rate",
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rate", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("currency", "day", name=op.f("pk_currency_rate")),
    )
    op.create_table(
        "import_draft",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_draft")),
    )


def downgrade() -> None:
    op.drop_table("import_draft")
    op.drop_table("currency_rate")
    op.drop_table("domain_ruling")
    op.drop_table("account_origin")
    with op.batch_alter_table("account_external_id", schema=None) as batch_op:
        batch_op.drop_column("said_by")
    with op.batch_alter_table("account_domain", schema=None) as batch_op:
        batch_op.drop_column("said_by")
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_column("required_location")
        batch_op.drop_column("sla")
        batch_op.drop_column("growth_pipeline")

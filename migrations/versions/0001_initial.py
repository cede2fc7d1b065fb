"""initial"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("arr", sa.Float(), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("margin", sa.Float(), nullable=True),
        sa.Column("segment_named", sa.String(), nullable=True),
        sa.Column("expectation_tier", sa.String(), nullable=True),
        sa.Column("risk_band", sa.String(), nullable=True),
        sa.Column("renewal_date", sa.Date(), nullable=True),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("strategic_uplift", sa.Float(), nullable=False),
        sa.Column("strategic_reason", sa.String(), nullable=True),
        sa.Column("strategic_expires", sa.Date(), nullable=True),
        sa.Column("lifecycle", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
    )
    op.create_table(
        "cluster",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_by", sa.String(), nullable=False),
        sa.Column("phrases", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("severity_override", sa.String(), nullable=True),
        sa.Column("merged_into", sa.Integer(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["merged_into"], ["cluster.id"], name=op.f("fk_cluster_merged_into_cluster")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cluster")),
        sa.UniqueConstraint("uid", name=op.f("uq_cluster_uid")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_cluster_merged_into"), "cluster", ["merged_into"], unique=False)
    op.create_table(
        "data_version",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_data_version")),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["undoes"], ["event.id"], name=op.f("fk_event_undoes_event")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("undoes", name=op.f("uq_event_undoes")),
    )
    op.create_index(op.f("ix_event_at"), "event", ["at"], unique=False)
    op.create_index(op.f("ix_event_kind"), "event", ["kind"], unique=False)
    op.create_index(op.f("ix_event_subject"), "event", ["subject"], unique=False)
    op.create_table(
        "grouping_state",
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("mean", sa.LargeBinary(), nullable=False),
        sa.Column("grouped", sa.Integer(), nullable=False),
        sa.Column("consolidated", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("model", name=op.f("pk_grouping_state")),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sending_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lookup_first", sa.Boolean(), nullable=False),
        sa.Column("remote_id", sa.String(), nullable=True),
        sa.Column("remote_url", sa.String(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    op.create_index(op.f("ix_outbox_connection"), "outbox", ["connection"], unique=False)
    op.create_index(op.f("ix_outbox_due_at"), "outbox", ["due_at"], unique=False)
    op.create_index(op.f("ix_outbox_state"), "outbox", ["state"], unique=False)
    op.create_index(op.f("ix_outbox_stream"), "outbox", ["stream"], unique=False)
    op.create_index(op.f("ix_outbox_subject_id"), "outbox", ["subject_id"], unique=False)
    op.create_table(
        "run_slot",
        sa.Column("job", sa.String(), nullable=False),
        sa.Column("slot", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reports", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("job", "slot", name=op.f("pk_run_slot")),
    )
    op.create_table(
        "scoring_config",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_scoring_config")),
    )
    op.create_table(
        "segment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("value_default", sa.Float(), nullable=False),
        sa.Column("expectation_tier", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment")),
        sa.UniqueConstraint("scheme", "name", name=op.f("uq_segment_scheme_name")),
        sa.UniqueConstraint("scheme", "position", name=op.f("uq_segment_scheme_position")),
    )
    op.create_table(
        "set_aside",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_aside")),
        sa.UniqueConstraint(
            "connection", "stream", "ref", "hash", name=op.f("uq_set_aside_connection_stream_ref_hash")
        ),
    )
    op.create_index(op.f("ix_set_aside_connection"), "set_aside", ["connection"], unique=False)
    op.create_table(
        "supplier",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier")),
        sa.UniqueConstraint("name", name=op.f("uq_supplier_name")),
    )
    op.create_table(
        "sync_state",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("stream", sa.String(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("last_success_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("auth_failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("connection", "stream", name=op.f("pk_sync_state")),
    )
    op.create_table(
        "ticket",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("embed_text", sa.Text(), nullable=False),
        sa.Column("embed_hash", sa.String(), nullable=True),
        sa.Column("record_hash", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("priority", sa.String(), nullable=False),
        sa.Column("raw_status", sa.String(), nullable=True),
        sa.Column("raw_priority", sa.String(), nullable=True),
        sa.Column("requester_key", sa.String(), nullable=True),
        sa.Column("requester_domain", sa.String(), nullable=True),
        sa.Column("requester_free_mail", sa.Boolean(), nullable=False),
        sa.Column("account_ref", sa.String(), nullable=True),
        sa.Column("group", sa.String(), nullable=True),
        sa.Column("assignee", sa.String(), nullable=True),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("csat", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_customer_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_into", sa.String(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sa.UniqueConstraint("connection", "source_id", name=op.f("uq_ticket_connection_source_id")),
    )
    op.create_index(op.f("ix_ticket_account_ref"), "ticket", ["account_ref"], unique=False)
    op.create_index(op.f("ix_ticket_connection"), "ticket", ["connection"], unique=False)
    op.create_index(op.f("ix_ticket_embed_hash"), "ticket", ["embed_hash"], unique=False)
    op.create_index(op.f("ix_ticket_requester_domain"), "ticket", ["requester_domain"], unique=False)
    op.create_index(op.f("ix_ticket_requester_key"), "ticket", ["requester_key"], unique=False)
    op.create_table(
        "tracker_item",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("remote_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("block_hash", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=True),
        sa.Column("closed", sa.Boolean(), nullable=True),
        sa.Column("resolution", sa.String(), nullable=True),
        sa.Column("priority", sa.String(), nullable=True),
        sa.Column("priority_levels", sa.JSON(), nullable=False),
        sa.Column("fix_versions", sa.JSON(), nullable=False),
        sa.Column("due", sa.String(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "remote_id", name=op.f("pk_tracker_item")),
    )
    op.create_index(op.f("ix_tracker_item_key"), "tracker_item", ["key"], unique=False)
    op.create_table(
        "vector",
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("model", "content_hash", name=op.f("pk_vector")),
    )
    op.create_table(
        "workspace_fact",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_workspace_fact")),
    )
    op.create_table(
        "account_domain",
        sa.Column("domain", sa.String(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_domain_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("domain", "account_id", name=op.f("pk_account_domain")),
    )
    op.create_table(
        "account_external_id",
        sa.Column("external_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_external_id_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("external_id", name=op.f("pk_account_external_id")),
    )
    op.create_index(op.f("ix_account_external_id_account_id"), "account_external_id", ["account_id"], unique=False)
    op.create_table(
        "app_user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("supplier_id", sa.Integer(), nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_app_user_supplier_id_supplier")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_app_user")),
        sa.UniqueConstraint("name", name=op.f("uq_app_user_name")),
    )
    op.create_table(
        "group_map",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group", sa.String(), nullable=False),
        sa.Column("supplier_id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_group_map_supplier_id_supplier")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_map")),
        sa.UniqueConstraint("group", "valid_from", name=op.f("uq_group_map_group_valid_from")),
    )
    op.create_index(op.f("ix_group_map_group"), "group_map", ["group"], unique=False)
    op.create_index(op.f("ix_group_map_supplier_id"), "group_map", ["supplier_id"], unique=False)
    op.create_table(
        "membership",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("cluster_id", sa.Integer(), nullable=False),
        sa.Column("q", sa.Float(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], name=op.f("fk_membership_cluster_id_cluster")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_membership_ticket_id_ticket"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_membership")),
    )
    op.create_index(op.f("ix_membership_cluster_id"), "membership", ["cluster_id"], unique=False)
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_message_ticket_id_ticket"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("ticket_id", "source_id", name=op.f("uq_message_ticket_id_source_id")),
    )
    op.create_index(op.f("ix_message_ticket_id"), "message", ["ticket_id"], unique=False)
    op.create_table(
        "rank_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("config_version", sa.Integer(), nullable=False),
        sa.Column("snapshot", sa.String(), nullable=False),
        sa.Column("clusters", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["config_version"], ["scoring_config.version"], name=op.f("fk_rank_run_config_version_scoring_config")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rank_run")),
    )
    op.create_index(op.f("ix_rank_run_as_of"), "rank_run", ["as_of"], unique=False)
    op.create_table(
        "rejection",
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("cluster_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], name=op.f("fk_rejection_cluster_id_cluster")),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_rejection_ticket_id_ticket"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticket_id", "cluster_id", name=op.f("pk_rejection")),
    )
    op.create_table(
        "remedy_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cluster_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("approved_revision", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tracker_conflict", sa.String(), nullable=True),
        sa.Column("suggestion_seen", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], name=op.f("fk_remedy_plan_cluster_id_cluster")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remedy_plan")),
        sa.UniqueConstraint("cluster_id", name=op.f("uq_remedy_plan_cluster_id")),
    )
    op.create_table(
        "ticket_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("side", sa.String(), nullable=False),
        sa.Column("old", sa.String(), nullable=True),
        sa.Column("new", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["ticket.id"], name=op.f("fk_ticket_event_ticket_id_ticket"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_event")),
        sa.UniqueConstraint("ticket_id", "source_id", name=op.f("uq_ticket_event_ticket_id_source_id")),
    )
    op.create_index(op.f("ix_ticket_event_ticket_id"), "ticket_event", ["ticket_id"], unique=False)
    op.create_table(
        "tracker_link",
        sa.Column("cluster_id", sa.Integer(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("remote_id", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("written", sa.JSON(), nullable=False),
        sa.Column("previous", sa.JSON(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], name=op.f("fk_tracker_link_cluster_id_cluster")),
        sa.PrimaryKeyConstraint("cluster_id", "connection", name=op.f("pk_tracker_link")),
    )
    op.create_index(op.f("ix_tracker_link_remote_id"), "tracker_link", ["remote_id"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("outbox_key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("remote_id", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["remedy_plan.id"], name=op.f("fk_delivery_plan_id_remedy_plan")),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_delivery_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("ticket_id", "plan_id", "revision", name=op.f("uq_delivery_ticket_id_plan_id_revision")),
    )
    op.create_index(op.f("ix_delivery_outbox_key"), "delivery", ["outbox_key"], unique=False)
    op.create_index(op.f("ix_delivery_plan_id"), "delivery", ["plan_id"], unique=False)
    op.create_index(op.f("ix_delivery_ticket_id"), "delivery", ["ticket_id"], unique=False)
    op.create_table(
        "plan_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("confidence", sa.String(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["remedy_plan.id"], name=op.f("fk_plan_revision_plan_id_remedy_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_revision")),
        sa.UniqueConstraint("plan_id", "revision", name=op.f("uq_plan_revision_plan_id_revision")),
    )
    op.create_index(op.f("ix_plan_revision_plan_id"), "plan_revision", ["plan_id"], unique=False)
    op.create_table(
        "score",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("cluster_id", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(precision=53), nullable=False),
        sa.Column("explanation", sa.JSON(), nullable=False),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], name=op.f("fk_score_cluster_id_cluster")),
        sa.ForeignKeyConstraint(["run_id"], ["rank_run.id"], name=op.f("fk_score_run_id_rank_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score")),
        sa.UniqueConstraint("run_id", "cluster_id", name=op.f("uq_score_run_id_cluster_id")),
    )
    op.create_index(op.f("ix_score_cluster_id"), "score", ["cluster_id"], unique=False)
    op.create_index(op.f("ix_score_run_id"), "score", ["run_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_score_run_id"), table_name="score")
    op.drop_index(op.f("ix_score_cluster_id"), table_name="score")
    op.drop_table("score")
    op.drop_index(op.f("ix_plan_revision_plan_id"), table_name="plan_revision")
    op.drop_table("plan_revision")
    op.drop_index(op.f("ix_delivery_ticket_id"), table_name="delivery")
    op.drop_index(op.f("ix_delivery_plan_id"), table_name="delivery")
    op.drop_index(op.f("ix_delivery_outbox_key"), table_name="delivery")
    op.drop_table("delivery")
    op.drop_index(op.f("ix_tracker_link_remote_id"), table_name="tracker_link")
    op.drop_table("tracker_link")
    op.drop_index(op.f("ix_ticket_event_ticket_id"), table_name="ticket_event")
    op.drop_table("ticket_event")
    op.drop_table("remedy_plan")
    op.drop_table("rejection")
    op.drop_index(op.f("ix_rank_run_as_of"), table_name="rank_run")
    op.drop_table("rank_run")
    op.drop_index(op.f("ix_message_ticket_id"), table_name="message")
    op.drop_table("message")
    op.drop_index(op.f("ix_membership_cluster_id"), table_name="membership")
    op.drop_table("membership")
    op.drop_index(op.f("ix_group_map_supplier_id"), table_name="group_map")
    op.drop_index(op.f("ix_group_map_group"), table_name="group_map")
    op.drop_table("group_map")
    op.drop_table("app_user")
    op.drop_index(op.f("ix_account_external_id_account_id"), table_name="account_external_id")
    op.drop_table("account_external_id")
    op.drop_table("account_domain")
    op.drop_table("workspace_fact")
    op.drop_table("vector")
    op.drop_index(op.f("ix_tracker_item_key"), table_name="tracker_item")
    op.drop_table("tracker_item")
    op.drop_index(op.f("ix_ticket_requester_key"), table_name="ticket")
    op.drop_index(op.f("ix_ticket_requester_domain"), table_name="ticket")
    op.drop_index(op.f("ix_ticket_embed_hash"), table_name="ticket")
    op.drop_index(op.f("ix_ticket_connection"), table_name="ticket")
    op.drop_index(op.f("ix_ticket_account_ref"), table_name="ticket")
    op.drop_table("ticket")
    op.drop_table("sync_state")
    op.drop_table("supplier")
    op.drop_index(op.f("ix_set_aside_connection"), table_name="set_aside")
    op.drop_table("set_aside")
    op.drop_table("segment")
    op.drop_table("scoring_config")
    op.drop_table("run_slot")
    op.drop_index(op.f("ix_outbox_subject_id"), table_name="outbox")
    op.drop_index(op.f("ix_outbox_stream"), table_name="outbox")
    op.drop_index(op.f("ix_outbox_state"), table_name="outbox")
    op.drop_index(op.f("ix_outbox_due_at"), table_name="outbox")
    op.drop_index(op.f("ix_outbox_connection"), table_name="outbox")
    op.drop_table("outbox")
    op.drop_table("lease")
    op.drop_table("grouping_state")
    op.drop_index(op.f("ix_event_subject"), table_name="event")
    op.drop_index(op.f("ix_event_kind"), table_name="event")
    op.drop_index(op.f("ix_event_at"), table_name="event")
    op.drop_table("event")
    op.drop_table("data_version")
    op.drop_index(op.f("ix_cluster_merged_into"), table_name="cluster")
    op.drop_table("cluster")
    op.drop_table("account")

"""doors"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Altering the table event in SQLite drops its triggers: a later revision that does so makes them again.
GUARD = {
    "sqlite": (
        """CREATE TRIGGER event_keeps_rows BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'events are never removed'); END""",
        """CREATE TRIGGER event_keeps_content BEFORE UPDATE ON event WHEN OLD.hash IS NOT NULL OR NEW.hash IS NULL OR NEW."id" IS NOT OLD."id" OR NEW."at" IS NOT OLD."at" OR NEW."kind" IS NOT OLD."kind" OR NEW."actor" IS NOT OLD."actor" OR NEW."subject" IS NOT OLD."subject" OR NEW."before" IS NOT OLD."before" OR NEW."after" IS NOT OLD."after" OR NEW."reason" IS NOT OLD."reason" OR NEW."undoes" IS NOT OLD."undoes" BEGIN SELECT RAISE(ABORT, 'events are never changed'); END""",
    ),
    "postgresql": (
        """CREATE FUNCTION event_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.hash IS NULL AND NEW.hash IS NOT NULL AND ROW(OLD."id", OLD."at", OLD."kind", OLD."actor", OLD."subject", OLD."before"::text, OLD."after"::text, OLD."reason", OLD."undoes") IS NOT DISTINCT FROM ROW(NEW."id", NEW."at", NEW."kind", NEW."actor", NEW."subject", NEW."before"::text, NEW."after"::text, NEW."reason", NEW."undoes") THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'events are never changed';
    END IF;
    RAISE EXCEPTION 'events are never removed';
END $$""",
        """CREATE TRIGGER event_keeps_content BEFORE UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION event_is_final()""",
        """CREATE TRIGGER event_keeps_rows BEFORE TRUNCATE ON event FOR EACH STATEMENT EXECUTE FUNCTION event_is_final()""",
    ),
}


def _chain_events() -> None:
    """The events that are there become the beginning of the chain, in the order of their ids."""
    names = ("id", "kind", "actor", "subject", "reason", "undoes", "position", "previous_hash", "hash")
    times = [sa.column("at", sa.DateTime(timezone=True))]
    event = sa.table(
        "event", *times, sa.column("before", sa.JSON), sa.column("after", sa.JSON), *(sa.column(name) for name in names)
    )
    content = ("id", "at", "kind", "actor", "subject", "before", "after", "reason", "undoes")
    bind, position, last = op.get_bind(), 0, "0" * 64
    for row in bind.execute(sa.select(*(event.c[name] for name in content)).order_by(event.c.id)).mappings().all():
        position += 1
        plain = {**row, "position": position}
        at = plain["at"].replace(tzinfo=UTC) if plain["at"].tzinfo is None else plain["at"].astimezone(UTC)
        plain["at"] = at.isoformat(timespec="microseconds")
        text = json.dumps(plain, sort_keys=True, separators=(",", ":"))
        values = {"position": position, "previous_hash": last}
        last = values["hash"] = hashlib.sha256(f"{last}\n{text}".encode()).hexdigest()
        bind.execute(sa.update(event).where(event.c.id == row["id"]).values(**values))
    head = sa.table("event_head", sa.column("id"), sa.column("position"), sa.column("hash"))
    if position:
        bind.execute(sa.insert(head).values(id=1, position=position, hash=last))


def upgrade() -> None:
    op.create_table(
        "due_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("step", sa.String(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("reports", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_due_run")),
    )
    with op.batch_alter_table("due_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_due_run_connection"), ["connection"], unique=False)
        batch_op.create_index(
            "ix_due_run_waiting",
            ["connection", "kind"],
            unique=True,
            sqlite_where=sa.text("taken_at IS NULL"),
            postgresql_where=sa.text("taken_at IS NULL"),
        )

    op.create_table(
        "idempotent_answer",
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.JSON(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("who", "key", name=op.f("pk_idempotent_answer")),
    )
    with op.batch_alter_table("idempotent_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotent_answer_at"), ["at"], unique=False)

    op.create_table(
        "sign_in_attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key_hash", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempt")),
    )
    with op.batch_alter_table("sign_in_attempt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_attempt_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_sign_in_attempt_key_hash"), ["key_hash"], unique=False)

    op.create_table(
        "webhook_delivery",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("delivery_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("connection", "delivery_id", name=op.f("pk_webhook_delivery")),
    )
    with op.batch_alter_table("webhook_delivery", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_webhook_delivery_at"), ["at"], unique=False)

    op.create_table(
        "access_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_access_link_user_id_app_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_access_link_token_hash")),
    )
    with op.batch_alter_table("access_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_access_link_user_id"), ["user_id"], unique=False)

    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_api_token_user_id_app_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_token_user_id"), ["user_id"], unique=False)

    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_saved_view_user_id_app_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
    )
    with op.batch_alter_table("saved_view", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_saved_view_user_id"), ["user_id"], unique=False)

    op.create_table(
        "watch",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("cluster_id", sa.Integer(), nullable=False),
        sa.Column("seen_revision", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], name=op.f("fk_watch_cluster_id_cluster")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_watch_user_id_app_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "cluster_id", name=op.f("pk_watch")),
    )
    op.create_table(
        "web_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sid_hash", sa.String(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["app_user.id"], name=op.f("fk_web_session_user_id_app_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_session")),
        sa.UniqueConstraint("sid_hash", name=op.f("uq_web_session_sid_hash")),
    )
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_web_session_user_id"), ["user_id"], unique=False)

    with op.batch_alter_table("app_user", schema=None) as batch_op:
        batch_op.add_column(sa.Column("email", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("password_hash", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("identity", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("connections", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("accounts", sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column("theme", sa.String(), nullable=False, server_default="auto"))
        batch_op.add_column(sa.Column("created_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_app_user_email"), ["email"])
        batch_op.create_unique_constraint(batch_op.f("uq_app_user_identity"), ["identity"])

    op.create_index("ix_ticket_connection_created_at", "ticket", ["connection", "created_at"], unique=False)

    op.create_table(
        "erased_requester",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_erased_requester")),
    )
    op.create_table(
        "event_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_head")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.add_column(sa.Column("position", sa.Integer(), nullable=True))
        batch_op.create_unique_constraint(batch_op.f("uq_event_position"), ["position"])
        batch_op.add_column(sa.Column("previous_hash", sa.String(), nullable=True))
        batch_op.add_column(sa.Column("hash", sa.String(), nullable=True))

    with op.batch_alter_table("score", schema=None) as batch_op:
        batch_op.add_column(sa.Column("summary", sa.JSON(), nullable=False, server_default="{}"))
        columns = ["run_id", "score", "cluster_id"]
        batch_op.create_index(batch_op.f("ix_score_run_id_score_cluster_id"), columns, unique=False)

    with op.batch_alter_table("rank_run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("summary", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ticket_source_id"), ["source_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ticket_url"), ["url"], unique=False)

    _chain_events()
    for statement in GUARD[op.get_bind().dialect.name]:
        op.execute(statement)

    # Rows that are there got a value; later ones bring their own.
    with op.batch_alter_table("app_user", schema=None) as batch_op:
        batch_op.alter_column("theme", server_default=None)
    with op.batch_alter_table("score", schema=None) as batch_op:
        batch_op.alter_column("summary", server_default=None)
    with op.batch_alter_table("rank_run", schema=None) as batch_op:
        batch_op.alter_column("summary", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("rank_run", schema=None) as batch_op:
        batch_op.drop_column("summary")
    with op.batch_alter_table("ticket", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ticket_url"))
        batch_op.drop_index(batch_op.f("ix_ticket_source_id"))

    with op.batch_alter_table("score", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_score_run_id_score_cluster_id"))
        batch_op.drop_column("summary")

    op.drop_index("ix_ticket_connection_created_at", table_name="ticket")

    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER event_keeps_content ON event")
        op.execute("DROP TRIGGER event_keeps_rows ON event")
        op.execute("DROP FUNCTION event_is_final()")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_event_position"), type_="unique")
        batch_op.drop_column("hash")
        batch_op.drop_column("previous_hash")
        batch_op.drop_column("position")
    op.drop_table("event_head")
    op.drop_table("erased_requester")

    with op.batch_alter_table("app_user", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_app_user_identity"), type_="unique")
        batch_op.drop_constraint(batch_op.f("uq_app_user_email"), type_="unique")
        batch_op.drop_column("seen_at")
        batch_op.drop_column("created_at")
        batch_op.drop_column("theme")
        batch_op.drop_column("accounts")
        batch_op.drop_column("connections")
        batch_op.drop_column("identity")
        batch_op.drop_column("password_hash")
        batch_op.drop_column("email")

    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_web_session_user_id"))

    op.drop_table("web_session")
    op.drop_table("watch")
    with op.batch_alter_table("saved_view", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_saved_view_user_id"))

    op.drop_table("saved_view")
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_token_user_id"))

    op.drop_table("api_token")
    with op.batch_alter_table("access_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_link_user_id"))

    op.drop_table("access_link")
    with op.batch_alter_table("webhook_delivery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_webhook_delivery_at"))

    op.drop_table("webhook_delivery")
    with op.batch_alter_table("sign_in_attempt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_attempt_key_hash"))
        batch_op.drop_index(batch_op.f("ix_sign_in_attempt_at"))

    op.drop_table("sign_in_attempt")
    with op.batch_alter_table("idempotent_answer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotent_answer_at"))

    op.drop_table("idempotent_answer")
    with op.batch_alter_table("due_run", schema=None) as batch_op:
        batch_op.drop_index("ix_due_run_waiting")
        batch_op.drop_index(batch_op.f("ix_due_run_connection"))

    op.drop_table("due_run")

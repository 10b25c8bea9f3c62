"""The first schema: connections, mailbox, inbox, journal, observations, audit trail, signing keys, workers.

Spelled out, not taken from ``tables.py``: what has been released as 0001 stays what it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

name = sa.String().with_variant(sa.String(collation="C"), "postgresql")
big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
moment = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "connection",
        sa.Column("name", name, primary_key=True),
        sa.Column("first_started_at", moment, nullable=False),
        sa.Column("adopted_at", moment, nullable=False),
        sa.Column("mode", sa.String, nullable=False),
        sa.Column("policy_version", sa.String, nullable=False),
        sa.Column("marker_key", sa.String, nullable=False),
        sa.Column("polled_until", moment),
        sa.Column("swept_at", moment),
        sa.Column("state", sa.Text, nullable=False),
    )
    op.create_table(
        "mailbox",
        sa.Column("connection", name, primary_key=True),
        sa.Column("ticket", name, primary_key=True),
        sa.Column("wake_at", moment),
        sa.Column("due_at", moment),
        sa.Column("owner", sa.String),
        sa.Column("lease_until", moment),
        sa.Column("ring_at", moment),
        sa.Column("fence", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("failing_since", moment),
        sa.Column("error", sa.Text),
        sa.Column("is_dead", sa.Boolean, nullable=False),
        sa.Column("snapshot", sa.Text),
    )
    op.create_index("mailbox_wake", "mailbox", ["connection", "wake_at"])
    op.create_table(
        "inbox",
        sa.Column("id", big_id, primary_key=True),
        sa.Column("connection", name, nullable=False),
        sa.Column("ticket", name, nullable=False),
        sa.Column("delivery", name, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("body", sa.LargeBinary),
        sa.Column("headers", sa.Text),
        sa.Column("received_at", moment, nullable=False),
        sa.Column("done_at", moment),
        sa.UniqueConstraint("connection", "delivery", name="inbox_delivery"),
    )
    undone, done = sa.text("done_at IS NULL"), sa.text("done_at IS NOT NULL")
    op.create_index("inbox_undone", "inbox", ["connection", "ticket"], sqlite_where=undone, postgresql_where=undone)
    op.create_index("inbox_done", "inbox", ["done_at"], sqlite_where=done, postgresql_where=done)
    op.create_table(
        "step",
        sa.Column("saga", name, primary_key=True),
        sa.Column("n", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("at", moment, nullable=False),
    )
    op.create_table(
        "observed",
        sa.Column("id", big_id, primary_key=True),
        sa.Column("connection", name, nullable=False),
        sa.Column("ticket", name, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("old", sa.Text),
        sa.Column("new", sa.Text),
        sa.Column("how", sa.String, nullable=False),
        sa.Column("who", sa.String, nullable=False),
    )
    op.create_index("observed_ticket", "observed", ["connection", "ticket"])
    _create_audit()
    op.create_table(
        "signing_key",
        sa.Column("connection", name, primary_key=True),
        sa.Column("reference", name, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("fetched_at", moment, nullable=False),
    )
    op.create_table(
        "worker",
        sa.Column("id", name, primary_key=True),
        sa.Column("seen_at", moment, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
    )


def _create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("connection", name, nullable=False),
        sa.Column("ticket", name, nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("event", sa.String, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_index("audit_ticket", "audit", ["connection", "ticket", "id"])
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("length", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.bulk_insert(head, [{"id": 1, "length": 0, "hash": "0" * 64}])

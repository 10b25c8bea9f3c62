"""What stands in the way is one row for each cause and connection; a ticket names what keeps it, a worker its policy.
Of a change that was seen it says who made it, in kind, and how early it may have been.

Spelled out, not taken from ``tables.py``: what has been released as 0004 stays what it was. It only adds: workers of
the version before go on during a roll-out.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    name = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    op.create_table(
        "trouble",
        sa.Column("connection", name, primary_key=True),
        sa.Column("kind", name, primary_key=True),
        sa.Column("name", name, primary_key=True),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger()),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.add_column("worker", sa.Column("edition", sa.String))
    op.add_column("worker", sa.Column("connections", sa.Text))
    op.add_column("connection", sa.Column("answered_at", sa.BigInteger()))
    for count in ("told_by_webhook", "found_by_poll"):
        op.add_column("connection", sa.Column(count, sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    op.create_index(
        "mailbox_due",
        "mailbox",
        ["connection", "due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL AND is_dead = 0"),
        postgresql_where=sa.text("due_at IS NOT NULL AND NOT is_dead"),
    )
    op.create_index(
        "mailbox_dead",
        "mailbox",
        ["connection"],
        sqlite_where=sa.text("is_dead = 1"),
        postgresql_where=sa.text("is_dead"),
    )
    op.create_index(
        "mailbox_failing",
        "mailbox",
        ["connection", "failing_since"],
        sqlite_where=sa.text("failing_since IS NOT NULL AND is_dead = 0"),
        postgresql_where=sa.text("failing_since IS NOT NULL AND NOT is_dead"),
    )
    op.add_column("mailbox", sa.Column("held_by", name))
    op.create_index(
        "mailbox_held_by",
        "mailbox",
        ["connection", "held_by"],
        sqlite_where=sa.text("held_by IS NOT NULL"),
        postgresql_where=sa.text("held_by IS NOT NULL"),
    )
    op.add_column("observed", sa.Column("by", sa.String))
    op.add_column("observed", sa.Column("not_before", sa.BigInteger()))

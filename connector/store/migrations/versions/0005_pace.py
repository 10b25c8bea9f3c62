"""What is due is found in one look, however many connections there are; what was open before is taken up at a pace, and
so go escalations by time when there are more than a desk can have; the calls of all workers are counted. The audit
trail has a chain for each connection, and can be cut at a signed checkpoint; what is old is found by its moment.

Spelled out, not taken from ``tables.py``: what has been released as 0005 stays what it was. It only adds: workers of
the version before go on during a roll-out, and append to the chain that there was.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

name = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_index("mailbox_wake_of_all", "mailbox", ["wake_at", "connection"])
    _calls()
    _pace()
    _bound_what_grows()


def _pace() -> None:
    op.create_table(
        "pace",
        sa.Column("connection", name, primary_key=True),
        sa.Column("begun_at", sa.BigInteger()),
        sa.Column("held_at", sa.BigInteger()),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_table(
        "adopted",
        sa.Column("connection", name, primary_key=True),
        sa.Column("ticket", name, primary_key=True),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("is_critical", sa.Boolean(), nullable=False),
        sa.Column("entered_at", sa.BigInteger(), nullable=False),
        sa.Column("calendar", name, nullable=False),
        sa.Column("begins_at", sa.BigInteger()),
    )
    _index_of("adopted_waiting", "adopted", ["connection", "is_critical", "entered_at"], "begins_at IS NULL")
    op.create_table(
        "braked",
        sa.Column("connection", name, primary_key=True),
        sa.Column("saga", name, primary_key=True),
        sa.Column("ticket", name, nullable=False),
        sa.Column("calendar", name, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("passes_at", sa.BigInteger()),
        sa.Column("is_taken", sa.Boolean(), nullable=False),
        sa.Column("is_counted", sa.Boolean(), nullable=False),
    )
    op.create_index("braked_ticket", "braked", ["connection", "ticket"])
    op.create_index("braked_passed", "braked", ["connection", "passes_at"])
    _index_of("braked_waiting", "braked", ["connection", "due_at"], "passes_at IS NULL")


def _index_of(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _bound_what_grows() -> None:
    op.create_table(
        "audit_chain",
        sa.Column("connection", name, primary_key=True),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("link_entries", sa.BigInteger(), nullable=False),
        sa.Column("link_hash", sa.String(64), nullable=False),
        sa.Column("oldest_at", sa.BigInteger()),
    )
    op.create_index("audit_chain_oldest", "audit_chain", ["oldest_at"])
    op.create_table(
        "audit_entry",
        sa.Column("connection", name, primary_key=True),
        sa.Column("n", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("ticket", name, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.String, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_index("audit_entry_ticket", "audit_entry", ["connection", "ticket", "n"])
    op.create_table(
        "audit_checkpoint",
        sa.Column("chain", name, primary_key=True),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("cut_at", sa.BigInteger(), nullable=False),
        sa.Column("signed_by", name, nullable=False),
        sa.Column("signature", sa.String(64), nullable=False),
    )
    undone = sa.text("done_at IS NULL")
    op.drop_index("inbox_undone", "inbox")
    op.create_index(
        "inbox_undone", "inbox", ["connection", "ticket", "id"], sqlite_where=undone, postgresql_where=undone
    )
    op.create_table(
        "housekeeping",
        sa.Column("name", name, primary_key=True),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("held_until", sa.BigInteger()),
    )
    op.create_index("step_at", "step", ["at"])
    op.create_index("observed_at", "observed", ["at"])
    if op.get_bind().dialect.name == "postgresql":
        # By default a fifth of a table may be dead before it is vacuumed.
        for table in ("audit", "audit_entry", "inbox", "mailbox", "observed", "step"):
            op.execute(f"ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0.02)")


def _calls() -> None:
    op.add_column("mailbox", sa.Column("lane", sa.Integer, nullable=False, server_default=sa.text("3")))
    op.add_column("mailbox", sa.Column("rests_until", sa.BigInteger))
    op.add_column("inbox", sa.Column("state", sa.Text))
    op.create_index("mailbox_lane", "mailbox", ["connection", "lane", "wake_at"])
    op.create_table(
        "call_budget",
        sa.Column("connection", name, primary_key=True),
        sa.Column("ledger", sa.Text, nullable=False),
    )

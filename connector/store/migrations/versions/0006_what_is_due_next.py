"""What is due next is found by its deadline, and by tier, client, holder and state; what a stint took is kept.

Spelled out, not taken from ``tables.py``: what has been released as 0006 stays what it was. It only adds: workers of
the version before go on during a roll-out, and leave these columns as they are.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_KEPT = {"tier": "tier", "client": "client", "holder": "holder", "state": "verdict"}
"""Columns, and under which name a snapshot keeps the same."""


def upgrade() -> None:
    op.add_column("mailbox", sa.Column("deadline", sa.BigInteger))
    for column in _KEPT:
        op.add_column("mailbox", sa.Column(column, sa.String))
    op.create_index("mailbox_deadline", "mailbox", ["connection", "deadline", "ticket"])
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    taken = "(snapshot::json)->>'{}'" if is_postgresql else "json_extract(snapshot, '$.{}')"
    due = taken.format("due_at")
    micros = f"round(extract(epoch FROM ({due})::timestamptz) * 1000000)" if is_postgresql else _micros(due)
    values = ", ".join(f"{column} = {taken.format(key)}" for column, key in _KEPT.items())
    op.execute(f"UPDATE mailbox SET {values}, deadline = {micros} WHERE snapshot IS NOT NULL")  # noqa: S608  # no input

    _ended_stints()


def _ended_stints() -> None:
    name = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    op.create_table(
        "ended_stint",
        *(sa.Column(key, name, primary_key=True) for key in ("connection", "ticket", "stint")),
        *(sa.Column(word, sa.String, nullable=False) for word in ("tier", "ladder", "holder", "client")),
        sa.Column("began_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger, nullable=False),
        sa.Column("ended_by", sa.Text, nullable=False),
        sa.Column("is_escalated", sa.Boolean, nullable=False),
        sa.Column("was_warned", sa.Boolean, nullable=False),
        *(sa.Column(f"{what}_minutes", sa.Float) for what in ("plan", "fix", "worked", "paused")),
    )
    op.create_index("ended_stint_at", "ended_stint", ["ended_at"])


def _micros(due: str) -> str:
    """Microseconds since the epoch of an ISO time in UTC, whose part of a second SQLite would round to thousandths."""
    fraction = f"CASE WHEN substr({due}, 20, 1) = '.' THEN CAST(substr({due}, 21, 6) AS INTEGER) ELSE 0 END"
    return f"CAST(strftime('%s', substr({due}, 1, 19)) AS INTEGER) * 1000000 + {fraction}"

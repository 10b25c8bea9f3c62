"""What a report tells of stints that are over, and which tickets are at no tier's home. It only adds: versions before
go on during a roll-out, and leave these columns empty.

Spelled out, not taken from ``tables.py``: what has been released as 0009 stays what it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    name = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    for column, kind in (("board", sa.String), ("summary", sa.Text), ("link", sa.Text)):
        op.add_column("ended_stint", sa.Column(column, kind))
    for column in ("plan_limit", "fix_limit"):
        op.add_column("ended_stint", sa.Column(column, sa.Float))
    for column in ("has_left", "is_warning_written"):
        op.add_column("ended_stint", sa.Column(column, sa.Boolean))
    op.create_table(
        "unwatched",
        *(sa.Column(key, name, primary_key=True) for key in ("connection", "ticket")),
        sa.Column("place", sa.String, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
    )
    op.create_index("unwatched_seen", "unwatched", ["seen_at"])

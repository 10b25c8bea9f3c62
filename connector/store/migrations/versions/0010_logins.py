"""What web processes share of the console's log-ins. It only adds: versions before go on during a roll-out.

Spelled out, not taken from ``tables.py``: what has been released as 0010 stays what it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    name = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    op.create_table(
        "login_try",
        sa.Column("key", name, primary_key=True),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
    )
    op.create_index("login_try_last", "login_try", ["last_at"])
    op.create_table(
        "void_session",
        sa.Column("who", name, primary_key=True),
        sa.Column("session", name, primary_key=True),
        sa.Column("before", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
    )

"""What ``escalator check`` asks its own public address for. It only adds: versions before go on during a roll-out.

Spelled out, not taken from ``tables.py``: what has been released as 0007 stays what it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    name = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    op.create_table(
        "nonce",
        sa.Column("nonce", name, primary_key=True),
        sa.Column("answer", name, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
    )

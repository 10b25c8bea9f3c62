"""Which policy was in force when: a running stint keeps the one that it began with.

Spelled out, not taken from ``tables.py``: what has been released as 0002 stays what it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "policy",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("version", sa.String, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("in_force_from", sa.BigInteger(), nullable=False),
        sa.Column("applied_at", sa.BigInteger()),
    )

"""An index of what was done, what people said of it and what they ticked off, the newest first. It only adds.

Spelled out, not taken from ``tables.py``: what has been released as 0011 stays what it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

DEEDS = (
    "event IN ('escalated', 'final escalation', 'would escalate', 'override applied', 'override refused', "
    "'training request', 'training done', 'training not done')"
)


def upgrade() -> None:
    op.create_index(
        "audit_entry_deed",
        "audit_entry",
        ["connection", "event", "at", "n"],
        sqlite_where=sa.text(DEEDS),
        postgresql_where=sa.text(DEEDS),
    )

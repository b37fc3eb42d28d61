"""Why each event opened, and what the family said about it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """From 0004."""
    op.create_table(
        "explanations",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("verdict", sa.String()),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_explanations_event_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("event_id", name="pk_explanations"),
    )

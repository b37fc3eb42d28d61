"""What goes off-site, links that show one event, and what calls to others cost."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """From 0007."""
    op.create_table(
        "uploads",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("camera", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("begun", sa.Text()),
        sa.Column("unsure", sa.Boolean(), nullable=False),
        sa.Column("size", sa.BigInteger()),
        sa.Column("sealed", sa.Boolean(), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_uploads"),
    )
    is_due = sa.text("state = 'due'")
    op.create_index("ix_uploads_due", "uploads", ["asked_at"], sqlite_where=is_due, postgresql_where=is_due)
    op.create_table(
        "shares",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("camera", sa.String(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_shares"),
    )
    op.create_index("ix_shares_secret_hash", "shares", ["secret_hash"], unique=True)
    op.create_index("ix_shares_event_id", "shares", ["event_id"])
    op.create_index("ix_shares_expires_at", "shares", ["expires_at"])
    op.create_table(
        "calls",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payee", sa.String(), nullable=False),
        sa.Column("operation", sa.String(), nullable=False),
        sa.Column("billionths", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.String()),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_calls"),
    )
    op.create_index("ix_calls_at", "calls", ["at"])
    of_an_event = sa.text("event_id IS NOT NULL")
    op.create_index("ix_calls_event_id", "calls", ["event_id"], sqlite_where=of_an_event, postgresql_where=of_an_event)

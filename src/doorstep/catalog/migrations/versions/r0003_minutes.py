"""Minute files of cameras that are always recorded, events that lie in them, and times that are a guess."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """From 0002."""
    op.create_table(
        "spans",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("camera", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_spans"),
    )
    op.create_index("ix_spans_camera_starts_at", "spans", ["camera", "starts_at"])
    op.create_index("ix_spans_starts_at_key", "spans", ["starts_at", "key"])
    op.create_index("ix_gaps_ends_at", "gaps", ["ends_at"])
    op.add_column("events", sa.Column("recording_in_minutes", sa.Boolean()))
    op.add_column("events", sa.Column("unfinished", sa.Boolean()))
    only, place = sa.text("recording_in_minutes IS NOT NULL"), ["camera", "recording_starts_at", "recording_ends_at"]
    op.create_index("ix_events_in_minutes", "events", place, sqlite_where=only, postgresql_where=only)
    for table in ("events", "deliveries", "gaps", "spans"):
        op.add_column(table, sa.Column("boot", sa.String()))
        op.add_column(table, sa.Column("booted_at", sa.DateTime(timezone=True)))
        only = sa.text("boot IS NOT NULL")
        op.create_index(f"ix_{table}_boot", table, ["boot"], sqlite_where=only, postgresql_where=only)

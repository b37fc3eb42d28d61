"""Events, their causes, deliveries and gaps."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """From an empty database."""
    _events()
    _causes()
    _deliveries()
    _gaps()


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("camera", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("score", sa.Double()),
        sa.Column("pre_roll_seconds", sa.Double()),
        sa.Column("recording_key", sa.String()),
        sa.Column("recording_starts_at", sa.DateTime(timezone=True)),
        sa.Column("recording_ends_at", sa.DateTime(timezone=True)),
        sa.Column("recording_size", sa.BigInteger()),
        sa.Column("has_still", sa.Boolean(), nullable=False),
        sa.Column("ledger", sa.JSON(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
    )
    op.create_index("ix_events_camera_started_at_id", "events", ["camera", "started_at", "id"])
    op.create_index("ix_events_started_at_id", "events", ["started_at", "id"])
    for column, condition in (("deleted_at", "deleted_at IS NOT NULL"), ("ended_at", "ended_at IS NULL")):
        only = sa.text(condition)
        op.create_index(f"ix_events_{column}", "events", [column], sqlite_where=only, postgresql_where=only)


def _causes() -> None:
    op.create_table(
        "event_causes",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_event_causes_event_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("event_id", "cause", name="pk_event_causes"),
    )
    op.create_index("ix_event_causes_cause_event_id", "event_causes", ["cause", "event_id"])


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("alert_id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("camera", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("link", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
    )
    op.create_index("ix_deliveries_state_at", "deliveries", ["state", "at"])
    op.create_index("ix_deliveries_event_id", "deliveries", ["event_id"])


def _gaps() -> None:
    op.create_table(
        "gaps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("camera", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_gaps"),
    )
    op.create_index("ix_gaps_camera_starts_at", "gaps", ["camera", "starts_at"])

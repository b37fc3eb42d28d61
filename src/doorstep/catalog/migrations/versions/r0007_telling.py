"""Who is told how: browsers, what people want to be told, what phones acknowledged, and what was only a test."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """From 0006."""
    op.add_column("events", sa.Column("is_test", sa.Boolean()))
    op.add_column("deliveries", sa.Column("told_to", sa.String()))
    op.add_column("deliveries", sa.Column("acknowledged_at", sa.DateTime(timezone=True)))
    op.add_column("deliveries", sa.Column("opened_at", sa.DateTime(timezone=True)))
    op.add_column("deliveries", sa.Column("is_test", sa.Boolean()))
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("grant", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("endpoint", sa.String(), nullable=False),
        sa.Column("p256dh", sa.String(), nullable=False),
        sa.Column("auth", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("preferences", sa.Text()),
        sa.Column("accepted_at", sa.DateTime(timezone=True)),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True)),
        sa.Column("unshown_since", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_subscriptions"),
    )
    op.create_index("ix_subscriptions_endpoint", "subscriptions", ["endpoint"], unique=True)
    op.create_index("ix_subscriptions_person", "subscriptions", ["person"])
    op.create_table(
        "preferences",
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("person", name="pk_preferences"),
    )

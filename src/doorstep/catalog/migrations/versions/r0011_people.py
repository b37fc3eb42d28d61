"""Until when somebody may come in, links that set a password anew, where and how a session began, and passkeys."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """From 0010."""
    op.add_column("accounts", sa.Column("until", sa.DateTime(timezone=True)))
    op.add_column("accounts", sa.Column("reset_hash", sa.String()))
    op.add_column("accounts", sa.Column("reset_until", sa.DateTime(timezone=True)))
    op.add_column("grants", sa.Column("how", sa.String()))
    op.add_column("grants", sa.Column("address", sa.String()))
    op.add_column("grants", sa.Column("last_seen_at", sa.DateTime(timezone=True)))
    op.create_table(
        "passkeys",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("credential_id", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", sa.JSON(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("site", "id", name="pk_passkeys"),
    )
    op.create_index("ix_passkeys_site_credential_id", "passkeys", ["site", "credential_id"], unique=True)
    op.create_index("ix_passkeys_site_person", "passkeys", ["site", "person"])

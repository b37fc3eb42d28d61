"""Of a link: the hash of the PIN that it asks for, null where it asks for none."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """From 0011."""
    op.add_column("shares", sa.Column("pin_hash", sa.String()))

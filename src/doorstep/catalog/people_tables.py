"""The tables of people: who may come in, and what with."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from doorstep.catalog.base import OwnedRow


class AccountRow(OwnedRow):
    """A person; found by the folded name, shown by the name.  `until` null means for good.

    `reset_hash` is that of the secret of a link that sets the password anew, null where there is none.
    """

    __tablename__ = "accounts"

    folded_name: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    role: Mapped[str]
    cameras: Mapped[list[str] | None]
    created_at: Mapped[datetime]
    until: Mapped[datetime | None]
    reset_hash: Mapped[str | None]
    reset_until: Mapped[datetime | None]


class GrantRow(OwnedRow):
    """A session or a token; of its secret only the hash.  `how`, `address` and `last_seen_at` are a session's."""

    __tablename__ = "grants"

    id: Mapped[str] = mapped_column(primary_key=True)
    secret_hash: Mapped[str]
    name: Mapped[str]
    account: Mapped[str | None]
    scopes: Mapped[list[str]]
    cameras: Mapped[list[str] | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    made_by: Mapped[str | None]
    how: Mapped[str | None]
    address: Mapped[str | None]
    last_seen_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "site", "secret_hash", unique=True),)


class PasskeyRow(OwnedRow):
    """A passkey of a person, which opens by the address `host` alone; its bytes are base64url."""

    __tablename__ = "passkeys"

    id: Mapped[str] = mapped_column(primary_key=True)
    credential_id: Mapped[str]
    person: Mapped[str]
    handle: Mapped[str]
    host: Mapped[str]
    public_key: Mapped[str]
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[list[str]] = mapped_column(JSON)
    name: Mapped[str]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "site", "credential_id", unique=True), Index(None, "site", "person"))

"""People, sessions, tokens and passkeys in an SQL database.  What opens what: `core.access` and `accounts`."""

from collections.abc import Sequence

from sqlalchemy import Engine, delete, select

from doorstep.catalog.account_rows import account_of, account_row, grant_of, grant_row, passkey_of, passkey_row
from doorstep.catalog.engine import reading, writing
from doorstep.catalog.tables import AccountRow, GrantRow, PasskeyRow, PreferencesRow, SubscriptionRow
from doorstep.core.access import Account, Grant
from doorstep.core.passkey import Passkey


class SqlAccountRecords:
    """Keeps rows in the same database as SqlCatalog.  Thread-safe; implements `ports.AccountRecords`.

    Every method raises CatalogUnavailable, never the driver's errors.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def accounts(self) -> Sequence[Account]:
        """Everybody, oldest first."""
        with reading(self._engine) as session:
            rows = session.scalars(select(AccountRow).order_by(AccountRow.created_at, AccountRow.folded_name))
            return [account_of(row) for row in rows]

    def account(self, name: str) -> Account | None:
        """By name, case folded."""
        with reading(self._engine) as session:
            row = session.get(AccountRow, session.own(name.casefold()))
            return account_of(row) if row else None

    def save_account(self, account: Account) -> None:
        """Insert or replace."""
        with writing(self._engine) as session:
            session.merge(account_row(account))

    def remove_account(self, name: str) -> bool:
        """Whether there was one, by name, case folded; its sessions, passkeys, devices and choices go with it."""
        with writing(self._engine) as session:
            row = session.get(AccountRow, session.own(name.casefold()))
            if row is not None:
                session.execute(delete(GrantRow).where(GrantRow.account == row.name))
                session.execute(delete(PasskeyRow).where(PasskeyRow.person == row.name))
                session.execute(delete(SubscriptionRow).where(SubscriptionRow.person == row.name))
                session.execute(delete(PreferencesRow).where(PreferencesRow.person == row.name))
                session.delete(row)
            return row is not None

    def grants(self) -> Sequence[Grant]:
        """Every session and token that was not revoked, oldest first."""
        with reading(self._engine) as session:
            rows = session.scalars(select(GrantRow).order_by(GrantRow.created_at, GrantRow.id))
            return [grant_of(row) for row in rows]

    def grant(self, secret_hash: str) -> Grant | None:
        """The session or token with this hash of its secret."""
        with reading(self._engine) as session:
            row = session.scalar(select(GrantRow).where(GrantRow.secret_hash == secret_hash))
            return grant_of(row) if row else None

    def save_grant(self, grant: Grant, *, insert: bool = True) -> None:
        """Insert or replace, by its id; without `insert` only where it still is."""
        with writing(self._engine) as session:
            if insert or session.get(GrantRow, session.own(grant.id), with_for_update=True) is not None:
                session.merge(grant_row(grant))

    def revoke_grant(self, grant_id: str) -> bool:
        """Whether there was one."""
        with writing(self._engine) as session:
            row = session.get(GrantRow, session.own(grant_id))
            if row is not None:
                session.delete(row)
            return row is not None

    def passkeys(self) -> Sequence[Passkey]:
        """Everybody's, oldest first."""
        with reading(self._engine) as session:
            rows = session.scalars(select(PasskeyRow).order_by(PasskeyRow.created_at, PasskeyRow.id))
            return [passkey_of(row) for row in rows]

    def save_passkey(self, passkey: Passkey) -> None:
        """Insert or replace, by its id."""
        with writing(self._engine) as session:
            session.merge(passkey_row(passkey))

    def remove_passkey(self, passkey_id: str) -> bool:
        """Whether there was one."""
        with writing(self._engine) as session:
            row = session.get(PasskeyRow, session.own(passkey_id))
            if row is not None:
                session.delete(row)
            return row is not None

"""People, and what they come in with, as rows of `people_tables`, and back.  No queries."""

from doorstep.catalog.people_tables import AccountRow, GrantRow, PasskeyRow
from doorstep.core.access import Account, Grant, Role, Scope, SignInWay
from doorstep.core.camera import CameraId
from doorstep.core.passkey import Passkey


def account_row(account: Account) -> AccountRow:
    """The row of a person."""
    return AccountRow(
        folded_name=account.name.casefold(),
        name=account.name,
        password_hash=account.password_hash,
        role=account.role.value,
        cameras=_camera_list(account.cameras),
        created_at=account.created_at,
        until=account.until,
        reset_hash=account.reset_hash,
        reset_until=account.reset_until,
    )


def account_of(row: AccountRow) -> Account:
    """The person that the row was made from."""
    return Account(
        row.name,
        row.password_hash,
        Role(row.role),
        _camera_set(row.cameras),
        row.created_at,
        until=row.until,
        reset_hash=row.reset_hash,
        reset_until=row.reset_until,
    )


def grant_row(grant: Grant) -> GrantRow:
    """The row of a session or token."""
    return GrantRow(
        id=grant.id,
        secret_hash=grant.secret_hash,
        name=grant.name,
        account=grant.account,
        scopes=sorted(scope.value for scope in grant.scopes),
        cameras=_camera_list(grant.cameras),
        created_at=grant.created_at,
        expires_at=grant.expires_at,
        made_by=grant.made_by,
        how=grant.how.value if grant.how else None,
        address=grant.address or None,
        last_seen_at=grant.last_seen_at,
    )


def grant_of(row: GrantRow) -> Grant:
    """The session or token that the row was made from."""
    return Grant(
        id=row.id,
        secret_hash=row.secret_hash,
        name=row.name,
        account=row.account,
        scopes=frozenset(Scope(scope) for scope in row.scopes),
        cameras=_camera_set(row.cameras),
        created_at=row.created_at,
        expires_at=row.expires_at,
        made_by=row.made_by,
        how=SignInWay(row.how) if row.how else None,
        address=row.address or "",
        last_seen_at=row.last_seen_at,
    )


def passkey_row(passkey: Passkey) -> PasskeyRow:
    """The row of a passkey."""
    return PasskeyRow(
        id=passkey.id,
        credential_id=passkey.credential_id,
        person=passkey.person,
        handle=passkey.handle,
        host=passkey.host,
        public_key=passkey.public_key,
        sign_count=passkey.sign_count,
        transports=list(passkey.transports),
        name=passkey.name,
        created_at=passkey.created_at,
        last_used_at=passkey.last_used_at,
    )


def passkey_of(row: PasskeyRow) -> Passkey:
    """The passkey that the row was made from."""
    return Passkey(
        id=row.id,
        credential_id=row.credential_id,
        person=row.person,
        handle=row.handle,
        host=row.host,
        public_key=row.public_key,
        sign_count=row.sign_count,
        transports=tuple(row.transports),
        name=row.name,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
    )


def _camera_list(cameras: frozenset[CameraId] | None) -> list[str] | None:
    return None if cameras is None else sorted(cameras)


def _camera_set(cameras: list[str] | None) -> frozenset[CameraId] | None:
    return None if cameras is None else frozenset(map(CameraId, cameras))

"""The contract of `ports.AccountRecords`, held by the ones in SQL, in memory, and by those that are remembered."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from doorstep.accounts.remembered_records import RememberedRecords
from doorstep.catalog.account_records import SqlAccountRecords
from doorstep.catalog.memory_accounts import MemoryAccountRecords
from doorstep.core.access import Account, Grant, Role, Scope, SignInWay
from doorstep.core.camera import CameraId
from doorstep.core.passkey import Passkey
from fakes.catalogs import KINDS, new_engine
from fakes.clock import FakeClock

NOON = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
ANNA = Account("Anna Groß", "hash", Role.GUEST, frozenset({CameraId("yard"), CameraId("front-door")}), NOON)
SESSION = Grant(
    id="g1",
    secret_hash="aa",
    name="Firefox on a phone",
    account="Anna Groß",
    scopes=frozenset({Scope.LIVE_READ, Scope.EVENTS_READ}),
    cameras=frozenset({CameraId("yard")}),
    created_at=NOON,
    expires_at=NOON + timedelta(days=30),
    made_by="g0",
)

PASSKEY = Passkey(
    id="p1",
    credential_id="Y3JlZA",
    person="Anna Groß",
    handle="aGFuZGxl",
    host="door.example.org",
    public_key="a2V5",
    sign_count=2**32 - 1,
    transports=("hybrid", "internal"),
    name="Phone",
    created_at=NOON,
)

Records = SqlAccountRecords | MemoryAccountRecords | RememberedRecords


@pytest.fixture(params=[*KINDS, "memory", "remembered"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Records]:
    if request.param in {"memory", "remembered"}:
        rows = MemoryAccountRecords()
        yield rows if request.param == "memory" else RememberedRecords(rows, FakeClock())
        return
    with new_engine(request.param, tmp_path) as engine:
        yield SqlAccountRecords(engine)


def test_an_account_is_found_whatever_the_case(records: Records) -> None:
    records.save_account(ANNA)
    for name in ("Anna Groß", "anna groß", "ANNA GROSS"):
        assert records.account(name) == ANNA
    assert records.account("ann") is None


def test_all_cameras_and_no_camera_are_different(records: Records) -> None:
    for cameras in (None, frozenset[CameraId]()):
        records.save_account(replace(ANNA, cameras=cameras))
        records.save_grant(replace(SESSION, cameras=cameras))
        assert records.accounts() == [replace(ANNA, cameras=cameras)]
        assert records.grants() == [replace(SESSION, cameras=cameras)]


def test_saving_an_account_again_replaces_it(records: Records) -> None:
    records.save_account(ANNA)
    renamed = replace(ANNA, name="ANNA GROSS", role=Role.OWNER)
    records.save_account(renamed)
    assert records.accounts() == [renamed]


def test_a_removed_account_is_gone_with_its_sessions(records: Records) -> None:
    records.save_account(ANNA)
    records.save_grant(SESSION)
    others = replace(SESSION, id="g2", secret_hash="bb", account=None)
    records.save_grant(others)
    assert records.remove_account("anna gross")
    assert not records.remove_account("anna gross")
    assert records.account("Anna Groß") is None
    assert records.accounts() == []
    assert records.grants() == [others]


def test_a_grant_is_found_by_the_hash_of_its_secret(records: Records) -> None:
    token = replace(SESSION, id="g2", secret_hash="bb", account=None, expires_at=None, created_at=NOON + timedelta(1))
    records.save_grant(token)
    records.save_grant(SESSION)
    assert records.grant("aa") == SESSION
    assert records.grant("bb") == token
    assert records.grant("cc") is None
    assert records.grants() == [SESSION, token]


def test_saving_a_grant_again_replaces_it(records: Records) -> None:
    records.save_grant(SESSION)
    rotated = replace(SESSION, secret_hash="bb")
    records.save_grant(rotated)
    assert records.grant("aa") is None
    assert records.grants() == [rotated]


def test_a_revoked_grant_is_gone(records: Records) -> None:
    records.save_grant(SESSION)
    assert records.revoke_grant("g1")
    assert not records.revoke_grant("g1")
    assert records.grant("aa") is None
    assert records.grants() == []


def test_what_is_known_of_an_account_and_a_session_comes_back_whole(records: Records) -> None:
    person = replace(ANNA, until=NOON + timedelta(days=3), reset_hash="cc", reset_until=NOON + timedelta(hours=1))
    session = replace(SESSION, how=SignInWay.PAIRING, address="192.0.2.7", last_seen_at=NOON + timedelta(hours=2))
    records.save_account(person)
    records.save_grant(session)
    assert records.accounts() == [person]
    assert records.grants() == [session]
    assert "hash" not in repr(person).replace("_hash", "")


def test_a_grant_is_saved_where_it_still_is_and_nowhere_else(records: Records) -> None:
    records.save_grant(SESSION, insert=False)
    assert records.grants() == []
    records.save_grant(SESSION)
    seen = replace(SESSION, last_seen_at=NOON)
    records.save_grant(seen, insert=False)
    assert records.grants() == [seen]


def test_passkeys_are_kept_replaced_and_removed_oldest_first(records: Records) -> None:
    records.save_account(ANNA)
    younger = replace(PASSKEY, id="p0", credential_id="b3RoZXI", created_at=NOON + timedelta(1), transports=())
    records.save_passkey(younger)
    records.save_passkey(PASSKEY)
    assert records.passkeys() == [PASSKEY, younger]
    used = replace(PASSKEY, sign_count=0, last_used_at=NOON)
    records.save_passkey(used)
    assert records.passkeys() == [used, younger]
    assert records.remove_passkey("p0")
    assert not records.remove_passkey("p0")
    assert records.passkeys() == [used]


def test_passkeys_go_with_their_account(records: Records) -> None:
    records.save_account(ANNA)
    records.save_passkey(PASSKEY)
    others = replace(PASSKEY, id="p2", credential_id="b3RoZXI", person="Bob")
    records.save_passkey(others)
    assert records.remove_account("anna groß")
    assert records.passkeys() == [others]

"""The contract of `ports.AccountRecords`, held by the ones in SQL, in memory, and by those that are remembered."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from doorstep.accounts.remembered_records import RememberedRecords
from doorstep.catalog.account_records import SqlAccountRecords
from doorstep.catalog.memory_accounts import MemoryAccountRecords
from doorstep.core.access import Account, Grant, Role, Scope
from doorstep.core.camera import CameraId
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

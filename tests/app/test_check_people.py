"""`doorstep check` says when a channel is somebody's who has no account, and nothing where none is anybody's."""

from pathlib import Path

import pytest

from doorstep.app.check_people import people_findings
from doorstep.app.folders import catalog_path, catalog_url
from doorstep.catalog.account_records import SqlAccountRecords
from doorstep.catalog.engine import open_engine
from doorstep.catalog.upgrade import upgrade
from doorstep.core.access import Account, Role
from doorstep.core.notify_settings import AppriseSettings, EmailSettings, NotifySettings
from doorstep.core.settings import ServerSettings, Settings
from fakes.clock import FakeClock


def house(data: Path, person: str | None) -> Settings:
    mail = EmailSettings("smtp://127.0.0.1", "doorstep@example.org", ("me@example.org",), person=person)
    pager = AppriseSettings("pager", "json://127.0.0.1", person="Anna")
    chosen = NotifySettings(email=mail, apprise=(pager,) if person else ())
    return Settings(server=ServerSettings(data=data), notify=chosen)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    engine = open_engine(catalog_url(tmp_path))
    upgrade(engine)
    SqlAccountRecords(engine).save_account(Account("Anna", "hash", Role.OWNER, None, FakeClock().now()))
    engine.dispose()
    return tmp_path


def test_whose_account_is_spelt_otherwise_is_named(data: Path) -> None:
    [found] = people_findings(house(data, "anna"))
    assert not found.ok
    assert "No account is called anna: email follows nobody's choices." in found.detail
    assert "Anna" in found.detail
    assert "pager" not in found.detail


def test_who_has_an_account_is_fine(data: Path) -> None:
    assert [found.ok for found in people_findings(house(data, "Anna"))] == [True]


def test_nothing_is_said_where_nobody_is_named_or_nobody_is_there_yet(data: Path, tmp_path: Path) -> None:
    assert people_findings(house(data, None)) == ()
    assert people_findings(house(tmp_path / "new", "anna")) == ()
    assert not (tmp_path / "new").exists()


def test_a_catalog_that_cannot_be_opened_is_a_finding_and_no_end(tmp_path: Path) -> None:
    catalog_path(tmp_path).write_bytes(b"no database" * 999)
    [found] = people_findings(house(tmp_path, "anna"))
    assert not found.ok

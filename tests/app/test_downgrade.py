"""The way back to an older Doorstep: what was kept is put back, nothing is lost, and a refusal changes nothing."""

import asyncio
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from doorstep.app.accounts import open_accounts
from doorstep.app.catalog import is_older, own_catalog
from doorstep.app.check import UPGRADE_DUE, findings
from doorstep.app.downgrade import downgrade, kept_catalogs
from doorstep.app.folders import catalog_path, locked
from doorstep.catalog.engine import open_engine, sqlite_url
from doorstep.catalog.kept_rows import revision_in
from doorstep.catalog.upgrade import upgrade
from doorstep.cli.main import app
from doorstep.core.access import Role
from doorstep.core.cloud_settings import CatalogSettings
from doorstep.core.errors import CatalogUnavailable, ConfigInvalid, DoorstepError
from doorstep.core.settings import ServerSettings, Settings
from fakes.loop_disk import loop_disk, needs_disk
from fakes.server_process import PASSWORD

OLD, NOW = "0010", "0012"
IN_FILE = CatalogSettings()


def older_house(data: Path) -> Path:
    """As 0.1.0 left it."""
    data.mkdir(parents=True, exist_ok=True)
    engine = open_engine(sqlite_url(catalog_path(data)))
    upgrade(engine, OLD)
    engine.dispose()
    return data


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return older_house(tmp_path / "data")


@pytest.fixture
def house(data: Path) -> Path:
    """Brought up, with a person of since then."""
    with open_accounts(data) as accounts:
        accounts.add("Kim", PASSWORD, Role.OWNER, None)
    return data


def revision_of(path: Path) -> str | None:
    with closing(sqlite3.connect(path)) as database:
        return revision_in(database)


def people_in(path: Path) -> int:
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute("SELECT count(*) FROM accounts").fetchone()[0])


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_was_before_is_put_back_and_what_is_now_stays_beside_it(house: Path) -> None:
    done = downgrade(house, IN_FILE, "0.1.0", None)
    assert done is not None
    assert done.aside.name == "doorstep.sqlite.after-0012"
    assert done.lost_events == 0
    assert (revision_of(catalog_path(house)), people_in(catalog_path(house))) == (OLD, 0)
    assert (revision_of(done.aside), people_in(done.aside)) == (NOW, 1)
    assert names_in(house) == [
        "doorstep.sqlite",
        "doorstep.sqlite.after-0012",
        "doorstep.sqlite.before-0012",
        "lock",
    ]
    assert catalog_path(house).stat().st_mode & 0o777 == 0o600
    assert downgrade(house, IN_FILE, "0.1.0", None) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root acts for others")
def test_what_root_does_for_the_service_belongs_to_the_service(data: Path) -> None:
    for path in (data, *data.iterdir()):
        os.chown(path, 12345, 12346)
    own_catalog(data).dispose()
    downgrade(data, IN_FILE, "0.1.0", None)
    made = {path.name: (path.stat().st_uid, path.stat().st_gid) for path in data.glob("doorstep.sqlite*")}
    assert set(made.values()) == {(12345, 12346)}
    assert len(made) == 3


def test_up_and_down_again_keeps_each_state(house: Path) -> None:
    for _ in range(2):
        assert downgrade(house, IN_FILE, "0.1.0", None) is not None
        own_catalog(house).dispose()
    done = downgrade(house, IN_FILE, "0010", None)
    assert done is not None
    assert done.aside.name == "doorstep.sqlite.after-0012-3"


def test_a_log_that_a_killed_server_left_is_not_taken_for_the_older_catalogs(house: Path, tmp_path: Path) -> None:
    engine = open_engine(sqlite_url(catalog_path(house)))
    left = tmp_path / "left"
    left.mkdir()
    with engine.begin() as connection:
        connection.execute(text("UPDATE accounts SET name = 'Kimberley'"))
    for file in house.glob("doorstep.sqlite*"):
        (left / file.name).write_bytes(file.read_bytes())
    engine.dispose()
    assert (left / "doorstep.sqlite-wal").stat().st_size > 0
    done = downgrade(left, IN_FILE, "0.1.0", None)
    assert done is not None
    assert not (left / "doorstep.sqlite-wal").exists()
    assert revision_of(catalog_path(left)) == OLD
    with closing(sqlite3.connect(done.aside)) as aside:
        assert aside.execute("SELECT name FROM accounts").fetchall() == [("Kimberley",)]


def test_a_try_that_was_killed_between_both_names_is_taken_up(house: Path) -> None:
    os.link(catalog_path(house), house / "doorstep.sqlite.after-0012")
    (house / "doorstep.sqlite.part").write_bytes(b"half")
    done = downgrade(house, IN_FILE, "0.1.0", None)
    assert done is not None
    assert done.aside.name == "doorstep.sqlite.after-0012"
    assert "doorstep.sqlite.part" not in names_in(house)


def refused(house: Path, to: str = "0.1.0", kept: CatalogSettings = IN_FILE) -> str:
    before = catalog_path(house).stat().st_ino
    with pytest.raises(DoorstepError) as caught:
        downgrade(house, kept, to, None)
    assert (catalog_path(house).stat().st_ino, revision_of(catalog_path(house))) == (before, NOW)
    return str(caught.value)


def test_without_a_copy_the_way_back_is_by_the_recordings(house: Path) -> None:
    (house / "doorstep.sqlite.before-0012").unlink()
    assert "`doorstep fsck --repair`: every recording is found again" in refused(house)


def test_a_damaged_copy_is_not_put_back(house: Path) -> None:
    (house / "doorstep.sqlite.before-0012").write_bytes(b"not a database" * 1000)
    assert "No copy of the catalog that 0.1.0 reads" in refused(house)
    assert kept_catalogs(house, IN_FILE) == []


def test_a_copy_that_is_not_of_the_way_to_what_is_now_is_not_put_back(house: Path) -> None:
    """Of an upgrade that failed long ago, and of one before the version that was asked for."""
    copy = house / "doorstep.sqlite.before-0012"
    for name in ("before-0013", "before-the-holidays", "before-0009"):
        (house / f"doorstep.sqlite.{name}").write_bytes(copy.read_bytes())
    copy.unlink()
    assert "No copy of the catalog that 0.1.0 reads" in refused(house)
    assert [one.path.name for one in kept_catalogs(house, IN_FILE)] == [
        "doorstep.sqlite.before-0013",
        "doorstep.sqlite.before-0009",
    ]


def test_of_two_copies_for_the_same_version_the_later_one_is_put_back(house: Path) -> None:
    """Up to 0011, back, a person more, and up to 0012: the copy for 0011 is still there."""
    earlier, later = house / "doorstep.sqlite.before-0011", house / "doorstep.sqlite.before-0012"
    earlier.write_bytes(later.read_bytes())
    with closing(sqlite3.connect(later)) as copy, copy:
        copy.execute(
            "INSERT INTO accounts (site, name, folded_name, password_hash, role, created_at) "
            "VALUES ('home', 'Al', 'al', 'x', 'owner', '2026-11-22 00:00:00.000000')"
        )
    done = downgrade(house, IN_FILE, "0.1.0", None)
    assert done is not None
    assert done.snapshot.path == later
    assert people_in(catalog_path(house)) == 1


def of_a_newer_doorstep(house: Path) -> Path:
    """As 0013 would leave it: with a table that this one does not know, and a copy of before."""
    catalog = catalog_path(house)
    (house / "doorstep.sqlite.before-0013").write_bytes(catalog.read_bytes())
    with closing(sqlite3.connect(catalog)) as database, database:
        database.execute("CREATE TABLE holograms (id)")
        database.execute("UPDATE alembic_version SET version_num = '0013'")
    return catalog


def test_a_version_that_was_installed_too_early_puts_back_its_own_copy_by_itself(house: Path) -> None:
    catalog = of_a_newer_doorstep(house)
    for start in (own_catalog, is_older):
        with pytest.raises(CatalogUnavailable, match=r"newer Doorstep.*`doorstep downgrade --to 0\.2\.0`"):
            start(house)
    done = downgrade(house, IN_FILE, "0.2.0", None)
    assert done is not None
    assert (done.aside.name, done.lost_events) == ("doorstep.sqlite.after-0013", 0)
    assert (revision_of(catalog), people_in(catalog)) == (NOW, 1)
    own_catalog(house).dispose()


def test_a_catalog_on_another_disk_behind_a_link_stays_there(house: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere" / "rows.sqlite"
    elsewhere.parent.mkdir()
    (house / "doorstep.sqlite.before-0012").rename(f"{elsewhere}.before-0012")
    catalog_path(house).rename(elsewhere)
    catalog_path(house).symlink_to(elsewhere)
    done = downgrade(house, IN_FILE, "0.1.0", None)
    assert done is not None
    assert catalog_path(house).is_symlink()
    assert (done.aside.parent, done.aside.is_symlink()) == (elsewhere.parent, False)
    assert (revision_of(elsewhere), revision_of(done.aside)) == (OLD, NOW)
    (elsewhere.parent / f"{elsewhere.name}.before-0012").unlink()
    own_catalog(house).dispose()
    assert names_in(elsewhere.parent) == ["rows.sqlite", "rows.sqlite.after-0012", "rows.sqlite.before-0012"]


def test_a_database_of_another_program_is_not_moved(house: Path) -> None:
    catalog = catalog_path(house)
    catalog.unlink()
    with closing(sqlite3.connect(catalog)) as other:
        other.execute("CREATE TABLE photos (id)")
    with pytest.raises(CatalogUnavailable, match="is no catalog of Doorstep"):
        downgrade(house, IN_FILE, "0.1.0", None)
    assert "doorstep.sqlite.after" not in " ".join(names_in(house))


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="cannot be read"):
        kept_catalogs(tmp_path / "none", IN_FILE)


def test_a_version_that_never_was_is_named_with_those_that_were(house: Path) -> None:
    assert "Known: 0.1.0, 0.2.0" in refused(house, "0.0.9")


def test_beside_a_server_nothing_is_put_back(house: Path) -> None:
    with locked(house):
        assert "Another Doorstep is running" in refused(house)


def test_while_another_program_has_it_open_nothing_is_put_back(house: Path) -> None:
    with closing(sqlite3.connect(catalog_path(house))) as other:
        other.execute("SELECT count(*) FROM accounts").fetchall()
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM accounts").fetchall()
        with pytest.raises(CatalogUnavailable, match="in use by another program"):
            downgrade(house, IN_FILE, "0.1.0", None)
    assert revision_of(catalog_path(house)) == NOW


def test_of_a_postgres_there_is_no_copy(house: Path) -> None:
    assert "pg_dump" in refused(house, kept=CatalogSettings("postgresql://me:hunter2@db/doorstep"))


def test_on_a_full_disk_everything_stays(tmp_path: Path) -> None:
    needs_disk()
    with loop_disk(tmp_path / "disk", 40 << 20) as disk:
        house = older_house(disk.folder / "data")
        own_catalog(house).dispose()
        disk.fill(20_000)
        refused(house)
        assert revision_of(catalog_path(house)) == NOW
        assert "doorstep.sqlite.part" not in names_in(house)


# ------------------------------------------------------------------------------------------------- around the upgrade


def test_a_command_beside_an_older_server_does_not_upgrade_under_it(data: Path) -> None:
    assert is_older(data)
    with locked(data), pytest.raises(ConfigInvalid, match="Another Doorstep is running"), open_accounts(data):
        pass
    assert revision_of(catalog_path(data)) == OLD
    with open_accounts(data):
        assert not is_older(data)


@pytest.fixture
def settings(data: Path) -> Settings:
    return Settings(server=ServerSettings(data=data))


def test_the_check_says_that_the_next_start_upgrades(settings: Settings) -> None:
    assert UPGRADE_DUE in asyncio.run(told_of_the_folder(settings))
    own_catalog(settings.server.data).dispose()
    assert UPGRADE_DUE not in asyncio.run(told_of_the_folder(settings))


def test_the_check_says_that_the_next_start_will_refuse_a_newer_catalog(settings: Settings, house: Path) -> None:
    of_a_newer_doorstep(house)
    assert "newer Doorstep" in asyncio.run(told_of_the_folder(settings))


async def told_of_the_folder(settings: Settings) -> str:
    async for found in findings(settings, [], beside_server=True):
        if found.what == "data folder":
            return found.detail
    raise AssertionError


# -------------------------------------------------------------------------------------------------------------- words


def told(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["downgrade", *words], env={"COLUMNS": "250", "NO_COLOR": "1", "TERM": "dumb"})
    return result.exit_code, result.output


def test_the_verb_shows_what_there_is_and_says_what_is_left_to_do(house: Path, tmp_path: Path) -> None:
    config = tmp_path / "doorstep.toml"
    config.write_text('[notify.email]\nsmtp = "smtp://me:${MAIL_PASSWORD}@mail"\nfrom = "a@b.org"\nto = ["a@b.org"]\n')
    secrets = tmp_path / "secrets.toml"
    secrets.write_text('MAIL_PASSWORD = "hunter22"\nUNUSED = "x"\n')
    secrets.chmod(0o600)
    words = ("--data", str(house), "--config", str(config))
    code, text = told(*words)
    assert code == 0
    assert "doorstep.sqlite.before-0012: for Doorstep 0.1.0 and later, 0 events" in text
    code, text = told("--to", "0.1.0", *words)
    assert code == 0
    assert "put back doorstep.sqlite.before-0012" in text
    assert "what was revoked since holds again" in text
    assert "to do: install 0.1.0, then run its `doorstep fsck --repair` before it starts" in text
    assert f"does not read {secrets}: give it MAIL_PASSWORD in its environment" in text
    assert "hunter22" not in text
    assert told("--to", "0.1.0", *words) == (0, "0.1.0 reads the catalog as it is\n")

"""A house moves to an empty machine: every field of every row comes along, secrets only when asked."""

import os
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Any

import pytest

from doorstep.app.backup import make_backup
from doorstep.app.folders import catalog_url, locked
from doorstep.app.restore import restore_backup
from doorstep.backup.backup_file import open_backup
from doorstep.backup.errors import BackupInvalid
from doorstep.backup.passphrase import Passphrase
from doorstep.catalog.account_records import SqlAccountRecords
from doorstep.catalog.engine import open_engine
from doorstep.catalog.sql import SqlCatalog
from doorstep.catalog.sql_recipients import SqlRecipientRecords
from doorstep.catalog.tables import HEAD
from doorstep.catalog.upgrade import revision, upgrade
from doorstep.core.access import Account, Role
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.errors import CatalogUnavailable, ConfigInvalid, DoorstepError
from doorstep.core.event import Event, EventId, Recording
from doorstep.core.explanation import Verdict
from doorstep.core.gap import Gap
from doorstep.core.push_subscription import PushSubscription
from doorstep.core.recorded_span import RecordedSpan
from fakes.explained import explanation

NOON = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
PORCH = CameraId("porch")
WORDS = "correct horse battery staple"
CONFIG = """
[server]
data = "data"

[[camera]]
id = "porch"
name = "Porch"
source = "rtsp://admin:hunter22@192.0.2.5/1"
detect_file = "secrets/detect.txt"
"""


def event(number: int) -> Event:
    at = NOON + timedelta(minutes=number)
    recording = Recording(f"porch/{number}.mp4", at, at + timedelta(seconds=20), 1000 + number)
    return Event(
        EventId(f"porch-{number}"), PORCH, at, at, at, (Cause.PERSON, Cause.PRESS), 0.1 + number, 2.5, recording, True
    )


def fill(data: Path) -> None:
    engine = open_engine(catalog_url(data))
    upgrade(engine)
    catalog = SqlCatalog(engine)
    for number in range(5):
        catalog.save_event(event(number))
    catalog.mark_deleted(event(3).id, NOON)
    catalog.save_explanation(explanation(event(2).id))
    catalog.judge(event(2).id, Verdict.NOT_A_PERSON)
    catalog.add_gap(Gap(PORCH, NOON, NOON + timedelta(hours=1), 'the "camera" was offline; 100 %'))
    catalog.save_span(RecordedSpan("continuous/porch/x.mp4", PORCH, NOON, NOON + timedelta(minutes=1), 7))
    SqlAccountRecords(engine).save_account(Account("Käthe", "$argon2id$x", Role.OWNER, None, NOON))
    engine.dispose()


def every_field(data: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All tables, all columns, all rows, and the schema itself, of the file alone."""
    with closing(sqlite3.connect(f"{(data / 'doorstep.sqlite').as_uri()}?mode=ro", uri=True)) as database:
        schema = database.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name").fetchall()
        tables = [name for kind, name, _, _ in schema if kind == "table"]
        return {"schema": schema} | {
            name: database.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall()  # noqa: S608 - our own names
            if len(database.execute(f"PRAGMA table_info({name})").fetchall()) > 1
            else database.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608 - our own names
            for name in tables
        }


class House:
    """A machine with a config, secrets, keys and a catalog."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "doorstep.toml"
        self.data = folder / "data"
        self.backup = folder / "house.backup"

    def furnish(self) -> None:
        (self.folder / "secrets").mkdir(parents=True)
        self.config.write_text(CONFIG, encoding="utf-8")
        (self.folder / "secrets" / "detect.txt").write_text("rtsp://admin:hunter22@192.0.2.5/2\n", encoding="utf-8")
        (self.data / "keys").mkdir(parents=True)
        (self.data / "keys" / "push.pem").write_bytes(b"only this house\n")
        fill(self.data)

    def save(self, passphrase: Passphrase | None = None, *, again: bool = False) -> None:
        make_backup(self.data, self.config, self.backup, passphrase, replace=again)


@pytest.fixture
def house(tmp_path: Path) -> House:
    old = House(tmp_path / "old")
    old.furnish()
    return old


@pytest.fixture
def empty(tmp_path: Path) -> House:
    (tmp_path / "new").mkdir()
    return House(tmp_path / "new")


def no_passphrase() -> str:
    raise AssertionError


LOCK = Passphrase(WORDS, work=10)


def test_an_encrypted_backup_brings_back_every_field_and_every_secret(house: House, empty: House) -> None:
    house.save(LOCK)
    assert stat.S_IMODE(house.backup.stat().st_mode) == 0o600
    assert b"hunter22" not in house.backup.read_bytes()
    restored = restore_backup(house.backup, None, empty.config, lambda: WORDS)
    assert restored.data == empty.data
    assert every_field(empty.data) == every_field(house.data)
    for name in ("doorstep.toml", "secrets/detect.txt", "data/keys/push.pem"):
        assert (empty.folder / name).read_bytes() == (house.folder / name).read_bytes()
        assert stat.S_IMODE((empty.folder / name).stat().st_mode) == 0o600
    assert [note for note in restored.notes if "recordings" not in note] == []
    engine = open_engine(catalog_url(empty.data))
    assert upgrade(engine) is None
    assert SqlCatalog(engine).event(event(2).id) == event(2)
    assert SqlCatalog(engine).event(event(3).id) == replace(event(3), deleted_at=NOON)
    engine.dispose()


def test_without_secrets_none_is_in_the_file_and_the_owner_is_told(house: House, empty: House) -> None:
    house.save()
    with open_backup(house.backup, no_passphrase) as backup:
        assert not any(b"hunter22" in data or b"only this house" in data for data in backup.files.values())
    restored = restore_backup(house.backup, None, empty.config, no_passphrase)
    assert every_field(empty.data) == every_field(house.data)
    assert "${DOORSTEP_CAMERA_PORCH_SOURCE}" in empty.config.read_text(encoding="utf-8")
    told = "\n".join(restored.notes)
    for wish in ("DOORSTEP_CAMERA_PORCH_SOURCE", "secrets/detect.txt", "keys"):
        assert wish in told


@pytest.mark.parametrize("locked_up", [True, False])
def test_addresses_and_keys_of_devices_are_secrets_too(house: House, empty: House, *, locked_up: bool) -> None:
    engine = open_engine(catalog_url(house.data))
    phone = PushSubscription("s1", "Käthe", "g1", "Phone", "https://push.example.org/own", "point", "its secret", NOON)
    SqlRecipientRecords(engine).save_subscription(phone)
    engine.dispose()
    house.save(LOCK if locked_up else None)
    restored = restore_backup(house.backup, None, empty.config, (lambda: WORDS) if locked_up else no_passphrase)
    content = (empty.data / "doorstep.sqlite").read_bytes()
    assert (b"push.example.org" in content, b"its secret" in content) == (locked_up, locked_up)
    assert locked_up or any("turn notifications on again" in note for note in restored.notes)
    assert b"K\xc3\xa4the" in content


def test_a_backup_while_the_catalog_is_written_is_one_state_of_it(house: House, empty: House) -> None:
    engine = open_engine(catalog_url(house.data))
    catalog, enough = SqlCatalog(engine), Flag()

    def write() -> None:
        for number in range(100, 2000):
            catalog.save_event(event(number))
            if enough.is_set():
                return

    writer = Thread(target=write)
    writer.start()
    with locked(house.data):
        house.save()
    enough.set()
    writer.join()
    engine.dispose()
    restore_backup(house.backup, None, empty.config, no_passphrase)
    found = every_field(empty.data)
    numbers = sorted(int(row[1].removeprefix("porch-")) for row in found["events"] if int(row[1][6:]) >= 100)
    assert numbers == list(range(100, 100 + len(numbers)))
    assert len(found["event_causes"]) == 2 * len(found["events"])


def test_nothing_on_the_machine_is_overwritten(house: House, empty: House) -> None:
    house.save(LOCK)
    empty.config.write_text("# my own\n", encoding="utf-8")
    (empty.data / "keys").mkdir(parents=True)
    (empty.data / "keys" / "push.pem").write_bytes(b"another house\n")
    restored = restore_backup(house.backup, empty.data, empty.config, lambda: WORDS)
    assert empty.config.read_text(encoding="utf-8") == "# my own\n"
    assert (empty.data / "keys" / "push.pem").read_bytes() == b"another house\n"
    assert (empty.data / "restored" / "doorstep.toml").read_text(encoding="utf-8") == CONFIG
    assert (empty.data / "restored" / "keys" / "push.pem").read_bytes() == b"only this house\n"
    assert len(restored.notes) == 3


def test_a_catalog_that_is_there_is_never_replaced(house: House) -> None:
    house.save()
    before = every_field(house.data)
    with pytest.raises(ConfigInvalid, match="there already"):
        restore_backup(house.backup, house.data, house.config, no_passphrase)
    assert every_field(house.data) == before


def test_a_running_server_keeps_its_folder(house: House, empty: House) -> None:
    house.save()
    empty.data.mkdir()
    with locked(empty.data), pytest.raises(ConfigInvalid, match="Another Doorstep is running"):
        restore_backup(house.backup, empty.data, empty.config, no_passphrase)
    assert [path.name for path in empty.data.iterdir()] == ["lock"]


def test_a_damaged_backup_leaves_an_empty_machine_empty(house: House, empty: House) -> None:
    house.save()
    data = house.backup.read_bytes()
    for length in (10, len(data) // 2, len(data) - 1):
        house.backup.write_bytes(data[:length])
        with pytest.raises(BackupInvalid):
            restore_backup(house.backup, empty.data, empty.config, no_passphrase)
        assert not empty.config.exists()
        assert [path.name for path in empty.data.iterdir()] == ["lock"] if empty.data.exists() else True


def test_a_newer_doorsteps_backup_is_told_as_that_before_its_rows_are_read(
    house: House, empty: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.save()
    monkeypatch.setattr("doorstep.app.restore.HEAD", "0000")
    monkeypatch.setattr("doorstep.app.restore.check_catalog", lambda _: pytest.fail("its rows were read"))
    with pytest.raises(BackupInvalid, match=r"A newer Doorstep made this backup\. Install that version"):
        restore_backup(house.backup, empty.data, empty.config, no_passphrase)
    assert [path.name for path in empty.data.iterdir()] == ["lock"]


@pytest.mark.parametrize(
    "evil",
    [
        "CREATE TRIGGER evil AFTER INSERT ON events BEGIN DELETE FROM accounts; END",
        "CREATE VIEW evil AS SELECT * FROM accounts",
        "CREATE TABLE evil (x)",
        "UPDATE alembic_version SET version_num = '9999'",
    ],
)
def test_a_catalog_that_was_tampered_with_is_refused(house: House, empty: House, evil: str) -> None:
    with closing(sqlite3.connect(house.data / "doorstep.sqlite")) as database, database:
        database.execute(evil)

    def move() -> None:
        house.save()
        restore_backup(house.backup, empty.data, empty.config, no_passphrase)

    with pytest.raises((BackupInvalid, CatalogUnavailable)):
        move()
    assert not (empty.data / "doorstep.sqlite").exists()


@pytest.mark.parametrize(
    "place", ["../outside.txt", "/elsewhere/outside.txt", "a/../../outside.txt", "link/outside.txt"]
)
def test_a_secret_never_lands_outside_of_the_configs_folder(house: House, empty: House, place: str) -> None:
    outside = empty.folder.parent / "outside.txt"
    text = CONFIG.replace("secrets/detect.txt", place)
    house.config.write_text(text, encoding="utf-8")
    (house.folder / "link").mkdir()
    (house.folder / "a").mkdir()
    named = house.folder / place
    if not place.startswith("/"):
        named.write_text("secret", encoding="utf-8")
    else:
        house.config.write_text(text.replace("/elsewhere", str(house.folder)), encoding="utf-8")
        (house.folder / "outside.txt").write_text("secret", encoding="utf-8")
    house.save(LOCK)
    outside.unlink(missing_ok=True)
    (empty.folder / "link").symlink_to(empty.folder.parent)
    restored = restore_backup(house.backup, empty.data, empty.config, lambda: WORDS)
    assert not outside.exists()
    assert (empty.data / "restored" / "secrets" / "1").read_text(encoding="utf-8") == "secret"
    assert any("belongs to" in note for note in restored.notes)


def test_nothing_that_was_deleted_is_in_a_backup_and_no_empty_page(house: House) -> None:
    with closing(sqlite3.connect(house.data / "doorstep.sqlite")) as database, database:
        for number in range(2000):
            database.execute(
                "INSERT INTO gaps (site, camera, starts_at, ends_at, reason) VALUES ('home', 'x', ?, ?, ?)",
                (f"2026-01-01 {number:06}", f"2026-01-02 {number:06}", "whoever left " * 80),
            )
        database.execute("DELETE FROM gaps WHERE camera = 'x'")
    assert (house.data / "doorstep.sqlite").stat().st_size > 2_000_000
    house.save()
    with open_backup(house.backup, no_passphrase) as backup:
        kept = backup.manifest.file("catalog.sqlite")
    assert kept is not None
    assert kept.size < 500_000


def test_of_a_backup_or_restore_that_was_killed_nothing_stays(house: House, empty: House) -> None:
    former, at_work = house.data / ".doorstep-backup-old", house.data / ".doorstep-backup-new"
    for folder in (former, at_work):
        folder.mkdir()
        (folder / "catalog.sqlite").write_bytes(b"half")
    os.utime(former, (1e9, 1e9))
    house.save()
    assert (former.exists(), at_work.exists()) == (False, True)
    killed = empty.data / ".restoring-0123456789abcdef"
    killed.mkdir(parents=True)
    restore_backup(house.backup, empty.data, empty.config, no_passphrase)
    assert sorted(one.name for one in empty.data.iterdir()) == ["doorstep.sqlite", "lock"]


@pytest.mark.parametrize("which", ["too many", "too much", "a control character"])
def test_what_could_not_be_restored_is_not_backed_up(house: House, which: str) -> None:
    keys = house.data / "keys"
    if which == "too many":
        for number in range(300):
            (keys / f"{number}.pem").touch()
    if which == "too much":
        for number in range(17):
            (keys / f"{number}.pem").write_bytes(bytes(1024 * 1024))
    if which == "a control character":
        (house.folder / "a\tb").touch()
        house.config.write_text('[notify.email]\nsmtp_file = "a\\tb"\n', encoding="utf-8")
    with pytest.raises(ConfigInvalid, match="cannot hold"):
        house.save(LOCK)
    assert not house.backup.exists()


@pytest.mark.parametrize("place", ["home/.ssh/authorized_keys", ".bashrc", "link/elsewhere/x.txt"])
def test_a_secret_becomes_no_hidden_file_and_makes_no_folder_elsewhere(house: House, empty: House, place: str) -> None:
    named = house.folder / place
    named.parent.mkdir(parents=True, exist_ok=True)
    named.write_text("secret", encoding="utf-8")
    house.config.write_text(CONFIG.replace("secrets/detect.txt", place), encoding="utf-8")
    house.save(LOCK)
    (empty.folder / "link").symlink_to(empty.folder.parent)
    restore_backup(house.backup, empty.data, empty.config, lambda: WORDS)
    assert not (empty.folder / place).exists()
    assert not (empty.folder.parent / "elsewhere").exists()
    assert (empty.data / "restored" / "secrets" / "1").read_text(encoding="utf-8") == "secret"


def test_only_a_backup_is_replaced_and_only_when_told(house: House) -> None:
    house.save()
    with pytest.raises(DoorstepError, match="--replace"):
        house.save()
    house.save(again=True)
    house.backup = house.config
    with pytest.raises(DoorstepError, match="no backup"):
        house.save(again=True)
    assert house.config.read_text(encoding="utf-8") == CONFIG


def test_a_damaged_catalog_makes_no_backup_and_spoils_none(house: House) -> None:
    house.save()
    before = house.backup.read_bytes()
    path = house.data / "doorstep.sqlite"
    data = bytearray(path.read_bytes())
    data[4096 + 100 : 4096 * 6] = bytes(4096 * 5 - 100)
    path.write_bytes(data)
    with pytest.raises(CatalogUnavailable, match="damaged"):
        house.save(again=True)
    assert house.backup.read_bytes() == before
    assert sorted(one.name for one in house.folder.iterdir()) == ["data", "doorstep.toml", "house.backup", "secrets"]


def test_a_place_that_cannot_be_written_is_said(house: House) -> None:
    house.backup = house.folder / "no" / "such" / "folder"
    with pytest.raises(DoorstepError, match="could not be written"):
        house.save()


def test_half_a_snapshot_does_not_stay_and_nothing_is_upgraded_without_one(tmp_path: Path) -> None:
    catalog = tmp_path / "doorstep.sqlite"
    engine = open_engine(f"sqlite:///{catalog}")
    upgrade(engine, "0001")
    (tmp_path / f"doorstep.sqlite.before-{HEAD}" / "x").mkdir(parents=True)
    with pytest.raises(CatalogUnavailable, match="could not be copied"):
        upgrade(engine)
    assert revision(engine) == "0001"
    engine.dispose()
    assert list(tmp_path.glob("*.part")) == []


def test_old_snapshots_of_upgrades_go(tmp_path: Path) -> None:
    snapshots = tmp_path / "doorstep.sqlite"
    engine = open_engine(f"sqlite:///{snapshots}")
    upgrade(engine, "0001")
    for former in ("0001", "0002", "0003"):
        snapshots.with_name(f"doorstep.sqlite.before-{former}").touch()
    newest = upgrade(engine)
    engine.dispose()
    kept = sorted(path.name.partition("before-")[2] for path in snapshots.parent.glob("*.before-*"))
    assert newest is not None
    assert kept == ["0002", "0003", newest.name.partition("before-")[2]]

"""Backups for the page: what is in the file, that nothing of it stays, and that the last one is remembered."""

import stat
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import pytest

from doorstep.app import backup_desk
from doorstep.app.backup import LAST_FILE, last_backup, make_backup
from doorstep.app.backup_desk import BackupDesk, backup_parts
from doorstep.app.folders import catalog_url
from doorstep.app.restore import restore_backup
from doorstep.backup.errors import BackupInvalid
from doorstep.backup.passphrase import Passphrase
from doorstep.catalog.engine import open_engine
from doorstep.catalog.upgrade import upgrade
from doorstep.core.cloud_settings import CatalogSettings
from doorstep.core.errors import ConfigInvalid
from doorstep.core.settings import ServerSettings, Settings
from doorstep.web.backup_parts import BackupRunning, MadeBackup

WORDS = "correct horse battery staple"
CONFIG = '[server]\ndata = "data"\n[[camera]]\nid = "porch"\nname = "Porch"\nsource = "rtsp://me:${CAM}@192.0.2.5/1"\n'
SECRETS = 'CAM = "hunter22"\n'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "doorstep.toml"
    path.write_text(CONFIG)
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(SECRETS)
    secrets.chmod(0o600)
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    engine = open_engine(catalog_url(folder))
    upgrade(engine)
    engine.dispose()
    return folder


@pytest.fixture
def desk(data: Path, config: Path) -> BackupDesk:
    return BackupDesk(data, lambda: config)


def read(made: MadeBackup) -> bytes:
    with made.file as file:
        content = file.read()
    assert len(content) == made.size
    return content


def test_with_a_passphrase_all_comes_back_also_the_secrets_that_the_page_keeps(
    desk: BackupDesk, tmp_path: Path
) -> None:
    made = desk.make(WORDS)
    assert made.name.endswith(".age")
    saved, new = tmp_path / made.name, tmp_path / "new" / "doorstep.toml"
    saved.write_bytes(read(made))
    assert b"hunter22" not in saved.read_bytes()
    new.parent.mkdir()
    restore_backup(saved, None, new, lambda: WORDS)
    assert new.read_text() == CONFIG
    assert new.with_name("secrets.toml").read_text() == SECRETS
    assert stat.S_IMODE(new.with_name("secrets.toml").stat().st_mode) == 0o600
    with pytest.raises(BackupInvalid):
        restore_backup(saved, tmp_path / "third", new, lambda: "another passphrase")


def test_without_one_no_secret_is_in_it_and_what_lacks_is_told(desk: BackupDesk, tmp_path: Path) -> None:
    made = desk.make(None)
    assert made.name.endswith(".tar.gz")
    saved, new = tmp_path / made.name, tmp_path / "new" / "doorstep.toml"
    saved.write_bytes(read(made))
    new.parent.mkdir()
    restored = restore_backup(saved, None, new, lambda: "")
    assert not new.with_name("secrets.toml").exists()
    assert any("secrets.toml" in note for note in restored.notes)


def test_nothing_of_it_stays_in_the_data_folder_but_when_it_was(desk: BackupDesk, data: Path) -> None:
    before = {path.name for path in data.iterdir()}
    read(desk.make(WORDS))
    assert {path.name for path in data.iterdir()} - before == {LAST_FILE}
    last = desk.last()
    assert last is not None
    assert last.with_secrets
    read(desk.make(None))
    later = desk.last()
    assert later is not None
    assert not later.with_secrets
    assert later.made_at >= last.made_at


def test_the_verbs_backup_is_remembered_too(desk: BackupDesk, data: Path, config: Path, tmp_path: Path) -> None:
    assert desk.last() is None
    manifest = make_backup(data, config, tmp_path / "x.age", Passphrase(WORDS, work=10), replace=False)
    assert last_backup(data) == (manifest.made_at, True)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"made_at": 5}', '{"made_at": "2026-11-21T12:00:00"}', "\0"])
def test_a_note_that_is_none_says_nothing(data: Path, content: str) -> None:
    (data / LAST_FILE).write_text(content)
    assert last_backup(data) is None


def test_a_short_passphrase_is_refused_before_anything_is_made(desk: BackupDesk) -> None:
    with pytest.raises(ConfigInvalid, match="12 letters"):
        desk.make("too short")
    assert desk.last() is None


def test_one_at_a_time(desk: BackupDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go, real = Event(), Event(), make_backup

    def slow(*args: object, **more: object) -> object:
        begun.set()
        assert go.wait(60)
        return real(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(backup_desk, "make_backup", slow)
    first: list[MadeBackup] = []
    thread = Thread(target=lambda: first.append(desk.make(None)))
    thread.start()
    assert begun.wait(60)
    with pytest.raises(BackupRunning):
        desk.make(None)
    go.set()
    thread.join(60)
    read(first[0])
    read(desk.make(None))


def test_a_catalog_of_several_boxes_is_not_backed_up_here(data: Path) -> None:
    settings = Settings(server=ServerSettings(data=data), catalog=CatalogSettings(url="postgresql://x", site="door"))
    assert "pg_dump" in backup_parts(settings, lambda: None, lambda _entry: None).why_not


def test_times_are_told_in_utc(desk: BackupDesk) -> None:
    read(desk.make(None))
    last = desk.last()
    assert last is not None
    assert abs((datetime.now(UTC) - last.made_at).total_seconds()) < 600

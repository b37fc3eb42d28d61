"""`fsck`, `backup` and `restore` as scripts run them: exit codes, and what stands on standard output."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from doorstep.app.folders import catalog_url, locked
from doorstep.catalog.engine import open_engine
from doorstep.catalog.sql import SqlCatalog
from doorstep.catalog.upgrade import upgrade
from doorstep.cli.backup import backup
from doorstep.cli.fsck import _Lines, fsck
from doorstep.cli.restore import restore
from doorstep.core.cause import Cause
from doorstep.core.errors import ConfigInvalid, DoorstepError
from doorstep.core.event import Event, EventId, Recording
from doorstep.mp4.recording import entry, header
from doorstep.stores.local import LocalStore
from fakes.footage import CAMERA, FORMAT, NOON, plain_packets, segments_of

SEGMENTS = segments_of(plain_packets(75))
LABEL = json.dumps({"event": "e1", "started_at": NOON.isoformat(), "causes": ["person"]}).encode()
VIDEO = header(FORMAT, LABEL) + b"".join(entry(*one) for one in SEGMENTS)
KEY = "front-door/2026/11/21/20261121_120000.mp4"

app = typer.Typer()
app.command("fsck")(fsck)
app.command("backup")(backup)
app.command("restore")(restore)


class House:
    """A config and a data folder with one event."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.config = folder / "doorstep.toml"

    def furnish(self) -> None:
        self.folder.mkdir()
        self.config.write_text('[server]\ndata = "data"\n', encoding="utf-8")
        blob = LocalStore(self.data / "recordings").create(KEY)
        blob.append(VIDEO)
        blob.close()
        engine = open_engine(catalog_url(self.data))
        upgrade(engine)
        recording = Recording(KEY, NOON, SEGMENTS[-1][0].ends_at, len(VIDEO))
        ended_at = SEGMENTS[-1][0].ends_at
        SqlCatalog(engine).save_event(
            Event(EventId("e1"), CAMERA, NOON, NOON, ended_at, (Cause.PERSON,), recording=recording)
        )
        engine.dispose()

    def run(self, *words: str) -> Result:
        result = CliRunner().invoke(app, [*words, "--config", str(self.config)], env={"DOORSTEP_DATA": ""})
        if isinstance(result.exception, DoorstepError):
            raise result.exception
        return result

    def rows(self, *words: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.run(*words, "--json").stdout.splitlines()]

    @property
    def video(self) -> Path:
        return self.data / "recordings" / KEY


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = House(tmp_path / "house")
    house.furnish()
    return house


def test_a_house_in_order_ends_with_0(house: House) -> None:
    checked = house.run("fsck")
    assert checked.exit_code == 0
    assert checked.stdout == f"1 events, 1 recordings, {len(VIDEO) / 1e6:.1f} MB: no faults\n"
    (summary,) = house.rows("fsck")
    assert summary == {
        "ok": True,
        "events": 1,
        "recordings": 1,
        "bytes": len(VIDEO),
        "faults": 0,
        "mended": 0,
        "notes": [],
        "server_running": False,
    }


def test_a_fault_ends_with_1_until_it_is_mended(house: House) -> None:
    house.video.write_bytes(VIDEO[:-5])
    checked = house.run("fsck")
    assert checked.exit_code == 1
    assert f"FAULT  {KEY}: " in checked.stdout
    assert "fsck --repair" in checked.stdout
    assert house.video.read_bytes() == VIDEO[:-5]
    fault, summary = house.rows("fsck", "--repair")
    assert (fault["fault"], fault["event"], summary["ok"]) == ("cut-off", "e1", True)
    assert house.run("fsck").exit_code == 0


def test_without_a_catalog_the_recordings_tell_what_it_held(house: House) -> None:
    for path in house.data.glob("doorstep.sqlite*"):
        path.unlink()
    assert [row.get("fault") for row in house.rows("fsck")] == ["catalog", "file-without-row", None]
    assert not (house.data / "doorstep.sqlite").exists()
    assert house.run("fsck", "--repair").exit_code == 0
    assert house.run("fsck").exit_code == 0


def test_beside_a_running_server_it_reads_and_refuses_to_mend(house: House) -> None:
    house.video.write_bytes(VIDEO[:-5])
    with locked(house.data):
        assert house.rows("fsck")[-1]["server_running"]
        with pytest.raises(ConfigInvalid, match="Without --repair"):
            house.run("fsck", "--repair")
    assert house.video.read_bytes() == VIDEO[:-5]


def test_a_damaged_catalog_is_said(house: House) -> None:
    path = house.data / "doorstep.sqlite"
    with closing(sqlite3.connect(path)) as database:
        (size,) = database.execute("PRAGMA page_size").fetchone()
        (number,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'events'").fetchone()
    data = bytearray(path.read_bytes())
    data[size * (number - 1) + 8 : size * number] = b"\xa5" * (size - 8)
    path.write_bytes(data)
    with pytest.raises(DoorstepError, match="damaged"):
        house.run("fsck")
    assert path.read_bytes()[: len(data)] == bytes(data)


def test_a_folder_without_anything_of_ours_is_wrong_usage(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.config.write_text('[server]\ndata = "nothing"\n', encoding="utf-8")
    for words in (["fsck"], ["fsck", "--repair"], ["backup", str(tmp_path / "b")]):
        with pytest.raises(ConfigInvalid, match="data folder"):
            house.run(*words)
    assert not (tmp_path / "nothing").exists()


def test_a_house_moves(house: House, tmp_path: Path) -> None:
    file, words = tmp_path / "house.backup", tmp_path / "words"
    words.write_text("correct horse battery staple\n", encoding="utf-8")
    (made,) = house.rows("backup", str(file), "--with-secrets", "--passphrase-file", str(words))
    assert made["encrypted"]
    assert made["bytes"] == file.stat().st_size
    new = House(tmp_path / "new")
    new.folder.mkdir()
    (told,) = new.rows("restore", str(file), "--passphrase-file", str(words))
    assert told["rows"] == made["rows"]
    assert told["data"] == str(new.data)
    assert new.config.read_text(encoding="utf-8") == house.config.read_text(encoding="utf-8")
    house.video.parent.rename(tmp_path / "video")
    (new.data / "recordings" / KEY).parent.parent.mkdir(parents=True)
    (tmp_path / "video").rename((new.data / "recordings" / KEY).parent)
    assert new.run("fsck").exit_code == 0


def test_passphrases_that_are_short_or_cannot_be_asked_are_wrong_usage(house: House, tmp_path: Path) -> None:
    file, words = tmp_path / "house.backup", tmp_path / "words"
    words.write_text("short\n", encoding="utf-8")
    with pytest.raises(ConfigInvalid, match="12 letters"):
        house.run("backup", str(file), "--passphrase-file", str(words))
    with pytest.raises(ConfigInvalid, match="--passphrase-file"):
        house.run("backup", str(file), "--with-secrets")
    assert not file.exists()


def test_a_long_check_tells_every_tenth_in_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    lines = _Lines()
    for done in range(0, 2_000_000_001, 1_000_000):
        lines(done, 2_000_000_000)
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "checked 200.0 of 2000.0 MB"
    assert len(told) == 9

"""What a server left in memory is taken up by its next start; where there can be none, another's start removes it."""

import json
import os
import shutil
from pathlib import Path

import pytest

from doorstep.app.abandoned_memory import NOTE, settle_memory
from doorstep.app.folders import locked
from fakes.loop_disk import loop_disk, needs_disk

OWN = f"doorstep-{os.geteuid()}-"


def left_behind(shared: Path, data: Path, name: str) -> Path:
    """As a server of this data folder leaves it."""
    folder = shared / f"{OWN}{name * 12}"
    (folder / "porch" / "connection").mkdir(parents=True)
    (folder / "porch" / "connection" / "0000000001.m4s").write_bytes(b"a second")
    folder.with_name(f"{folder.name}-alerts").mkdir()
    data.mkdir()
    with locked(data):
        settle_memory(folder, data, shared)
    return folder


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    (tmp_path / "shared").mkdir()
    return tmp_path / "shared"


def test_what_belongs_to_a_data_folder_that_is_gone_is_removed(shared: Path, tmp_path: Path) -> None:
    gone = left_behind(shared, tmp_path / "gone", "a")
    shutil.rmtree(tmp_path / "gone")
    mine = left_behind(shared, tmp_path / "mine", "b")
    assert sorted(path.name for path in shared.iterdir()) == [mine.name, f"{mine.name}-alerts"]
    assert not gone.exists()


def test_what_the_next_start_takes_up_stays(shared: Path, tmp_path: Path) -> None:
    killed = left_behind(shared, tmp_path / "killed", "a")
    left_behind(shared, tmp_path / "mine", "b")
    assert (killed / "porch" / "connection" / "0000000001.m4s").exists()
    assert killed.with_name(f"{killed.name}-alerts").exists()


def test_what_belongs_to_a_disk_that_is_not_mounted_stays(shared: Path, tmp_path: Path) -> None:
    needs_disk()
    with loop_disk(tmp_path / "disk", 20 << 20) as disk:
        data = disk.folder / "data"
        away = left_behind(shared, data, "a")
    assert not data.exists()
    left_behind(shared, tmp_path / "mine", "b")
    assert (away / "porch" / "connection" / "0000000001.m4s").exists()


def test_what_a_running_server_holds_stays_until_it_ends(shared: Path, tmp_path: Path) -> None:
    data = tmp_path / "pulled away"
    held = left_behind(shared, data, "a")
    with locked(data):
        shutil.rmtree(data)
        left_behind(shared, tmp_path / "mine", "b")
        assert held.exists()
    left_behind(shared, tmp_path / "another's", "c")
    assert not held.exists()


def test_what_is_not_known_to_be_ours_stays(shared: Path, tmp_path: Path) -> None:
    foreign = shared / "doorstep-61184-aaaaaaaaaaaa"
    unknown = shared / f"{OWN}cccccccccccc"
    for folder in (foreign, unknown):
        folder.mkdir()
    note = json.dumps({"path": "/nowhere/at/all", "device": Path("/").stat().st_dev, "lock": 0})
    (foreign / NOTE).write_text(note)
    (tmp_path / "film").mkdir()
    (tmp_path / "film" / NOTE).write_text(note)
    (shared / f"{OWN}dddddddddddd").symlink_to(tmp_path / "film")
    left_behind(shared, tmp_path / "mine", "b")
    assert foreign.exists()
    assert unknown.exists()
    assert (tmp_path / "film" / NOTE).exists()


def test_a_folder_of_the_owners_is_left_alone(shared: Path, tmp_path: Path) -> None:
    own = tmp_path / "my buffer"
    own.mkdir()
    settle_memory(own, tmp_path, shared)
    assert list(own.iterdir()) == []

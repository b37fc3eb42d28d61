"""Where the last minutes lie: in memory unless the owner named a disk, and in no more of it than a quarter."""

import os
from pathlib import Path

import pytest

from doorstep.app.buffer_folder import SHARED_MEMORY, boot_id, buffer_bytes, buffer_folder, buffer_note, memory_bytes
from doorstep.core.disk_kind import WEARS_OUT, DiskKind
from doorstep.core.settings import BufferSettings
from doorstep.stores.disk_kind import disk_kind

AUTO = BufferSettings()


@pytest.fixture(autouse=True)
def no_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)


def test_by_default_the_last_minutes_lie_in_memory(tmp_path: Path) -> None:
    folder = buffer_folder(AUTO, tmp_path)
    assert folder.parent == SHARED_MEMORY
    assert disk_kind(folder) is DiskKind.MEMORY
    assert folder == buffer_folder(AUTO, tmp_path)
    assert folder != buffer_folder(AUTO, tmp_path / "other")


def test_a_services_own_folder_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", f"{tmp_path / 'own'}:/elsewhere")
    assert buffer_folder(AUTO, tmp_path).parent == tmp_path / "own"


def test_a_folder_of_the_owners_choice_needs_no_word_unless_it_wears_out(tmp_path: Path) -> None:
    note = buffer_note(BufferSettings(directory=tmp_path), tmp_path)
    assert bool(note) == (disk_kind(tmp_path) in WEARS_OUT)


def test_a_disk_is_used_when_the_owner_names_it(tmp_path: Path) -> None:
    assert buffer_folder(BufferSettings(directory=tmp_path / "b"), tmp_path) == tmp_path / "b"


def test_all_buffers_have_a_quarter_of_the_memory_or_what_was_asked_for(tmp_path: Path) -> None:
    free = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize
    assert buffer_bytes(AUTO, tmp_path) <= memory_bytes() // 4
    assert buffer_bytes(BufferSettings(max_bytes=1000), tmp_path) == 1000
    assert buffer_bytes(BufferSettings(max_bytes=2**60), tmp_path) <= free


def test_a_limited_control_group_has_less_memory(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("12:memory:/old\n0::/system.slice/doorstep.service\n")
    group = tmp_path / "groups" / "system.slice" / "doorstep.service"
    group.mkdir(parents=True)
    (group / "memory.max").write_text("max\n")
    (group.parent / "memory.max").write_text("268435456\n")
    assert memory_bytes(tmp_path / "groups", mine) == 268_435_456
    assert memory_bytes(tmp_path / "none", tmp_path / "nothing") > 0


def test_the_boot_has_a_name() -> None:
    assert boot_id() == boot_id() != ""

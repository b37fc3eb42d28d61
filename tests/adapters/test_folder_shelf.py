"""The folder of the rolling buffer: what a crash, a reboot, an intruder or a full disk may do to it."""

import errno
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from doorstep.core.camera import CameraId
from doorstep.core.errors import BlobMissing, StoreFull, StoreUnavailable
from doorstep.core.segment import ConnectionId
from doorstep.shelves.folder import FolderShelf, _told_plainly
from fakes.footage import CAMERA, CONNECTION, FORMAT, plain_packets, segments_of

TWO = segments_of(plain_packets(50))
(FIRST, BYTES), (SECOND, MORE_BYTES) = TWO


def filled(folder: Path) -> FolderShelf:
    shelf = FolderShelf(folder, "boot 1")
    shelf.open(CAMERA, CONNECTION, FORMAT)
    for segment, data in TWO:
        shelf.put(segment, data)
    return shelf


def connection_folder(folder: Path) -> Path:
    return folder / CAMERA / CONNECTION


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in connection_folder(folder).iterdir())


def test_a_restarted_shelf_finds_everything(tmp_path: Path) -> None:
    before = filled(tmp_path)

    after = FolderShelf(tmp_path, "boot 1")

    assert after.reindex() == before.reindex()
    assert [len(one.segments) for one in after.reindex()] == [2]
    assert after.read(FIRST, 0, FIRST.size) == BYTES


def test_another_boot_wipes_what_was_left(tmp_path: Path) -> None:
    filled(tmp_path)

    shelf = FolderShelf(tmp_path, "boot 2")

    assert shelf.reindex() == []
    assert [path.name for path in tmp_path.iterdir()] == [".boot"]
    assert FolderShelf(tmp_path, "boot 2").reindex() == []


def test_each_segment_is_a_small_file(tmp_path: Path) -> None:
    filled(tmp_path)

    assert files(tmp_path) == ["0000000001.m4s", "0000000002.m4s", "init.mp4"]
    assert (connection_folder(tmp_path) / "0000000001.m4s").read_bytes().startswith(BYTES)


def test_nobody_else_may_look(tmp_path: Path) -> None:
    folder = tmp_path / "buffer"
    filled(folder)

    for path in (folder, folder / CAMERA, connection_folder(folder)):
        assert path.stat().st_mode & 0o777 == 0o700
    for file in connection_folder(folder).iterdir():
        assert file.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_was_open_to_others_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)

    FolderShelf(tmp_path, "boot 1")

    assert tmp_path.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("damage", ["cut off", "changed", "empty", "renamed", "of another connection", "longer name"])
def test_what_does_not_verify_is_removed(tmp_path: Path, damage: str) -> None:
    shelf = filled(tmp_path)
    path = connection_folder(tmp_path) / "0000000001.m4s"
    content = path.read_bytes()
    match damage:
        case "cut off":
            path.write_bytes(content[:-1])
        case "changed":
            path.write_bytes(content[: FIRST.size - 1] + b"?" + content[FIRST.size :])
        case "empty":
            path.write_bytes(b"")
        case "renamed":
            path.rename(path.with_name("0000000003.m4s"))
        case "longer name":
            path.rename(path.with_name("00000000001.m4s"))
        case _:
            shelf.open(CAMERA, ConnectionId("other"), FORMAT)
            shelf.put(replace(FIRST, connection=ConnectionId("other")), BYTES)
            (tmp_path / CAMERA / "other" / "0000000001.m4s").replace(path)

    (survived,) = FolderShelf(tmp_path, "boot 1").reindex()

    assert survived.segments == (SECOND,)
    assert files(tmp_path) == ["0000000002.m4s", "init.mp4"]


def test_what_was_half_written_is_removed(tmp_path: Path) -> None:
    filled(tmp_path)
    (connection_folder(tmp_path) / "0000000003.m4s.new").write_bytes(BYTES[:50])
    (tmp_path / ".boot.new").write_bytes(b"bo")

    (survived,) = FolderShelf(tmp_path, "boot 1").reindex()

    assert len(survived.segments) == 2
    assert files(tmp_path) == ["0000000001.m4s", "0000000002.m4s", "init.mp4"]


@pytest.mark.parametrize("init", [None, b"", b"rubbish"])
def test_segments_without_a_format_are_removed(tmp_path: Path, init: bytes | None) -> None:
    filled(tmp_path)
    path = connection_folder(tmp_path) / "init.mp4"
    path.unlink()
    if init is not None:
        path.write_bytes(init)

    assert FolderShelf(tmp_path, "boot 1").reindex() == []
    assert not (tmp_path / CAMERA).exists()


def test_files_that_are_not_ours_are_never_touched(tmp_path: Path) -> None:
    filled(tmp_path)
    note = connection_folder(tmp_path) / "note.txt"
    note.write_text("mine")

    FolderShelf(tmp_path, "boot 1").reindex()
    FolderShelf(tmp_path, "boot 2").reindex()

    assert note.read_text() == "mine"
    assert files(tmp_path) == ["note.txt"]


def test_a_folder_that_somebody_else_filled_is_refused(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"mine")

    with pytest.raises(StoreUnavailable, match="empty one"):
        FolderShelf(tmp_path, "boot 1")
    assert (tmp_path / "holiday.jpg").exists()


def test_a_start_that_was_interrupted_is_repeated(tmp_path: Path) -> None:
    (tmp_path / ".boot.new").write_bytes(b"bo")

    assert FolderShelf(tmp_path, "boot 1").reindex() == []


@pytest.mark.parametrize("name", ["", ".", "..", "../other", "a/b", "/etc", ".hidden", "a\0b", "a\nb", "x" * 101, "ü"])
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    shelf = FolderShelf(tmp_path / "buffer", "boot 1")
    for camera, connection in ((name, "fine"), ("fine", name)):
        elsewhere = replace(FIRST, camera=CameraId(camera), connection=ConnectionId(connection))
        with pytest.raises(StoreUnavailable, match="cannot name a folder"):
            shelf.open(elsewhere.camera, elsewhere.connection, FORMAT)
        with pytest.raises(StoreUnavailable, match="cannot name a folder"):
            shelf.put(elsewhere, BYTES)
        with pytest.raises(StoreUnavailable, match="cannot name a folder"):
            shelf.read(elsewhere, 0, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["buffer"]


def test_the_buffer_is_no_link(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    link = tmp_path / "buffer"
    link.symlink_to(target)

    with pytest.raises(StoreUnavailable, match="link"):
        FolderShelf(link, "boot 1")


def test_a_link_in_the_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    shelf = FolderShelf(tmp_path / "buffer", "boot 1")
    (tmp_path / "buffer" / CAMERA).symlink_to(target)

    with pytest.raises(StoreUnavailable, match="link"):
        shelf.open(CAMERA, CONNECTION, FORMAT)
    assert shelf.reindex() == []
    assert list(target.iterdir()) == []


def test_a_link_in_the_place_of_a_segment_is_not_followed(tmp_path: Path) -> None:
    shelf = filled(tmp_path)
    path = connection_folder(tmp_path) / "0000000001.m4s"
    secret = tmp_path / "secret"
    path.rename(secret)
    path.symlink_to(secret)

    with pytest.raises(StoreUnavailable):
        shelf.read(FIRST, 0, 1)
    assert [one.segments for one in shelf.reindex()] == [(SECOND,)]
    assert secret.exists()


def test_a_link_in_the_place_of_an_unfinished_file_is_not_followed(tmp_path: Path) -> None:
    shelf = filled(tmp_path)
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (connection_folder(tmp_path) / "0000000001.m4s.new").symlink_to(victim)

    with pytest.raises(StoreUnavailable):
        shelf.put(FIRST, BYTES)
    assert victim.read_text() == "mine"


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "buffer").write_text("mine")

    with pytest.raises(StoreUnavailable, match="cannot be used"):
        FolderShelf(tmp_path / "buffer", "boot 1")


def test_a_fragment_that_became_shorter_is_missing(tmp_path: Path) -> None:
    shelf = filled(tmp_path)
    (connection_folder(tmp_path) / "0000000001.m4s").write_bytes(BYTES[:50])

    assert shelf.read(FIRST, 0, 50) == BYTES[:50]
    with pytest.raises(BlobMissing):
        shelf.read(FIRST, 40, 20)


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_fragment_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    shelf = filled(tmp_path)
    longer = segments_of([replace(one, data=bytes(1000)) for one in plain_packets(25)])
    ((segment, data),) = longer

    with no_file_larger_than(4096), pytest.raises(StoreUnavailable):
        shelf.put(replace(segment, sequence=3), data)

    assert files(tmp_path) == ["0000000001.m4s", "0000000002.m4s", "init.mp4"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said_to_be_full(tmp_path: Path, number: int) -> None:
    with pytest.raises(StoreFull, match="full"), _told_plainly(tmp_path):
        raise OSError(number, "No space left on device")

"""What only a store of files can get wrong: rights, links, full disks, leftovers."""

import os
import resource
import stat
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from doorstep.core.disk_state import FULL_PART
from doorstep.core.errors import BlobMissing, StoreFull, StoreUnavailable
from doorstep.ports import BlobWriter
from doorstep.stores.local import LocalStore

MEBIBYTE = 1024 * 1024


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "recordings"


@pytest.fixture
def store(root: Path) -> LocalStore:
    return LocalStore(root)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def on_disk(path: Path) -> int:
    return path.stat().st_blocks * 512


def test_what_it_writes_is_counted(store: LocalStore) -> None:
    blob = store.create("a.mp4")
    blob.append(b"x" * 1000)
    blob.close()
    store.put("a.jpg", b"x" * 30)
    again = store.resume("a.mp4", 500)
    again.append(b"y")
    again.close()
    assert store.bytes_written == 1031


def test_the_disk_is_asked_without_writing_to_it(store: LocalStore, root: Path) -> None:
    before = root.stat().st_mtime_ns
    reading = store.disk_reading()
    assert 0 < reading.free <= reading.total
    assert not reading.read_only
    assert root.stat().st_mtime_ns == before
    root.rmdir()
    with pytest.raises(StoreUnavailable):
        store.disk_reading()


def test_files_and_folders_are_the_owners_alone(store: LocalStore, root: Path) -> None:
    store.create("a/b.mp4").close()
    store.put("a/c.jpg", b"x")
    assert [mode_of(root), mode_of(root / "a")] == [0o700, 0o700]
    assert [mode_of(root / "a/b.mp4"), mode_of(root / "a/c.jpg")] == [0o600, 0o600]


def test_space_is_reserved_without_a_longer_file_and_given_back_at_the_end(store: LocalStore, root: Path) -> None:
    blob = store.create("a.mp4")
    blob.append(b"x" * 100_000)
    while_growing = on_disk(root / "a.mp4")
    length = (root / "a.mp4").stat().st_size
    blob.close()
    if while_growing < 8 * MEBIBYTE:
        pytest.skip("this file system does not reserve space")
    assert length == 100_000
    assert on_disk(root / "a.mp4") < MEBIBYTE


def test_resume_gives_back_what_a_crash_left_reserved(store: LocalStore, root: Path) -> None:
    crashed = store.create("a.mp4")
    crashed.append(b"x" * 5000)
    store.resume("a.mp4", 5000).close()
    assert on_disk(root / "a.mp4") < MEBIBYTE
    crashed.close()


@pytest.mark.parametrize("link", ["file", "folder"])
def test_links_are_never_followed(store: LocalStore, root: Path, tmp_path: Path, link: str) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    if link == "file":
        root.joinpath("a").mkdir()
        root.joinpath("a", "secret").symlink_to(outside / "secret")
    else:
        root.joinpath("a").symlink_to(outside)
    assert not store.exists("a/secret")
    with pytest.raises(BlobMissing):
        store.read("a/secret", 0, 9)
    with pytest.raises(BlobMissing):
        store.resume("a/secret", 0)
    with pytest.raises(StoreUnavailable):
        store.create("a/secret")
    assert list(store.keys()) == []
    store.delete("a/secret")
    assert (outside / "secret").read_bytes() == b"secret"


def test_replacing_a_link_leaves_its_target_alone(store: LocalStore, root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(b"secret")
    (root / "still.jpg").symlink_to(tmp_path / "outside")
    store.put("still.jpg", b"picture")
    assert store.read("still.jpg", 0, 99) == b"picture"
    assert (tmp_path / "outside").read_bytes() == b"secret"


def test_a_pipe_in_the_folder_makes_nobody_wait(store: LocalStore, root: Path) -> None:
    os.mkfifo(root / "pipe")
    assert not store.exists("pipe")
    assert list(store.keys()) == []


def test_what_a_power_cut_left_of_a_put_is_not_listed(store: LocalStore, root: Path) -> None:
    store.put("a/still.jpg", b"x")
    (root / "a" / ".0123456789abcdef").write_bytes(b"half")
    assert list(store.keys()) == ["a/still.jpg"]


def test_what_belongs_to_the_disk_itself_is_passed_over(store: LocalStore, root: Path) -> None:
    store.put("a/still.jpg", b"x")
    (root / "lost+found").mkdir(mode=0)
    assert list(store.keys()) == ["a/still.jpg"]


def test_what_goes_while_it_is_listed_is_passed_over(store: LocalStore) -> None:
    for key in ("a/1/x.jpg", "a/2/x.jpg", "a/3/x.jpg"):
        store.put(key, b"x")
    keys = store.keys()
    first = next(keys)
    for key in {"a/1/x.jpg", "a/2/x.jpg", "a/3/x.jpg"} - {first}:
        store.delete(key)
    assert list(keys) == []


def test_empty_folders_go_with_their_last_recording(store: LocalStore, root: Path) -> None:
    store.put("door/2026/11/20/a.mp4", b"x")
    store.put("door/2026/11/21/b.mp4", b"x")
    store.delete("door/2026/11/20/a.mp4")
    assert [path.name for path in (root / "door/2026/11").iterdir()] == ["21"]
    store.delete("door/2026/11/21/b.mp4")
    assert list(root.iterdir()) == []


def test_folders_come_and_go_under_many_threads(store: LocalStore) -> None:
    def come_and_go(number: int) -> None:
        for turn in range(30):
            key = f"door/day/{number}-{turn}"
            store.put(key, b"x")
            store.delete(key)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(come_and_go, range(6)))
    assert list(store.keys()) == []


def test_a_disk_that_is_gone_is_no_deleted_recording(store: LocalStore, root: Path) -> None:
    root.rmdir()
    for broken in (
        lambda: store.read("a", 0, 1),
        lambda: store.exists("a"),
        lambda: store.size("a"),
        lambda: store.delete("a"),
        lambda: store.create("a"),
        lambda: list(store.keys()),
        store.free_bytes,
    ):
        with pytest.raises(StoreUnavailable):
            broken()


def test_a_root_that_is_a_file_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match="Check the disk"):
        LocalStore(tmp_path / "file")


@contextmanager
def file_limit(size: int) -> Iterator[None]:
    """The kernel writes what fits and then says EFBIG: a short write followed by an error, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_an_append_that_does_not_fit_leaves_what_was_there(store: LocalStore, root: Path) -> None:
    blob = store.create("a.mp4")
    blob.append(b"x" * 1000)
    with file_limit(1500), pytest.raises(StoreFull, match="no space left"):
        blob.append(b"y" * 1000)
    assert blob.size == (root / "a.mp4").stat().st_size == 1000
    blob.append(b"z")
    blob.close()
    assert store.read("a.mp4", 999, 99) == b"xz"


def test_a_put_that_does_not_fit_leaves_the_old_blob_and_no_leftover(store: LocalStore, root: Path) -> None:
    store.put("still.jpg", b"old")
    with file_limit(1500), pytest.raises(StoreFull):
        store.put("still.jpg", b"y" * 2000)
    assert [path.name for path in root.iterdir()] == ["still.jpg"]
    assert store.read("still.jpg", 0, 99) == b"old"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "small"
    place.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("needs the right to mount a small disk")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk_is_said_and_survived(small_disk: Path) -> None:
    store = LocalStore(small_disk / "recordings")
    blob = store.create("door/a.mp4")
    appended = 14 * 70_000
    for _ in range(14):
        blob.append(b"x" * 70_000)
    with pytest.raises(StoreFull):
        blob.append(b"x" * 70_000)
    assert blob.size == store.size("door/a.mp4") == appended
    with pytest.raises(StoreFull):
        store.put("door/a.jpg", b"x" * 100_000)
    assert list(store.keys()) == ["door/a.mp4"]
    blob.close()
    free = store.free_bytes()
    store.delete("door/a.mp4")
    assert store.free_bytes() >= free + appended
    store.put("door/a.jpg", b"x" * 100_000)


def append_until_full(blob: BlobWriter) -> None:
    for _ in range(1000):
        blob.append(b"x" * 4096)


def test_recordings_leave_room_for_the_catalogs_rows(small_disk: Path) -> None:
    store = LocalStore(small_disk / "recordings")
    running, new = store.create("door/a.mp4"), store.create("door/b.mp4")
    with pytest.raises(StoreFull):
        append_until_full(running)
    left = store.free_bytes()
    assert left >= 2**20 // FULL_PART - 4096
    with pytest.raises(StoreFull):
        new.append(b"x")
    (small_disk / "row").write_bytes(bytes(left // 2))
    store.delete("door/a.mp4")
    running.close()
    new.append(b"x")
    new.close()


def test_a_read_only_disk_is_said(small_disk: Path) -> None:
    store = LocalStore(small_disk / "recordings")
    store.put("a", b"x")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StoreUnavailable, match="Read-only"):
        store.create("b")
    with pytest.raises(StoreUnavailable):
        store.put("a", b"y")
    with pytest.raises(StoreUnavailable):
        store.delete("a")
    assert store.read("a", 0, 9) == b"x"


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_no_descriptor_is_left_open(store: LocalStore) -> None:
    before = descriptors()
    blob = store.create("a/b")
    blob.append(b"x")
    blob.close()
    store.put("a/c", b"x")
    store.read("a/c", 0, 1)
    store.resume("a/c", 1).close()
    for key in ("a", "no", "a/b/c", "a/no"):
        store.exists(key)
        with pytest.raises(BlobMissing):
            store.resume(key, 5)
    with pytest.raises(StoreUnavailable):
        store.create("a/b")
    assert descriptors() == before


def test_readers_see_whole_puts_only(store: LocalStore) -> None:
    pictures = {bytes([number]) * 50_000 for number in range(8)}
    store.put("still.jpg", min(pictures))
    over = threading.Event()

    def write() -> None:
        for _ in range(5):
            for picture in pictures:
                store.put("still.jpg", picture)
        over.set()

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        while not over.is_set():
            assert store.read("still.jpg", 0, 100_000) in pictures
        writing.result()


class GrowingBlob(RuleBasedStateMachine):
    """A blob against a plain bytes value, with a limit on its size that comes and goes."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory()
        self._store = LocalStore(Path(self._folder.name))
        self._blob: BlobWriter = self._store.create("a")
        self._model = b""

    @rule(data=st.binary(max_size=3000))
    def append(self, data: bytes) -> None:
        self._blob.append(data)
        self._model += data

    @rule(data=st.binary(min_size=2, max_size=3000), room=st.integers(0, 2999))
    def append_what_does_not_fit(self, data: bytes, room: int) -> None:
        with file_limit(len(self._model) + min(room, len(data) - 1)), pytest.raises(StoreFull):
            self._blob.append(data)

    @rule()
    def sync(self) -> None:
        self._blob.sync()

    @rule(part=st.floats(0, 1))
    def crash_and_resume(self, part: float) -> None:
        kept = int(len(self._model) * part)
        self._blob.close()
        self._blob = self._store.resume("a", kept)
        self._model = self._model[:kept]

    @invariant()
    def holds_what_was_appended(self) -> None:
        assert self._blob.size == self._store.size("a") == len(self._model)
        assert self._store.read("a", 0, len(self._model) + 1) == self._model

    def teardown(self) -> None:
        self._blob.close()
        self._folder.cleanup()


TestGrowingBlob = GrowingBlob.TestCase
TestGrowingBlob.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)

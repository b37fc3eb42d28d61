"""A small disk of its own, ext4 on a loop device, that can be filled, frozen, made read-only, and asked what it wrote.

Root alone can have one; where none can be had, `why_not` says why.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

SECTOR = 512
_PROGRAMS = ("mkfs.ext4", "e2fsck", "mount", "umount", "losetup", "fsfreeze")
_OPTIONS = "noatime,errors=remount-ro"  # the latter as distributions mount their own disk


class LoopDisk:
    """Mounted at `folder`."""

    def __init__(self, folder: Path, device: str) -> None:
        self.folder = folder
        self._device = device

    @property
    def written(self) -> int:
        """Bytes that reached the device since it was mounted, once all that waits is written: metadata, journal too."""
        _run("sync", "--file-system", str(self.folder))
        fields = Path(f"/sys/block/{Path(self._device).name}/stat").read_text().split()
        return int(fields[6]) * SECTOR

    @property
    def free(self) -> int:
        """Bytes that a program without special rights may still write."""
        there = os.statvfs(self.folder)
        return there.f_bavail * there.f_frsize

    def fill(self, space_left: int) -> Path:
        """A file that leaves no more than so many bytes, longer with each call; remove it to have space again."""
        filler = self.folder / "filler"
        with filler.open("ab", buffering=0) as file:
            with suppress(OSError):  # others may be faster
                os.posix_fallocate(file.fileno(), file.tell(), max(1, self.free - space_left))
            with suppress(OSError):  # to the last block
                while self.free > space_left:
                    file.write(bytes(4096))
        return filler

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """As the kernel does it to a card that fails; OSError while anybody has a file open for writing."""
        try:
            _run("mount", "-o", "remount,ro", str(self.folder))
        except subprocess.CalledProcessError as error:
            raise OSError(error.stderr) from error
        try:
            yield
        finally:
            _run("mount", "-o", "remount,rw", str(self.folder))

    def fail(self) -> None:
        """An error of the file system itself, after which the kernel takes no write any more until `mend`."""
        (Path("/sys/fs/ext4") / Path(self._device).name / "trigger_fs_error").write_text("1")

    def write_back(self) -> None:
        """What waits goes to the device, or is found to be unwritable; never raises."""
        with suppress(subprocess.CalledProcessError):
            _run("sync", "--file-system", str(self.folder))

    def mend(self) -> None:
        """What an owner does to a disk with errors, while nobody has a file open there."""
        _run("umount", str(self.folder))
        subprocess.run(("e2fsck", "-f", "-y", self._device), check=False, capture_output=True, timeout=300)
        _run("mount", "-o", _OPTIONS, self._device, str(self.folder))

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Whoever writes waits until it is over, as for a disk that stalls."""
        _run("fsfreeze", "--freeze", str(self.folder))
        try:
            yield
        finally:
            _run("fsfreeze", "--unfreeze", str(self.folder))


@contextmanager
def loop_disk(folder: Path, size: int) -> Iterator[LoopDisk]:
    """An empty disk of `size` bytes (at least 4 MB), mounted at `folder`, which is made; its image lies beside it."""
    folder.mkdir(mode=0o700, parents=True)
    image = folder.with_name(f"{folder.name}.img")
    with image.open("wb") as file:
        file.truncate(size)
    _run("mkfs.ext4", "-q", "-m", "0", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(image))
    device = _run("losetup", "--find", "--show", str(image))
    try:
        _run("mount", "-o", _OPTIONS, device, str(folder))
        folder.chmod(0o700)
        with suppress(OSError):
            (folder / "lost+found").rmdir()
        try:
            yield LoopDisk(folder, device)
        finally:
            _run("umount", "--lazy", str(folder))
    finally:
        _run("losetup", "--detach", device)


@lru_cache
def why_not() -> str:
    """Why there can be no such disk here; empty where there can."""
    missing = [program for program in _PROGRAMS if shutil.which(program) is None]
    if missing:
        return f"{', '.join(missing)} cannot be found"
    with TemporaryDirectory() as folder:
        try:
            with loop_disk(Path(folder) / "disk", 8 << 20) as disk, disk.frozen():
                pass
        except (subprocess.CalledProcessError, OSError):
            return "only root, with loop devices, can mount a disk"
    return ""


def needs_disk() -> None:
    """Skip the test where no disk can be had."""
    if why_not():
        pytest.skip(why_not())


def _run(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=300).stdout.strip()

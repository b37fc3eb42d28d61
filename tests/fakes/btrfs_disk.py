"""A Btrfs whose device dies: its image lies in memory that is taken away.  Root alone can have one, with mkfs.btrfs."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_BYTES = 192 << 20


class BtrfsDisk:
    """Mounted at `folder`."""

    def __init__(self, folder: Path, image: Path) -> None:
        self.folder = folder
        self._image = image

    def die(self) -> None:
        """Nothing is read from its device any more, and nothing written; the kernel finds out with the next sync."""
        os.truncate(self._image, 0)
        _run("mount", "-o", "remount,size=4k", str(self._image.parent))

    @property
    def is_read_only(self) -> bool:
        """Whether the kernel has found out; it is made to write what waits."""
        with suppress(subprocess.CalledProcessError):
            _run("sync", "--file-system", str(self.folder))
        return bool(os.statvfs(self.folder).f_flag & os.ST_RDONLY)


@contextmanager
def btrfs_disk(folder: Path) -> Iterator[BtrfsDisk]:
    """Skips the test where there can be none; what holds the image is made beside `folder`."""
    if shutil.which("mkfs.btrfs") is None:
        pytest.skip("mkfs.btrfs cannot be found")
    memory = folder.with_name(f"{folder.name}-memory")
    memory.mkdir()
    folder.mkdir(mode=0o700)
    try:
        _run("mount", "-t", "tmpfs", "-o", f"size={_BYTES + (8 << 20)}", "tmpfs", str(memory))
    except subprocess.CalledProcessError:
        pytest.skip("only root can mount a disk")
    try:
        image = memory / "image"
        with image.open("wb") as file:
            file.truncate(_BYTES)
        _run("mkfs.btrfs", "-q", str(image))
        try:
            _run("mount", "-t", "btrfs", "-o", "loop", str(image), str(folder))
        except subprocess.CalledProcessError:
            pytest.skip("only a kernel with Btrfs and loop devices can mount one")
        try:
            folder.chmod(0o700)
            yield BtrfsDisk(folder, image)
        finally:
            _run("umount", "--lazy", str(folder))
    finally:
        _run("umount", "--lazy", str(memory))


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, timeout=300)

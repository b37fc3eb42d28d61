"""Real small disks for fault tests: mounted by root alone, elsewhere the test is skipped."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest


def _done(*words: str) -> bool:
    return shutil.which(words[0]) is not None and not subprocess.run(words, capture_output=True, check=False).returncode


@contextmanager
def _mounted(folder: Path, words: Sequence[str]) -> Iterator[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    if not _done("mount", *words, str(folder)):
        pytest.skip("a small disk can be mounted by root alone")
    try:
        folder.chmod(0o700)
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def disk_in_memory(folder: Path, size: str) -> Iterator[Path]:
    """A tmpfs."""
    with _mounted(folder, ["-t", "tmpfs", "-o", f"size={size}", "tmpfs"]) as mounted:
        yield mounted


@contextmanager
def disk_in_file(folder: Path, megabytes: int) -> Iterator[Path]:
    """A journaling file system of its own, which can be frozen."""
    image = folder.with_name(f"{folder.name}.img")
    image.parent.mkdir(parents=True, exist_ok=True)
    with image.open("wb") as file:
        os.truncate(file.fileno(), megabytes * 1024 * 1024)
    if not _done("mkfs.ext4", "-q", str(image)):
        pytest.skip("there is no mkfs.ext4")
    with _mounted(folder, ["-o", "loop", str(image)]) as mounted:
        shutil.rmtree(mounted / "lost+found", ignore_errors=True)
        yield mounted


def make_read_only(folder: Path, *, read_only: bool) -> None:
    """As a kernel does to a disk with errors.  Files that are open for writing keep it from doing so."""
    word = "ro" if read_only else "rw"
    subprocess.run(["mount", "-o", f"remount,{word}", str(folder)], check=True, capture_output=True, timeout=120)


@contextmanager
def stalled(folder: Path) -> Iterator[None]:
    """Whoever writes waits; the thaw is another process's business, whatever becomes of this one."""
    words = 'fsfreeze -f "$1" && echo frozen && { read _; fsfreeze -u "$1"; }'
    command = ["sh", "-c", words, "sh", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as freezer:
        assert freezer.stdin is not None
        assert freezer.stdout is not None
        if freezer.stdout.readline() != "frozen\n":
            pytest.skip("this file system cannot be frozen here")
        try:
            yield
        finally:
            freezer.stdin.close()
            freezer.wait(120)

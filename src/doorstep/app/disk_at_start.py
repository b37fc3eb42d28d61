"""What a start needs of the data folder's disk: that it can be written, and a little space even when it is full."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from doorstep.core.errors import CatalogUnavailable, ConfigInvalid

SPARE = "spare"
SPARE_BYTES = 512 * 1024
"""SQLite opens no catalog without 32 KiB for its index, and what a crash left open takes a few rows to close."""

_LEAST_BYTES = 64 * 1024


def refuse_read_only(data: Path) -> None:
    """Raises ConfigInvalid in plain words; a folder that is not there yet is judged by where it would be made."""
    there = next((folder for folder in (data, *data.absolute().parents) if folder.exists()), Path("/"))
    if _takes_nothing(there):
        msg = (
            f"The disk of the data folder {data} is read-only, as the system makes one with errors. See `dmesg`, check "
            "the disk, and mount it for writing again; or name another folder with --data or server.data."
        )
        raise ConfigInvalid(msg)


@contextmanager
def spare_space(data: Path) -> Iterator[None]:
    """A file keeps a little of the disk; where nothing else is left, this start has it, and the next what it leaves."""
    spare = data / SPARE
    if _free_bytes(data) < SPARE_BYTES:
        with suppress(OSError):
            spare.unlink(missing_ok=True)
    else:
        _keep(spare)
    try:
        yield
    finally:
        _keep(spare)


def give_up_spare(data: Path) -> bool:
    """Rows have that space, where nothing else is left; whether it was there.  Blocks; raises nothing."""
    if _free_bytes(data) >= SPARE_BYTES or not (data / SPARE).exists():
        return False
    with suppress(OSError):
        (data / SPARE).unlink(missing_ok=True)
    return True


def keep_spare(data: Path) -> bool:
    """Take it back once there is plenty of space again; whether that was so.  Blocks; raises nothing."""
    if (data / SPARE).exists() or _free_bytes(data) < 4 * SPARE_BYTES:
        return False
    _keep(data / SPARE)
    return True


@contextmanager
def told_when_full(data: Path) -> Iterator[None]:
    """SQLite says of a full disk also that it does not answer.  Raises CatalogUnavailable, with the true reason."""
    try:
        yield
    except CatalogUnavailable as error:
        if _free_bytes(data) >= _LEAST_BYTES:
            raise
        msg = f"The disk of the data folder {data} is full, so that the catalog cannot be opened. Free some space."
        raise CatalogUnavailable(msg) from error


def _takes_nothing(folder: Path) -> bool:
    """Ext4 that stopped itself after an error no longer says that it is read-only: whoever writes is told."""
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        return True
    try:
        now = folder.stat()
        os.utime(folder, ns=(now.st_atime_ns, now.st_mtime_ns))
    except OSError as error:
        return error.errno in {errno.EROFS, errno.EIO}
    return False


def _free_bytes(folder: Path) -> int:
    there = os.statvfs(folder)
    return there.f_bavail * there.f_frsize


def _keep(spare: Path) -> None:
    """As much of it as there is; nothing where it is there already, or nothing is left."""
    size = SPARE_BYTES
    while size >= _LEAST_BYTES and not spare.exists():
        try:
            _allocate(spare, size)
        except OSError:
            with suppress(OSError):
                spare.unlink(missing_ok=True)
            size //= 2


def _allocate(path: Path, size: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, size)
    finally:
        os.close(descriptor)

"""Writing a file wholly or not at all: beside it, synced, moved into place.  A full disk leaves what was there."""

import errno
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from doorstep.hub_machine.refused import HubFull, HubRefused

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_SUFFIX: Final = ".being-written"


def write_whole(path: Path, text: str | bytes, mode: int = 0o600) -> None:
    """The file holds just this text once this returns, also after a power cut.

    Raises HubFull or HubRefused, and then the file is as it was.  A link in its place is replaced, never followed.
    """
    write_together([(path, text)], mode)


def write_together(files: Sequence[tuple[Path, str | bytes]], mode: int = 0o600) -> None:
    """All of them or none, as far as space goes: each is on the disk before the first takes its place, in this order.

    Who is killed between leaves the first ones new and the others old.  Raises as `write_whole`.
    """
    for path, text in files:
        try:
            _write_beside(path, text, mode)
        except OSError as error:
            for other, _ in files:
                with suppress(OSError):
                    _beside(other).unlink(missing_ok=True)
            raise _as_refused(path, error) from error
    for path, _ in files:
        try:
            _beside(path).replace(path)
            sync_folder(path.parent)
        except OSError as error:
            raise _as_refused(path, error) from error


def _write_beside(path: Path, text: str | bytes, mode: int) -> None:
    beside = _beside(path)
    beside.unlink(missing_ok=True)  # of one who was killed
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with os.fdopen(os.open(beside, flags, mode), "wb") as file:
        os.fchmod(file.fileno(), mode)  # whatever the umask
        file.write(text if isinstance(text, bytes) else text.encode())
        file.flush()
        os.fsync(file.fileno())


def _beside(path: Path) -> Path:
    return path.with_name(path.name + _SUFFIX)


def remove_whole(path: Path) -> None:
    """The file is gone for good; one that was not there is.  Raises HubRefused."""
    try:
        path.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        raise _as_refused(path, error) from error


def sync_folder(folder: Path) -> None:
    """What was made, moved or taken away in it is on the disk (fsync(2))."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _as_refused(path: Path, error: OSError) -> HubRefused:
    if error.errno in _FULL:
        return HubFull(f"The disk is full: {path} could not be written. What was there is kept. Free some space.")
    return HubRefused(f"{path} could not be written ({error.strerror}). What was there is kept.")

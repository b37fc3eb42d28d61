"""The catalog's file as it was before each upgrade: `NAME.before-REVISION` beside it.  The steps live in `upgrade`."""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from doorstep.catalog.copying import copy_database, opened, refuse_damaged, sync
from doorstep.catalog.kept_rows import same_rows
from doorstep.core.errors import CatalogUnavailable

SNAPSHOTS_KEPT = 3
"""Each is as large as the catalog was."""

BEFORE = ".before-"
_PART = ".part"
_SPARE_BYTES = 8 * 1024 * 1024
"""What a start writes besides."""


def snapshots(catalog: Path) -> Sequence[Path]:
    """Those that are whole, oldest first: by their revisions, which sort."""
    found = catalog.parent.glob(f"{catalog.name}{BEFORE}*")
    return sorted(path for path in found if path.suffix != _PART)


def take_snapshot(catalog: Path, target: str, growth: int) -> Path:
    """What is committed in `catalog`, in one file that was looked at page by page and is synced.

    Whoever calls keeps others from writing.  One that was made before a former try and still is the same stays, so
    that an upgrade that fails at every start writes it once.  `growth` is what the steps will need beside it.  Raises
    CatalogUnavailable: then nothing new lies there.
    """
    path = Path(f"{catalog}{BEFORE}{target}")
    unfinished = Path(f"{path}{_PART}")
    try:
        _forget_unfinished(catalog)
        is_there = _is_the_same(path, catalog)
        _refuse_full(catalog, growth + (0 if is_there else _size(catalog)))
        if is_there:
            return path
        unfinished.touch(mode=0o600)
        copy_database(catalog, unfinished)
        with opened(unfinished, "ro") as copied:
            refuse_damaged(copied)
        unfinished.replace(path)
        sync(path.parent)
    except (OSError, sqlite3.Error) as error:
        _forget_unfinished(catalog)
        msg = f"The catalog could not be copied before its upgrade. Check the rights of {catalog.parent} and its space."
        raise CatalogUnavailable(msg) from error
    except CatalogUnavailable:
        _forget_unfinished(catalog)
        raise
    return path


def forget_old_snapshots(catalog: Path) -> None:
    """Only once the steps were taken: a step that fails forever costs no snapshot.  Raises nothing."""
    for path in snapshots(catalog)[:-SNAPSHOTS_KEPT]:
        # A snapshot too many is no reason not to start.
        with suppress(OSError):
            path.unlink()


def _is_the_same(path: Path, catalog: Path) -> bool:
    if not path.is_file():
        return False
    try:
        with opened(path, "ro") as kept, opened(catalog, "rw") as now:
            refuse_damaged(kept)
            return same_rows(kept, now)
    except (sqlite3.Error, CatalogUnavailable):
        return False


def _forget_unfinished(catalog: Path) -> None:
    """Half a copy helps nobody, and on a full disk its space is missed; one may be of a try that was killed."""
    for path in catalog.parent.glob(f"{catalog.name}{BEFORE}*{_PART}*"):
        with suppress(OSError):
            path.unlink()


def _refuse_full(catalog: Path, needed: int) -> None:
    disk = os.statvfs(catalog.parent)
    free = disk.f_bavail * disk.f_frsize
    if free < needed + _SPARE_BYTES:
        msg = (
            f"The upgrade of the catalog needs {_megabytes(needed + _SPARE_BYTES)} MB of free space in {catalog.parent}"
            f", where {free // 10**6} MB are free. Free some, then start again."
        )
        raise CatalogUnavailable(msg)


def _size(catalog: Path) -> int:
    """With what waits in its log."""
    return sum(path.stat().st_size for path in (catalog, Path(f"{catalog}-wal")) if path.exists())


def _megabytes(size: int) -> int:
    return -(-size // 10**6)

"""The catalog's file as it was before each upgrade: `NAME.before-REVISION` beside it.  The steps live in `upgrade`."""

import os
import re
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from doorstep.catalog.copying import STEP, copy_database, make_beside, opened, refuse_damaged, sync
from doorstep.catalog.kept_rows import same_rows
from doorstep.core.errors import CatalogUnavailable

SNAPSHOTS_KEPT = 3
"""Each is as large as the catalog was."""

BEFORE = ".before-"
_PART = ".part"
_UNFINISHED = re.compile(rf"{STEP.pattern}\.part(?:-journal|-wal|-shm)?")
_SPARE_BYTES = 8 * 1024 * 1024
"""What a start writes besides."""


def snapshots(catalog: Path) -> Sequence[Path]:
    """Those that are whole, oldest first: by the steps they were taken for, which sort.  Raises OSError.

    What somebody calls `NAME.before-the-holidays` is none of ours.
    """
    return _called(catalog, STEP)


def made_for(snapshot: Path) -> str:
    """The last step of the upgrade that it was taken before."""
    return snapshot.name.rpartition(BEFORE)[2]


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
        _refuse_full(catalog, growth + (0 if is_there else size_of(catalog)))
        if is_there:
            return path
        make_beside(unfinished, catalog)
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
    # A snapshot too many is no reason not to start.
    with suppress(OSError):
        for path in snapshots(catalog)[:-SNAPSHOTS_KEPT]:
            path.unlink()


def size_of(catalog: Path) -> int:
    """With what waits in its log."""
    return sum(path.stat().st_size for path in (catalog, Path(f"{catalog}-wal")) if path.exists())


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
    with suppress(OSError):
        for path in _called(catalog, _UNFINISHED):
            path.unlink()


def _called(catalog: Path, what: re.Pattern[str]) -> list[Path]:
    """Raises OSError."""
    begin = f"{catalog.name}{BEFORE}"
    found = (path for path in catalog.parent.iterdir() if path.name.startswith(begin))
    return sorted(path for path in found if what.fullmatch(path.name.removeprefix(begin)))


def _refuse_full(catalog: Path, needed: int) -> None:
    disk = os.statvfs(catalog.parent)
    free = disk.f_bavail * disk.f_frsize
    if free < needed + _SPARE_BYTES:
        msg = (
            f"The upgrade of the catalog needs {_megabytes(needed + _SPARE_BYTES)} MB of free space in {catalog.parent}"
            f", where {free // 10**6} MB are free. Free some, then start again."
        )
        raise CatalogUnavailable(msg)


def _megabytes(size: int) -> int:
    return -(-size // 10**6)

"""Puts a snapshot of before an upgrade in the catalog's place.  Nothing of the catalog that lies there is lost."""

import os
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from doorstep.catalog.copying import check_catalog, copy_database, opened, sync
from doorstep.catalog.engine import catalog_errors
from doorstep.catalog.snapshots import snapshots
from doorstep.core.errors import CatalogUnavailable

AFTER = ".after-"
_PART = ".part"
_IN_USE = "The catalog is in use by another program. Stop Doorstep and its commands, then try again."


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One that is whole: its last step, how many rows each table has, its size in bytes."""

    path: Path
    revision: str
    rows: dict[str, int]
    size: int


def whole_snapshots(catalog: Path) -> list[Snapshot]:
    """Newest first; every page of each was looked at, and what is damaged or no catalog is left out."""
    found = []
    for path in snapshots(catalog):
        with suppress(CatalogUnavailable, OSError):
            file = check_catalog(path)
            found.append(Snapshot(path, file.revision, dict(file.rows), path.stat().st_size))
    return sorted(found, key=lambda one: one.revision, reverse=True)


def newer_events(catalog: Path, snapshot: Path) -> int:
    """How many events the catalog has that the snapshot has not.  Raises CatalogUnavailable."""
    with catalog_errors(), opened(catalog, "rw") as now, opened(snapshot, "ro") as then:
        return len(_events(now) - _events(then))


def put_back(catalog: Path, snapshot: Path) -> Path:
    """Make `catalog` the same as the snapshot, which stays, and return where the catalog of now went.

    That is `NAME.after-REVISION` beside it, or with a number where there is one already.  At every moment one of both
    lies in the catalog's place, whole.  Nobody may have it open.  Raises CatalogUnavailable, OSError: then the catalog
    is as it was.
    """
    with catalog_errors():
        after = _settled(catalog)
        made = Path(f"{catalog}{_PART}")
        made.unlink(missing_ok=True)
        try:
            made.touch(mode=0o600)
            copy_database(snapshot, made)
            check_catalog(made)
            aside = _kept_as(catalog, after)
            made.replace(catalog)
        except (OSError, CatalogUnavailable, sqlite3.Error):
            with suppress(OSError):
                made.unlink(missing_ok=True)
            raise
        sync(catalog.parent)
    return aside


def _settled(catalog: Path) -> str:
    """In one file alone: what a killed process left in a log beside it would be taken for the snapshot's own.

    Its last step.
    """
    with opened(catalog, "rw") as database:
        revision = check_catalog(catalog).revision
        try:
            mode = database.execute("PRAGMA journal_mode = DELETE").fetchone()
        except sqlite3.OperationalError:
            raise CatalogUnavailable(_IN_USE) from None
    if mode != ("delete",) or Path(f"{catalog}-wal").exists():
        raise CatalogUnavailable(_IN_USE)
    sync(catalog.parent)
    return revision


def _kept_as(catalog: Path, revision: str) -> Path:
    """Under a second name, so that it is in its place until the snapshot is."""
    number = 1
    while True:
        aside = Path(f"{catalog}{AFTER}{revision}{'' if number == 1 else f'-{number}'}")
        number += 1
        if aside.exists() and aside.samefile(catalog):  # of a try that was killed
            return aside
        if not os.path.lexists(aside):
            break
    try:
        os.link(catalog, aside)
    except OSError:  # some file systems know no second names
        _copied(catalog, aside)
    sync(catalog.parent)
    return aside


def _copied(catalog: Path, aside: Path) -> None:
    made = Path(f"{aside}{_PART}")
    made.unlink(missing_ok=True)
    made.touch(mode=0o600)
    copy_database(catalog, made)
    made.replace(aside)


def _events(database: sqlite3.Connection) -> set[str]:
    return {str(name) for (name,) in database.execute("SELECT id FROM events")}

"""Puts a snapshot of before an upgrade in the catalog's place.  Nothing of the catalog that lies there is lost."""

import os
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from doorstep.catalog.copying import check_catalog, copy_database, last_step, make_beside, opened, refuse_damaged, sync
from doorstep.catalog.engine import catalog_errors
from doorstep.catalog.snapshots import made_for, snapshots
from doorstep.core.errors import CatalogUnavailable

AFTER = ".after-"
_PART = ".part"
_IN_USE = "The catalog is in use by another program. Stop Doorstep and its commands, then try again."


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One that is whole: its last step, that of the upgrade it was taken before, rows of each table, size in bytes."""

    path: Path
    revision: str
    made_for: str
    rows: dict[str, int]
    size: int


def whole_snapshots(catalog: Path) -> list[Snapshot]:
    """Newest first; every page was looked at, and what is damaged or no catalog is left out.  Raises OSError."""
    found = []
    for path in snapshots(catalog):
        with suppress(CatalogUnavailable, OSError):
            file = check_catalog(path)
            found.append(Snapshot(path, file.revision, made_for(path), dict(file.rows), path.stat().st_size))
    return found[::-1]


def last_step_of(catalog: Path) -> str:
    """Its last step, also of a newer Doorstep's.  Raises CatalogUnavailable."""
    with catalog_errors(), opened(catalog, "rw") as database:
        return last_step(database)


def newer_events(catalog: Path, snapshot: Path) -> int:
    """How many events the catalog has that the snapshot has not.  Raises CatalogUnavailable."""
    there = f"{snapshot.absolute().as_uri()}?mode=ro"
    with catalog_errors(), opened(catalog, "rw") as both:
        both.execute("ATTACH ? AS kept", (there,)).close()
        found = both.execute("SELECT count(*) FROM (SELECT id FROM main.events EXCEPT SELECT id FROM kept.events)")
        return int(found.fetchone()[0])


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
            make_beside(made, catalog)
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
        revision = last_step(database)
        refuse_damaged(database)
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
    make_beside(made, catalog)
    copy_database(catalog, made)
    made.replace(aside)

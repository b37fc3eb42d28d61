"""The catalog's SQLite file copied while it is used, and looked at before it is trusted.  Steps live in `upgrade`."""

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from doorstep.catalog.engine import catalog_errors
from doorstep.catalog.tables import Base
from doorstep.core.errors import CatalogUnavailable

_BUSY_SECONDS = 5.0
REVISIONS = "alembic_version"
"""The table that says which step was taken last."""

_DAMAGED = "The catalog is damaged. Run `doorstep fsck`, or restore a backup."
NOT_OURS = "This database is no catalog of Doorstep: it holds something that none has. It was not used."


@dataclass(frozen=True, slots=True)
class CatalogFile:
    """The last step that was taken, and how many rows each table has."""

    revision: str
    rows: Mapping[str, int]


def copy_catalog(source: Path, target: Path, empty: Sequence[str] = ()) -> CatalogFile:
    """One state of the catalog, while others read and write it, in one file that is whole alone and was checked.

    `target` exists, is empty and keeps its mode.  Nothing that was deleted is in it, and no page is empty: what is
    only zeros by the million would look like a bomb to a restore.  Blocks; a writer waits for nothing
    (sqlite.org/lang_vacuum.html, VACUUM INTO reads in one transaction).  Tables named in `empty` come without rows.
    Raises CatalogUnavailable, OSError.
    """
    with catalog_errors(), opened(source, "rw") as database:
        refuse_damaged(database)
        database.execute("VACUUM INTO ?", (str(target),)).close()
    if empty:
        with catalog_errors(), opened(target, "rw") as copied:
            found = {name for (name,) in copied.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            for name in found.intersection(empty):
                copied.execute(f'DELETE FROM "{name}"').close()  # noqa: S608 - one of our own names
            copied.commit()
            copied.execute("VACUUM").close()  # no page of them stays
    sync(target)
    return check_catalog(target)


def copy_database(source: Path, target: Path) -> None:
    """By SQLite's online backup, and synced.  Raises CatalogUnavailable, OSError."""
    with catalog_errors(), opened(source, "rw") as old, opened(target, "rw") as new:
        old.backup(new)
        # Out of WAL mode: the copy needs no second file beside it.
        new.execute("PRAGMA journal_mode = DELETE").close()
    sync(target)


def check_catalog(path: Path) -> CatalogFile:
    """What a catalog's file is, every page of it looked at; it may come from anywhere.

    Tables and indexes that Doorstep knows are all that it may hold: no trigger or view runs later.  Raises
    CatalogUnavailable.
    """
    with catalog_errors(), opened(path, "ro") as database:
        for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "query_only = ON"):
            database.execute(f"PRAGMA {pragma}").close()
        found = database.execute("SELECT type, name FROM sqlite_master").fetchall()
        tables = {name for kind, name in found if kind == "table" and not name.startswith("sqlite_")}
        if any(kind not in {"table", "index"} for kind, _ in found) or not tables <= _known_tables():
            raise CatalogUnavailable(NOT_OURS)
        if REVISIONS not in tables:
            raise CatalogUnavailable(NOT_OURS)
        refuse_damaged(database)
        revision = database.execute(f"SELECT version_num FROM {REVISIONS}").fetchone()  # noqa: S608 - a constant
        rows = {name: _count(database, name) for name in sorted(tables - {REVISIONS})}
    if revision is None:
        raise CatalogUnavailable(NOT_OURS)
    return CatalogFile(str(revision[0]), rows)


def sync(path: Path) -> None:
    """A file's bytes, or a folder's names, survive a power cut from here on.  Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def opened(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    """Never made by opening it.  Raises sqlite3.Error."""
    address = f"{path.absolute().as_uri()}?mode={mode}"
    with closing(sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS)) as connection:
        yield connection


def refuse_damaged(database: sqlite3.Connection) -> None:
    """Looks at every page.  Raises CatalogUnavailable, sqlite3.Error."""
    if database.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
        raise CatalogUnavailable(_DAMAGED)


def _known_tables() -> set[str]:
    return {*Base.metadata.tables, REVISIONS}


def _count(database: sqlite3.Connection, table: str) -> int:
    return int(database.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])  # noqa: S608 - one of our own names

"""The catalog's SQLite file copied while it is used, and looked at before it is trusted.  Steps live in `upgrade`."""

import os
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from doorstep.catalog.engine import catalog_errors
from doorstep.catalog.tables import HEAD, Base
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.releases import RELEASES

_BUSY_SECONDS = 5.0
REVISIONS = "alembic_version"
"""The table that says which step was taken last."""

STEPS_TAKEN = f"SELECT version_num FROM {REVISIONS} LIMIT 2"  # noqa: S608 - a constant
"""Doorstep keeps one row; two are another program's."""

STEP = re.compile(r"[0-9]{4}")
"""How a step is called: by its number."""

_DAMAGED = "The catalog is damaged. Run `doorstep fsck`, or restore a backup."
NOT_OURS = "This database is no catalog of Doorstep: it holds something that none has. It was not used."
NEWER = (
    "The catalog was written by a newer Doorstep. Install that version again, or put back the copy of before with "
    f"`doorstep downgrade --to {RELEASES[-1][0]}`."
)


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
            raise CatalogUnavailable(NEWER if _is_newer(database, tables) else NOT_OURS)
        refuse_damaged(database)
        rows = {name: _count(database, name) for name in sorted(tables - {REVISIONS})}
        return CatalogFile(last_step(database), rows)


def last_step(database: sqlite3.Connection) -> str:
    """The number of it, also of a Doorstep to come.  Raises sqlite3.Error, CatalogUnavailable for what is not ours."""
    try:
        found = database.execute(STEPS_TAKEN).fetchall()
    except sqlite3.OperationalError as error:
        if code_of(error) != sqlite3.SQLITE_ERROR:
            raise
        found = []  # there is no such table, or no text that can be read
    if len(found) != 1 or not STEP.fullmatch(str(found[0][0])):
        raise CatalogUnavailable(NOT_OURS)
    return str(found[0][0])


def code_of(error: sqlite3.Error) -> int:
    """SQLite's primary result code; Python's own errors, such as of a text that is no UTF-8, pass as little as a
    statement that does not fit.
    """
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & 0xFF


def _is_newer(database: sqlite3.Connection, tables: set[str]) -> bool:
    return REVISIONS in tables and last_step(database) > HEAD


def make_beside(path: Path, catalog: Path) -> None:
    """An empty file for the catalog's owner alone, also where root asks for it; there is none of that name.

    The owner may write the folder: what he lays there meanwhile, such as a link, is not given to him.  Raises OSError.
    """
    owner = catalog.stat()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        if (owner.st_uid, owner.st_gid) != (os.geteuid(), os.getegid()):
            with suppress(OSError):  # as SQLite does with its log
                os.fchown(descriptor, owner.st_uid, owner.st_gid)
    finally:
        os.close(descriptor)


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

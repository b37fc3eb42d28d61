"""Brings a database to the shape that `tables` describes.  The steps themselves are in `migrations`."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from doorstep.catalog.copying import NOT_OURS, REVISIONS, opened, refuse_damaged
from doorstep.catalog.engine import catalog_errors
from doorstep.catalog.kept_rows import lost_rows
from doorstep.catalog.postgres import wait_for_turn
from doorstep.catalog.site_session import site_of_engine
from doorstep.catalog.snapshots import forget_old_snapshots, take_snapshot
from doorstep.catalog.tables import HEAD
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.site import SiteName

_MADE_ANEW = "0009"
"""The last step that makes every table anew; those after it add."""

_OUR_REVISION = re.compile(r"[0-9]{4}")

_OF_STEP = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT})
"""What SQLite says of a statement that does not fit the database."""

_AS_IT_WAS = "Nothing was changed: the Doorstep from before runs on it as ever."
_NEWER = "The catalog was written by a newer Doorstep. Install that version again, or restore a backup."
_FAILED = "A step of the catalog's upgrade failed. Install the Doorstep from before again, and report this."


def upgrade(engine: Engine, to: str = "head") -> Path | None:
    """Take every step that the database still needs, all or none, and return the snapshot taken before, if one was.

    Of a file that already holds rows: others may read and not write meanwhile, it is copied to `NAME.before-REVISION`
    beside it, and what came out of the steps is held against that copy, page by page and row by row, before it counts.
    The newest three snapshots stay.  PostgreSQL is copied by whoever looks after it; of two boxes that come at once
    one waits for the other.  Raises CatalogUnavailable, also when a newer Doorstep or another program wrote the
    database: then it is as it was.
    """
    target = HEAD if to == "head" else to
    with catalog_errors():
        current = revision(engine)
        if current == target:
            return None
        _refuse_unfit(engine, current)
        if current is None or (path := file_of(engine)) is None:
            with engine.begin() as connection:
                _take(connection, target, site_of_engine(engine))
            return None
    try:
        with catalog_errors():
            return _upgrade_file(engine, path, target)
    except CatalogUnavailable as error:
        msg = f"{error} {_AS_IT_WAS}"
        raise CatalogUnavailable(msg) from error


def revision(engine: Engine) -> str | None:
    """The last step that the database says was taken; None for a new one.  Raises CatalogUnavailable."""
    with catalog_errors(), engine.connect() as connection:
        return _revision(connection)


def file_of(engine: Engine) -> Path | None:
    """Where the database lies, if it is a file."""
    name = engine.url.database
    return Path(name) if engine.dialect.name == "sqlite" and name and name != ":memory:" else None


def _upgrade_file(engine: Engine, path: Path, target: str) -> Path | None:
    # In the database itself, not in a copy that takes its place: whoever has it open, such as `doorstep users` or a
    # server that nobody stopped, would go on writing to a file that is no catalog any more.
    with engine.begin() as connection:
        current = _revision(connection)
        if current == target:  # another was faster
            return None
        growth = 3 * path.stat().st_size if str(current) < _MADE_ANEW else 0
        snapshot = take_snapshot(path, target, growth)
        with _step_errors():
            _take(connection, target, site_of_engine(engine))
        _refuse_loss(snapshot, connection)
    forget_old_snapshots(path)
    return snapshot


def _refuse_loss(snapshot: Path, connection: Connection) -> None:
    """What was not committed yet, against the copy of before.  Raises CatalogUnavailable, sqlite3.Error."""
    after = connection.connection.driver_connection
    if not isinstance(after, sqlite3.Connection):
        msg = "snapshots are of SQLite"
        raise TypeError(msg)
    refuse_damaged(after)
    with opened(snapshot, "ro") as before:
        lost = [*lost_rows(before, after), *(["references"] if _orphans(after) > _orphans(before) else [])]
    if lost:
        msg = f"The catalog's upgrade would have lost something of {', '.join(lost)}, so it was undone. Report this."
        raise CatalogUnavailable(msg)


def _orphans(database: sqlite3.Connection) -> int:
    return len(database.execute("PRAGMA foreign_key_check").fetchall())


@contextmanager
def _step_errors() -> Iterator[None]:
    """A step that does not fit is nothing that passes.  Raises CatalogUnavailable, or what came."""
    try:
        yield
    except DBAPIError as error:
        if (getattr(error.orig, "sqlite_errorcode", 0) & 0xFF) in _OF_STEP:
            raise CatalogUnavailable(_FAILED) from error
        raise


def _take(connection: Connection, target: str, site: SiteName) -> None:
    # Alembic is imported only where there are steps to take: it costs a quarter of a start.
    from doorstep.catalog.migrations import steps  # noqa: PLC0415

    if connection.dialect.name == "postgresql":
        wait_for_turn(connection)
        current = _revision(connection)
        if current == target:
            return
        _refuse_newer(current)
    steps.take(connection, target, site)


def _refuse_unfit(engine: Engine, current: str | None) -> None:
    """A database of others is not made ours.  Raises CatalogUnavailable."""
    if current is not None:
        _refuse_newer(current)
    elif file_of(engine) is not None:
        with engine.connect() as connection:
            if set(inspect(connection).get_table_names()) - {REVISIONS}:
                raise CatalogUnavailable(NOT_OURS)


def _refuse_newer(current: str | None) -> None:
    from doorstep.catalog.migrations import steps  # noqa: PLC0415 - as above

    if current and current not in steps.known():
        raise CatalogUnavailable(_NEWER if _OUR_REVISION.fullmatch(current) else NOT_OURS)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(REVISIONS):
        return None
    return connection.execute(text(f"SELECT version_num FROM {REVISIONS}")).scalar()  # noqa: S608 - a constant

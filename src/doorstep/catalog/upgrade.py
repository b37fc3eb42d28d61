"""Brings a database to the shape that `tables` describes.  The steps themselves are in `migrations`."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from doorstep.catalog.copying import NEWER, NOT_OURS, REVISIONS, STEP, STEPS_TAKEN, code_of, opened, refuse_damaged
from doorstep.catalog.engine import catalog_errors
from doorstep.catalog.kept_rows import lost_rows
from doorstep.catalog.new_file import make_anew
from doorstep.catalog.postgres import wait_for_turn
from doorstep.catalog.site_session import site_of_engine
from doorstep.catalog.snapshots import forget_old_snapshots, size_of, take_snapshot
from doorstep.catalog.tables import HEAD, Base
from doorstep.core.errors import CatalogAway, CatalogUnavailable
from doorstep.core.site import SiteName

_MADE_ANEW = "0009"
"""The last step that makes every table anew; those after it add."""

_OF_STEP = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT})
"""What SQLite says of a statement that does not fit the database."""

_OF_STEP_IN_POSTGRES = re.compile(r"(?:22|23|42(?!501))[0-9A-Z]{3}")
"""The same of PostgreSQL, by SQLSTATE: what is kept does not fit the statement; 42501 is a right that it lacks."""

_AS_IT_WAS = "Nothing was changed: the Doorstep from before runs on it as ever."
_NEWER_IN_POSTGRES = (
    "The catalog was written by a newer Doorstep. Install that version again, or bring back what `pg_dump` made before."
)
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
    current = fit_revision(engine)
    if current == target:
        return None
    if current is None:
        with catalog_errors():
            _take_all(engine, target)
        return None
    path = file_of(engine)
    try:
        with catalog_errors():
            if path is not None:
                return _upgrade_file(engine, path, target)
            _take_all(engine, target)
    except CatalogAway:  # in the middle of its commit, perhaps: nobody knows
        raise
    except CatalogUnavailable as error:
        msg = f"{error} {_AS_IT_WAS}"
        raise CatalogUnavailable(msg) from (None if path is None else error)
    return None


def revision(engine: Engine) -> str | None:
    """The last step that the database says was taken; None for a new one.  Waits for no writer.

    Raises CatalogUnavailable.
    """
    with catalog_errors(), engine.connect() as connection:
        return _revision(connection.execution_options(reading=True))


def fit_revision(engine: Engine) -> str | None:
    """The same of a database that `upgrade` would take or leave as it is.

    Raises CatalogUnavailable for one that a newer Doorstep or another program wrote.
    """
    with catalog_errors(), engine.connect() as connection:
        found = _revision(connection.execution_options(reading=True))
        if found is None and _holds_others(connection):
            found = _revision(connection)  # another box, or a command, may have made them in this moment
            if found is None:
                raise CatalogUnavailable(NOT_OURS)
        if found != HEAD:
            _refuse_newer(connection, found)
        return found


def file_of(engine: Engine) -> Path | None:
    """Where the database lies, if it is a file; behind links, for SQLite keeps its log there too."""
    name = engine.url.database
    return Path(name).resolve() if engine.dialect.name == "sqlite" and name and name != ":memory:" else None


def _holds_others(connection: Connection) -> bool:
    """In a PostgreSQL other programs may keep their tables beside ours."""
    tables = set(inspect(connection).get_table_names())
    return bool(tables - {REVISIONS} if connection.dialect.name == "sqlite" else tables & set(Base.metadata.tables))


def _take_all(engine: Engine, target: str) -> None:
    """In one transaction, without a copy."""
    with engine.begin() as connection, _step_errors():
        _take(connection, target, site_of_engine(engine))


def _upgrade_file(engine: Engine, path: Path, target: str) -> Path | None:
    # In the database itself, not in a copy that takes its place: whoever has it open, such as `doorstep users` or a
    # server that nobody stopped, would go on writing to a file that is no catalog any more.
    with engine.begin() as connection:
        current = _revision(connection)
        if current == target:  # another was faster
            return None
        _refuse_newer(connection, current)
        growth = 3 * size_of(path) if str(current) < _MADE_ANEW else 0
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
    return sum(1 for _ in database.execute("PRAGMA foreign_key_check"))


@contextmanager
def _step_errors() -> Iterator[None]:
    """A step that does not fit is nothing that passes.  Raises CatalogUnavailable, or what came."""
    try:
        yield
    except DBAPIError as error:
        if not _does_not_fit(error):
            raise
        # PostgreSQL's errors quote the rows
        raise CatalogUnavailable(_FAILED) from (error if isinstance(error.orig, sqlite3.Error) else None)
    except SQLAlchemyError as error:  # a table or an index that a step expects is not there
        raise CatalogUnavailable(_FAILED) from error


def _does_not_fit(error: DBAPIError) -> bool:
    if isinstance(error.orig, sqlite3.Error):
        return code_of(error.orig) in _OF_STEP
    return _OF_STEP_IN_POSTGRES.fullmatch(getattr(error.orig, "sqlstate", None) or "") is not None


def _take(connection: Connection, target: str, site: SiteName) -> None:
    if target == HEAD and connection.dialect.name == "sqlite" and _revision(connection) is None:
        make_anew(connection)
        return
    # Alembic is imported only where there are steps to take: it costs a quarter of a start and, for ever, 12 MiB.
    from doorstep.catalog.migrations import steps  # noqa: PLC0415

    if connection.dialect.name == "postgresql":
        wait_for_turn(connection)
        current = _revision(connection)
        if current == target:
            return
        _refuse_newer(connection, current)
    steps.take(connection, target, site)


def _refuse_newer(connection: Connection, current: str | None) -> None:
    if current is None:
        return
    from doorstep.catalog.migrations import steps  # noqa: PLC0415 - as above

    if current not in steps.known():
        newer = NEWER if connection.dialect.name == "sqlite" else _NEWER_IN_POSTGRES
        raise CatalogUnavailable(newer if STEP.fullmatch(current) else NOT_OURS)


def _revision(connection: Connection) -> str | None:
    """Raises CatalogUnavailable for a table of that name that is not ours."""
    if not inspect(connection).has_table(REVISIONS):
        return None
    try:
        found = connection.execute(text(STEPS_TAKEN)).scalars().all()
    except DBAPIError as error:
        if not _does_not_fit(error):
            raise
        raise CatalogUnavailable(NOT_OURS) from None
    if len(found) > 1:
        raise CatalogUnavailable(NOT_OURS)
    return str(found[0]) if found else None

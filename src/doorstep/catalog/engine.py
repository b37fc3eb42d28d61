"""How the catalog's database is opened.  What is kept in it stands in `tables`."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.pool import ConnectionPoolEntry

from doorstep.catalog import postgres
from doorstep.catalog.read_only_disk import refuse_deadly_disk
from doorstep.catalog.site_session import ENGINES_SITE, SiteSession, site_of_engine
from doorstep.core.errors import CatalogAway, CatalogUnavailable
from doorstep.core.site import HOME, SiteName

_BUSY_SECONDS = 5
_MEMORY = ":memory:"
_ADDRESS = (
    "The catalog's address cannot be used. Write it as postgresql://USER:PASSWORD@HOST/DATABASE, with any sign in the "
    "password that is no letter or digit as % and its code."
)
_CACHE_KIB = 512
"""Of pages, for each connection; 2,000 by itself.  Whatever another one writes empties it, so more is only memory."""
_STATEMENTS = 48
"""Kept as compiled, for each connection; 128 by itself."""
# A commit must survive a power cut, so synchronous=FULL: in WAL mode NORMAL loses the newest commits.
_PRAGMAS = (
    f"busy_timeout = {_BUSY_SECONDS * 1000}",
    "journal_mode = WAL",
    "synchronous = FULL",
    f"cache_size = -{_CACHE_KIB}",
    "foreign_keys = ON",
    "trusted_schema = OFF",
)
# The primary result codes of SQLite (sqlite.org/rescode.html) that the owner can do something about.
_WORDS = {
    sqlite3.SQLITE_FULL: "The catalog cannot grow: its disk is full. Free some space.",
    sqlite3.SQLITE_READONLY: "The catalog cannot be written. Check the rights of the data folder and its disk.",
    sqlite3.SQLITE_CANTOPEN: "The catalog cannot be opened. Check that the data folder exists and its rights.",
    sqlite3.SQLITE_BUSY: "The catalog is in use by another program for too long. Try again.",
    sqlite3.SQLITE_IOERR: "The catalog's disk does not answer. Check the disk.",
    sqlite3.SQLITE_CORRUPT: "The catalog is damaged. Restore it from a backup.",
    sqlite3.SQLITE_NOTADB: "The catalog's file is not a database. Restore it from a backup.",
}


def sqlite_url(path: Path) -> str:
    """The address of a catalog in one file."""
    return f"sqlite:///{path.absolute()}"


def open_engine(url: str, site: SiteName = HOME, away: Callable[[], str] | None = None) -> Engine:
    """The database at `url`, for `upgrade` and the catalogs, whose rows are those of `site`.

    An address of SQLite, whose file is made, mode 0600, if there is none, or of PostgreSQL.  Thread-safe; whoever
    opened it calls `dispose`.  With `away` it is not reached now, and whoever uses it gets CatalogAway with those
    words for as long as there are any.  Raises CatalogUnavailable.
    """
    address = _address(url)
    is_postgres = postgres.is_postgres(address)
    options = postgres.engine_options(address) if is_postgres else {"connect_args": {"cached_statements": _STATEMENTS}}
    try:
        engine = create_engine(
            address.set(drivername=postgres.DRIVER) if is_postgres else address,
            hide_parameters=True,
            pool_timeout=2 * _BUSY_SECONDS,
            pool_use_lifo=True,  # so that the memory of all but one or two connections stays small
            execution_options={ENGINES_SITE: site},
            **options,
        )
    except ModuleNotFoundError:
        raise postgres.no_driver() from None
    except (ArgumentError, NoSuchModuleError):
        raise CatalogUnavailable(_ADDRESS) from None
    if is_postgres:
        postgres.prepare(engine)
    else:
        _prepare_file(engine, address)
    if away is None:
        _reach(engine)
    else:
        _refuse_while(engine, away)
    return engine


@contextmanager
def catalog_errors() -> Iterator[None]:
    """Raises CatalogUnavailable in place of anything that the database or its driver reports in its block."""
    try:
        yield
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise CatalogUnavailable(_words_for(error.orig)) from error
        # Without its cause: PostgreSQL's errors quote the rows, and those of its driver a mistyped address.
        raise postgres.error_for(error.orig) from None
    except sqlite3.Error as error:
        raise CatalogUnavailable(_words_for(error)) from error
    except (PoolTimeoutError, StaleDataError) as error:  # the latter: another writer removed the row meanwhile
        raise CatalogUnavailable(_WORDS[sqlite3.SQLITE_BUSY]) from error


@contextmanager
def reading(engine: Engine) -> Iterator[SiteSession]:
    """A session that sees one state of the catalog and waits for no writer.  Raises CatalogUnavailable."""
    with catalog_errors(), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            # Not also as read-only: what SQLAlchemy undoes of that lifts the read-only mode that an owner chose.
            connection.execution_options(isolation_level="REPEATABLE READ")
        with SiteSession(connection.execution_options(reading=True), site_of_engine(engine)) as session:
            yield session


@contextmanager
def writing(engine: Engine) -> Iterator[SiteSession]:
    """A session that is committed at the end, all or nothing.  Raises CatalogUnavailable."""
    with catalog_errors(), SiteSession(engine, site_of_engine(engine)) as session, session.begin():
        yield session


def _address(url: str) -> URL:
    """Raises CatalogUnavailable, without its cause: SQLAlchemy quotes the address, and that may hold a password."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise CatalogUnavailable(_ADDRESS) from None
    if address.get_backend_name() != "sqlite" and not postgres.is_postgres(address):
        raise CatalogUnavailable(_ADDRESS)
    return address


def _prepare_file(engine: Engine, address: URL) -> None:
    if address.database not in {None, "", _MEMORY}:
        path = Path(str(address.database)).resolve()  # behind links: its log lies there too
        _make_private(path)
        _watch_disk(engine, path.parent)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)


def _refuse_while(engine: Engine, away: Callable[[], str]) -> None:
    def refuse(*_: object) -> None:
        if words := away():
            raise CatalogAway(words)

    event.listen(engine, "do_connect", refuse)


def _reach(engine: Engine) -> None:
    """Opening is lazy in SQLAlchemy; whoever opens the catalog wants to know now."""
    try:
        with catalog_errors():
            if engine.dialect.name == "postgresql":
                postgres.refuse_unfit(engine)
            else:
                engine.connect().close()
    except CatalogUnavailable:
        engine.dispose()
        raise


def _make_private(path: Path) -> None:
    """SQLite gives its WAL the database's own mode, so this makes all of its files the owner's alone."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise CatalogUnavailable(_WORDS[sqlite3.SQLITE_CANTOPEN]) from error


def _watch_disk(engine: Engine, folder: Path) -> None:
    """Before the listeners that send the first statement of a connection, or of a transaction."""
    event.listen(engine, "connect", lambda *_: refuse_deadly_disk(folder))
    event.listen(engine, "begin", lambda *_: refuse_deadly_disk(folder))


def _prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # The driver's own idea of transactions leaves DDL and SELECT outside them; `_begin` opens them instead.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    # IMMEDIATE: a writer that begins as a reader is refused at once, not after the busy timeout, if another wrote.
    only_reads = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")


def _words_for(error: BaseException | None) -> str:
    code = getattr(error, "sqlite_errorcode", None) or 0
    return _WORDS.get(code & 0xFF, "The catalog does not answer. Try again later.")

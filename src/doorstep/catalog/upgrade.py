"""Brings a database to the shape that `tables` describes.  The steps themselves are in `migrations`."""

from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from doorstep.catalog.copying import copy_database, sync
from doorstep.catalog.engine import catalog_errors
from doorstep.catalog.postgres import wait_for_turn
from doorstep.catalog.site_session import site_of_engine
from doorstep.catalog.tables import HEAD
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.site import SiteName

SNAPSHOTS_KEPT = 3
"""Each is as large as the catalog was."""

_BEFORE = ".before-"


def upgrade(engine: Engine, to: str = "head") -> Path | None:
    """Take every step that the database still needs, all or none, and return the snapshot taken before, if one was.

    A database that already holds rows is copied first when it is a file, to `NAME.before-REVISION` beside it; of such
    snapshots the newest three stay.  PostgreSQL is copied by whoever looks after it; of two boxes that come at once
    one waits for the other.  Raises CatalogUnavailable, also when a newer Doorstep wrote the database.
    """
    target = HEAD if to == "head" else to
    with catalog_errors():
        current = revision(engine)
        if current == target:
            return None
        _refuse_newer(current)
        snapshot = _snapshot(engine, target) if current else None
        with engine.begin() as connection:
            _take(connection, target, site_of_engine(engine))
        if snapshot is not None:
            _forget_old_snapshots(snapshot)
        return snapshot


def revision(engine: Engine) -> str | None:
    """The last step that the database says was taken; None for a new one.  Raises CatalogUnavailable."""
    with catalog_errors(), engine.connect() as connection:
        return _revision(connection)


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


def _refuse_newer(current: str | None) -> None:
    from doorstep.catalog.migrations import steps  # noqa: PLC0415 - as above

    if current and current not in steps.known():
        msg = "The catalog was written by a newer Doorstep. Install that version again, or restore a backup."
        raise CatalogUnavailable(msg)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _snapshot(engine: Engine, target: str) -> Path | None:
    """A copy that is whole even if the copying is cut short: it gets its name last."""
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or name == ":memory:":
        return None
    path = Path(f"{name}{_BEFORE}{target}")
    unfinished = Path(f"{path}.part")
    try:
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        copy_database(Path(name), unfinished)
        unfinished.replace(path)
        sync(path.parent)
    except (OSError, CatalogUnavailable) as error:
        # Half a copy helps nobody, and on a full disk its space is missed.
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        msg = "The catalog could not be copied before its upgrade. Check the data folder's rights and space."
        raise CatalogUnavailable(msg) from error
    return path


def _forget_old_snapshots(newest: Path) -> None:
    """By their revisions, which sort.  Only once the steps were taken: a step that fails forever costs no snapshot."""
    base, _, _ = newest.name.rpartition(_BEFORE)
    kept = sorted(path for path in newest.parent.glob(f"{base}{_BEFORE}*") if path.suffix != ".part")
    for path in kept[:-SNAPSHOTS_KEPT]:
        # A snapshot too many is no reason not to start.
        with suppress(OSError):
            path.unlink()

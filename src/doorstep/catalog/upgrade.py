"""Brings a database to the shape that `tables` describes.  The steps themselves are in `migrations`."""

import os
import sqlite3
from pathlib import Path

from sqlalchemy import Engine, inspect, text

from doorstep.catalog.engine import catalog_errors
from doorstep.catalog.tables import HEAD
from doorstep.core.errors import CatalogUnavailable


def upgrade(engine: Engine, to: str = "head") -> Path | None:
    """Take every step that the database still needs, all or none, and return the snapshot taken before, if one was.

    A database that already holds rows is copied first when it is a file, to `NAME.before-REVISION` beside it.
    Raises CatalogUnavailable, also when a newer Doorstep wrote the database.
    """
    target = HEAD if to == "head" else to
    with catalog_errors():
        current = _revision(engine)
        if current == target:
            return None
        # Alembic is imported only where there are steps to take: it costs a quarter of a start.
        from doorstep.catalog.migrations import steps  # noqa: PLC0415

        if current and current not in steps.known():
            msg = "The catalog was written by a newer Doorstep. Install that version again, or restore a backup."
            raise CatalogUnavailable(msg)
        snapshot = _snapshot(engine, target) if current else None
        with engine.begin() as connection:
            steps.take(connection, target)
        return snapshot


def _revision(engine: Engine) -> str | None:
    """What the database says it is; None for a new one."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _snapshot(engine: Engine, target: str) -> Path | None:
    """A copy that is whole even if the copying is cut short: it gets its name last."""
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or name == ":memory:":
        return None
    path = Path(f"{name}.before-{target}")
    unfinished = Path(f"{path}.part")
    try:
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        _copy(Path(name), unfinished)
        unfinished.replace(path)
    except OSError as error:
        msg = "The catalog could not be copied before its upgrade. Check the data folder's rights and space."
        raise CatalogUnavailable(msg) from error
    return path


def _copy(source: Path, target: Path) -> None:
    old, new = sqlite3.connect(source), sqlite3.connect(target)
    try:
        old.backup(new)
    finally:
        old.close()
        new.close()
    descriptor = os.open(target, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

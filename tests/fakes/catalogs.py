"""Databases that a catalog may lie in, each new and with all tables: a file, and PostgreSQL where that is installed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from doorstep.catalog.engine import open_engine, sqlite_url
from doorstep.catalog.upgrade import upgrade
from doorstep.core.site import HOME, SiteName
from fakes.postgres import migrated_url, missing

KINDS = (
    "sqlite",
    pytest.param("postgres", marks=pytest.mark.skipif(bool(missing()), reason=missing() or "it is there")),
)


def new_url(kind: object, folder: Path) -> str:
    return migrated_url() if kind == "postgres" else sqlite_url(folder / "doorstep.sqlite")


@contextmanager
def opened(url: str, site: SiteName = HOME) -> Iterator[Engine]:
    engine = open_engine(url, site)
    try:
        upgrade(engine)
        yield engine
    finally:
        engine.dispose()


@contextmanager
def new_engine(kind: object, folder: Path) -> Iterator[Engine]:
    with opened(new_url(kind, folder)) as engine:
        yield engine

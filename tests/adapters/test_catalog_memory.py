"""What the connections to the catalog hold, however large it grew."""

import ctypes
import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from doorstep.catalog.engine import open_engine, reading, sqlite_url, writing

READERS = 5
MOST_BYTES = 4 * 2**20
"""By SQLite's own default five such readers hold 10 MB."""


def held_by_sqlite() -> int:
    """In this process (sqlite.org/c3ref/memory_highwater.html)."""
    try:
        library = ctypes.CDLL("libsqlite3.so.0")
    except OSError:
        pytest.skip("Python has SQLite built in here")
    library.sqlite3_memory_used.restype = ctypes.c_int64
    return int(library.sqlite3_memory_used())


def read_all(engine: Engine, together: threading.Barrier) -> None:
    with reading(engine) as session:
        together.wait(10)
        session.execute(text("SELECT sum(length(words)) FROM large")).scalar()


def test_readers_at_once_hold_little_of_a_large_catalog(tmp_path: Path) -> None:
    engine = open_engine(sqlite_url(tmp_path / "catalog.db"))
    with writing(engine) as session:
        session.execute(text("CREATE TABLE large (words TEXT)"))
        session.execute(text("INSERT INTO large VALUES (:words)"), [{"words": "x" * 900}] * 8000)
    engine.dispose()
    before = held_by_sqlite()
    together = threading.Barrier(READERS)
    readers = [threading.Thread(target=read_all, args=(engine, together)) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(30)
    held = held_by_sqlite() - before
    engine.dispose()
    assert 0 < held < MOST_BYTES

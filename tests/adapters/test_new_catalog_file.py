"""A catalog that is made anew has the shape to which the steps lead, and takes none of them."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from doorstep.catalog.engine import open_engine, sqlite_url
from doorstep.catalog.tables import HEAD
from doorstep.catalog.upgrade import upgrade

MAKE_ONE = """
import sys
from doorstep.catalog.engine import open_engine
from doorstep.catalog.upgrade import revision, upgrade
engine = open_engine(sys.argv[1])
upgrade(engine)
print(revision(engine), "alembic" in sys.modules)
"""


def made(path: Path, *targets: str) -> Path:
    engine = open_engine(sqlite_url(path))
    for target in targets:
        upgrade(engine, target)
    engine.dispose()
    return path


def shape(path: Path) -> dict[str, object]:
    """Its indexes and, by SQLite's own account, its tables; columns that came later stand behind others."""
    with closing(sqlite3.connect(path)) as database:
        found: dict[str, object] = dict(database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index'"))
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = database.execute(f"PRAGMA table_xinfo({table})").fetchall()
            keys = database.execute(f"PRAGMA foreign_key_list({table})").fetchall()
            found[table] = sorted(column[1:] for column in columns), keys
    return found


def test_a_new_file_has_the_shape_to_which_the_steps_lead(tmp_path: Path) -> None:
    new, stepped = made(tmp_path / "new.sqlite", HEAD), made(tmp_path / "stepped.sqlite", "0001", HEAD)
    assert shape(new) == shape(stepped)
    assert "'score', 'DOUBLE'" in str(shape(new)["events"])


def test_a_new_file_is_made_without_the_library_of_the_steps(tmp_path: Path) -> None:
    words = [sys.executable, "-c", MAKE_ONE, sqlite_url(tmp_path / "new.sqlite")]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=300)
    assert done.stdout.split() == [HEAD, "False"]

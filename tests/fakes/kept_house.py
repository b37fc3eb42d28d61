"""All that a house has on its disk, field by field, and what of it is gone after an upgrade or a way back."""

import hashlib
import shutil
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

CATALOG = "doorstep.sqlite"
Field = int | float | str | bytes | None


@dataclass(frozen=True, slots=True)
class Rows:
    """Of one table."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Field, ...], ...]


@dataclass(frozen=True, slots=True)
class KeptHouse:
    """Every row of the catalog, every recorded file by its SHA-256, and the config's bytes."""

    tables: dict[str, Rows]
    files: dict[str, str]
    config: bytes


def house_on_disk(data: Path, config: Path) -> KeptHouse:
    """As it lies there while nothing runs on it; it may have been killed, and nothing is touched."""
    recordings = data / "recordings"
    found = sorted(path for path in recordings.rglob("*") if path.is_file())
    files = {str(path.relative_to(recordings)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}
    return KeptHouse(rows_of(data / CATALOG), files, config.read_bytes())


def gone_from(before: KeptHouse, data: Path, config: Path, but: Collection[str] = ()) -> list[str]:
    """What is not as it was, one line each, of a house that was brought up and on which nothing runs.

    Columns and rows may have come.  `but` names columns that a house changes by itself, as "table.column".  The copy of
    before must be there and be exactly what was.
    """
    now = house_on_disk(data, config)
    wrong = [f"{name}: {what}" for name, what in _lost_rows(before.tables, now.tables, but)]
    wrong += [f"recordings/{name}" for name, digest in before.files.items() if now.files.get(name) != digest]
    if now.config != before.config:
        wrong.append(f"{config.name} is not as it was")
    copies = sorted(data.glob(f"{CATALOG}.before-[0-9][0-9][0-9][0-9]"))
    if not copies or rows_of(copies[-1]) != before.tables:
        wrong.append("the copy of before is not what was")
    return wrong


def rows_of(catalog: Path) -> dict[str, Rows]:
    """With what waits in its log."""
    with _opened_copy(catalog) as database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
        return {name: _rows(database, name) for (name,) in tables.fetchall() if name != "alembic_version"}


def _rows(database: sqlite3.Connection, table: str) -> Rows:
    found = database.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - a name out of the same file
    columns = tuple(column[0] for column in found.description)
    return Rows(columns, tuple(sorted(found.fetchall(), key=repr)))


def _lost_rows(before: dict[str, Rows], now: dict[str, Rows], but: Collection[str]) -> Iterator[tuple[str, str]]:
    for name, old in before.items():
        new = now.get(name, Rows((), ()))
        gone = [column for column in old.columns if column not in new.columns]
        if gone and old.rows:
            yield name, f"without {', '.join(gone)}"
        shared = [column for column in old.columns if column not in gone and f"{name}.{column}" not in but]
        lost = Counter(_fields(old, shared)) - Counter(_fields(new, shared))
        for row in lost:
            yield name, f"no row {dict(zip(shared, row, strict=True))} any more"


def _fields(table: Rows, columns: list[str]) -> Iterator[tuple[Field, ...]]:
    places = [table.columns.index(column) for column in columns]
    return (tuple(row[place] for place in places) for row in table.rows)


@contextmanager
def _opened_copy(catalog: Path) -> Iterator[sqlite3.Connection]:
    """To look into a log takes it up; that is done elsewhere."""
    with TemporaryDirectory() as folder:
        for file in (catalog, Path(f"{catalog}-wal")):
            if file.exists():
                shutil.copy(file, folder)
        with closing(sqlite3.connect(Path(folder) / catalog.name)) as database:
            yield database

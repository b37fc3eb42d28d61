"""Whether the steps of an upgrade kept everything: each row of before, field by field, against the copy made before."""

import sqlite3
from collections.abc import Sequence

from doorstep.catalog.copying import REVISIONS
from doorstep.core.row_sums import RowSum, differences, sum_of

Columns = dict[str, tuple[str, ...]]
"""Of each table."""


def lost_rows(before: sqlite3.Connection, after: sqlite3.Connection) -> Sequence[str]:
    """The tables that lost something, by their names: rows, or fields of columns that both have.

    Tables and columns may be new.  `after` may be in the middle of a transaction.  Reads everything once; blocks for
    seconds where there are a hundred thousand events.  Raises sqlite3.Error.
    """
    old, new = _columns(before), _columns(after)
    stayed = {table: tuple(name for name in names if name in new.get(table, ())) for table, names in old.items()}
    return differences(_sums(before, stayed), _sums(after, {table: stayed[table] for table in old if table in new}))


def same_rows(one: sqlite3.Connection, other: sqlite3.Connection) -> bool:
    """Whether both hold the same tables, columns and rows, of the same revision.  As `lost_rows`."""
    columns = _columns(one)
    if columns != _columns(other) or revision_in(one) != revision_in(other):
        return False
    return _sums(one, columns) == _sums(other, columns)


def revision_in(database: sqlite3.Connection) -> str | None:
    """The last step that it says was taken.  Raises sqlite3.Error."""
    row = database.execute(f"SELECT version_num FROM {REVISIONS}").fetchone()  # noqa: S608 - a constant
    return None if row is None else str(row[0])


def _columns(database: sqlite3.Connection) -> Columns:
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    return {name: _columns_of(database, name) for (name,) in tables.fetchall() if name != REVISIONS}


def _columns_of(database: sqlite3.Connection, table: str) -> tuple[str, ...]:
    found = database.execute("SELECT name FROM pragma_table_info(?)", (table,))
    return tuple(str(name) for (name,) in found.fetchall())


def _sums(database: sqlite3.Connection, columns: Columns) -> dict[str, RowSum]:
    return {table: sum_of(database.execute(_select(table, names))) for table, names in columns.items()}


def _select(table: str, columns: Sequence[str]) -> str:
    """Where no column stayed, the rows are counted."""
    return f"SELECT {', '.join(map(_quoted, columns)) or '1'} FROM {_quoted(table)}"  # noqa: S608 - names are quoted


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'

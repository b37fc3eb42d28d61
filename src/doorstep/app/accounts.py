"""The accounts of a data folder, for commands that work on the files while no server runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from doorstep.accounts.account_book import AccountBook
from doorstep.app.catalog import IN_FILE, is_older, own_catalog
from doorstep.app.folders import data_folder, locked
from doorstep.catalog.account_records import SqlAccountRecords
from doorstep.catalog.sql_audit import SqlAuditLog
from doorstep.clock import SystemClock
from doorstep.core.cloud_settings import CatalogSettings


@contextmanager
def open_accounts(data: Path, kept: CatalogSettings = IN_FILE) -> Iterator[AccountBook]:
    """Who may come in.  Raises ConfigInvalid, also where an older server runs on it, and CatalogUnavailable."""
    folder = data_folder(data)
    if is_older(folder, kept):
        with locked(folder):
            own_catalog(folder, kept).dispose()
    engine = own_catalog(folder, kept)
    try:
        book, audit = AccountBook(SqlAccountRecords(engine), SystemClock()), SqlAuditLog(engine)
        book.note = lambda entry: audit.save_entries([entry])
        yield book
    finally:
        engine.dispose()

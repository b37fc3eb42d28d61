"""The accounts of a data folder, for commands that work on the files while no server runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from doorstep.accounts.account_book import AccountBook
from doorstep.app.folders import catalog_url, data_folder
from doorstep.catalog.account_records import SqlAccountRecords
from doorstep.catalog.engine import open_engine
from doorstep.catalog.upgrade import upgrade
from doorstep.clock import SystemClock


@contextmanager
def open_accounts(data: Path) -> Iterator[AccountBook]:
    """Who may come in.  Raises ConfigInvalid, CatalogUnavailable."""
    engine = open_engine(catalog_url(data_folder(data)))
    try:
        upgrade(engine)
        yield AccountBook(SqlAccountRecords(engine), SystemClock())
    finally:
        engine.dispose()

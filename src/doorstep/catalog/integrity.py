"""Is the catalog's database itself whole?  Whether its rows agree with the recordings is `fsck`'s question."""

from collections.abc import Sequence

from sqlalchemy import Engine

from doorstep.catalog.engine import catalog_errors
from doorstep.core.errors import CatalogUnavailable

_MOST = 20


def integrity_faults(engine: Engine) -> Sequence[str]:
    """What SQLite finds wrong (sqlite.org/pragma.html: integrity_check, foreign_key_check), at most twenty lines.

    Nothing for another kind of database: it looks after itself.  Raises CatalogUnavailable where it does not answer.
    """
    if engine.dialect.name != "sqlite":
        return ()
    try:
        with catalog_errors(), engine.connect().execution_options(reading=True) as connection:
            checked = connection.exec_driver_sql(f"PRAGMA integrity_check({_MOST})").scalars().all()
            strays = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    except CatalogUnavailable as error:
        if "damaged" in str(error):
            return (str(error),)
        raise
    faults = [str(line) for line in checked if line != "ok"]
    return [*faults, *(f"a row of {stray[0]} belongs to a row that is gone" for stray in strays[:_MOST])]

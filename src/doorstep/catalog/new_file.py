"""A catalog that is made anew, in the shape that the steps of `migrations` lead to; a test holds the two together."""

from sqlalchemy import Connection, text

from doorstep.catalog.copying import REVISIONS
from doorstep.catalog.tables import HEAD, Base


def make_anew(connection: Connection) -> None:
    """All tables in an empty SQLite file, within the connection's transaction, and the mark that no step is needed."""
    Base.metadata.create_all(connection)
    key = f"version_num VARCHAR(32) NOT NULL, CONSTRAINT {REVISIONS}_pkc PRIMARY KEY (version_num)"
    connection.execute(text(f"CREATE TABLE {REVISIONS} ({key})"))
    connection.execute(text(f"INSERT INTO {REVISIONS} (version_num) VALUES (:last)"), {"last": HEAD})  # noqa: S608 - ours

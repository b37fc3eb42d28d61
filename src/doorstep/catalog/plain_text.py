"""The column type for words: in PostgreSQL without the one character that its texts cannot hold."""

from sqlalchemy import Dialect, String
from sqlalchemy.types import TypeDecorator

_NUL = "\0"
_STAND_IN = "\N{REPLACEMENT CHARACTER}"


class PlainText(TypeDecorator[str]):
    """A stranger who sends a NUL as his name is answered like any other, and is no outage of the catalog."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """What goes into the database, or is compared with what is there."""
        if value is None or dialect.name != "postgresql":
            return value
        return value.replace(_NUL, _STAND_IN)

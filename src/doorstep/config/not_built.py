"""Settings that a later version will honour.  Until then the file may only hold their default: a key that is
accepted and ignored would be a lie to the owner.
"""

from collections.abc import Iterator, Mapping

from doorstep.config.document import Document
from doorstep.config.fault import Fault

NOT_BUILT: Mapping[str, Mapping[str, object]] = {}
"""Tables, and in each the keys with what alone they may hold; nothing waits at the moment."""

WORDS = "is not built yet: this version would ignore it, so take it out"


def not_built_faults(document: Document, tables: Mapping[str, Mapping[str, object]] = NOT_BUILT) -> list[Fault]:
    """Every key that asks for what this version cannot do."""
    return list(_found(document, tables))


def _found(document: Document, tables: Mapping[str, Mapping[str, object]]) -> Iterator[Fault]:
    for table, defaults in tables.items():
        for key, default in defaults.items():
            if key in document.table(table) and document.table(table)[key] != default:
                yield Fault((table, key), WORDS)

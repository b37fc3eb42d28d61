"""Settings that a later version will honour.  Until then the file may only hold their default: a key that is
accepted and ignored would be a lie to the owner.
"""

from collections.abc import Iterator

from doorstep.config.document import Document
from doorstep.config.fault import Fault

SERVER_DEFAULTS: dict[str, object] = {"trusted_proxies": []}

WORDS = "is not built yet: this version would ignore it, so take it out"


def not_built_faults(document: Document) -> list[Fault]:
    """Every key that asks for what this version cannot do."""
    return list(_found(document))


def _found(document: Document) -> Iterator[Fault]:
    tables = {"server": SERVER_DEFAULTS}
    for table, defaults in tables.items():
        for key, default in defaults.items():
            if key in document.table(table) and document.table(table)[key] != default:
                yield Fault((table, key), WORDS)

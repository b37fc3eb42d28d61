"""Settings that a later version will honour.  Until then the file may only hold their default: an upload that is
accepted and never made would be a lie to the owner.
"""

from collections.abc import Iterator

from doorstep.config.document import Document
from doorstep.config.fault import Fault

CAMERA_DEFAULTS: dict[str, object] = {"upload": False}
STORE_DEFAULTS: dict[str, object] = {"kind": "local"}
SERVER_DEFAULTS: dict[str, object] = {"trusted_proxies": []}

WORDS = "is not built yet: this version would ignore it, so take it out"


def not_built_faults(document: Document) -> list[Fault]:
    """Every key that asks for what this version cannot do."""
    return list(_found(document))


def _found(document: Document) -> Iterator[Fault]:
    for path, camera in document.cameras():
        for key, default in CAMERA_DEFAULTS.items():
            if key in camera and camera[key] != default:
                yield Fault((*path, key), WORDS)
    tables = {"store": STORE_DEFAULTS, "server": SERVER_DEFAULTS}
    for table, defaults in tables.items():
        for key, default in defaults.items():
            if key in document.table(table) and document.table(table)[key] != default:
                yield Fault((table, key), WORDS)

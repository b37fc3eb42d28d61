"""Do store and catalog agree?  For tests and campaigns, with the server stopped; reads, changes nothing."""

import sqlite3
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from doorstep.core.camera import CameraId
from doorstep.core.errors import MediaInvalid
from doorstep.mp4.recording import read_recording
from doorstep.stores.local import LocalStore


@dataclass
class Agreement:
    """What does not agree; all empty is well."""

    rows_without_bytes: list[str] = field(default_factory=list)
    bytes_without_row: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    events: int = 0
    catalog: str = "ok"

    @property
    def is_whole(self) -> bool:
        return not (self.rows_without_bytes or self.bytes_without_row or self.unreadable) and self.catalog == "ok"


def agreement(data: Path) -> Agreement:
    """Every row against its file and every file against its row."""
    found = Agreement()
    with sqlite3.connect(f"file:{data / 'doorstep.sqlite'}?mode=ro", uri=True) as catalog:
        found.catalog = str(catalog.execute("PRAGMA integrity_check").fetchone()[0])
        rows = catalog.execute("SELECT id, recording_key FROM events").fetchall()
    found.events = len(rows)
    named = {key for _, key in rows if key}
    store = LocalStore(data / "recordings")
    keys = {key for key in store.keys() if key.endswith(".mp4")}  # noqa: SIM118 - a store is no dict
    found.rows_without_bytes = sorted(named - keys)
    found.bytes_without_row = sorted(keys - named)
    for key in sorted(keys & named):
        try:
            index = read_recording(partial(store.read, key), store.size(key), CameraId(key.split("/")[0]), verify=True)
        except MediaInvalid as error:
            found.unreadable.append(f"{key}: {error}")
            continue
        if not index.segments or index.whole_size != store.size(key):
            found.unreadable.append(f"{key}: whole to {index.whole_size} of {store.size(key)} bytes")
    return found

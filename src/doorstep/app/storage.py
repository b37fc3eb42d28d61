"""Where a server keeps what it records: store, shelf of the last minutes, and who watches their disks."""

from dataclasses import dataclass

from doorstep.app.abandoned_memory import settle_memory
from doorstep.app.buffer_folder import boot_id, buffer_bytes, buffer_folder
from doorstep.core.camera import CameraId
from doorstep.core.disk_kind import durability_of
from doorstep.core.settings import Settings
from doorstep.pipeline.buffer_shares import BufferShares
from doorstep.pipeline.disk_watch import DiskWatch
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Clock, ShelvedConnection
from doorstep.shelves.folder import FolderShelf
from doorstep.stores.disk_kind import disk_kind
from doorstep.stores.local import LocalStore


@dataclass(frozen=True, slots=True)
class Storage:
    """`durability` are the seconds between two syncs of a recording."""

    store: LocalStore
    shelf: FolderShelf
    shares: BufferShares
    disk: DiskWatch
    durability: float

    def shelved(self) -> dict[CameraId, list[ShelvedConnection]]:
        """What of each camera survived a crash or a restart of the program.  Blocks."""
        shelved: dict[CameraId, list[ShelvedConnection]] = {}
        for connection in self.shelf.reindex():
            shelved.setdefault(connection.camera, []).append(connection)
        return shelved


def open_storage(settings: Settings, health: HealthBoard, clock: Clock) -> Storage:
    """Blocks.  Raises ConfigInvalid, StoreUnavailable."""
    data = settings.server.data
    store = LocalStore(data / "recordings")
    folder = buffer_folder(settings.buffer, data)
    shelf = FolderShelf(folder, boot_id())
    settle_memory(folder, data)
    budget = buffer_bytes(settings.buffer, folder)
    return Storage(
        store=store,
        shelf=shelf,
        shares=BufferShares(budget, settings.buffer.seconds, disk_kind(folder), health, clock),
        disk=DiskWatch(store.disk_reading, health, clock, count=lambda: store.bytes_written),
        durability=durability_of(settings.store.durability, disk_kind(data)),
    )

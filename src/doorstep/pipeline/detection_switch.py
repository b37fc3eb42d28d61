"""Keeps which cameras nobody is looked for at: in memory for those who ask, in a small file for the next start."""

from collections.abc import Callable
from functools import partial

import structlog

from doorstep.core.audit import AuditEntry
from doorstep.core.camera import CameraId
from doorstep.core.detection_switch import SwitchedOff, Switches, from_json, switched, to_json
from doorstep.core.errors import BlobMissing, StoreUnavailable
from doorstep.pipeline.disk_calls import on_disk
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.written_behind import WrittenBehind
from doorstep.ports import Clock, Store

log = structlog.get_logger()

KEY = "detection.json"
LARGEST = 1 << 20
SWITCHED_ON, SWITCHED_OFF = "switched detection on", "switched detection off"


class DetectionSwitch:
    """One for a server; used on the event loop, but for `read`.  A disk that stalls or is full delays no switch.

    `note` keeps who switched it.
    """

    def __init__(
        self, store: Store, health: HealthBoard, clock: Clock, note: Callable[[AuditEntry], None] = lambda _entry: None
    ) -> None:
        self._store = store
        self._health = health
        self._clock = clock
        self._note = note
        self._off: Switches = {}
        self._count = 0
        what = "That detection was switched is not kept, and a restart forgets it"
        self._behind = WrittenBehind("detection-switch", what, self._write, health, clock)

    def read(self) -> None:
        """What a former run kept; blocks.  Where that is unreadable, everybody is looked for."""
        try:
            self._off = from_json(self._store.read(KEY, 0, LARGEST))
        except BlobMissing:
            return
        except (StoreUnavailable, ValueError) as error:
            log.warning("detection is on everywhere: what was switched off could not be read", reason=str(error))

    def is_on(self, camera: CameraId) -> bool:
        """Whether somebody looks there."""
        return camera not in self._off

    def switch(self, camera: CameraId, who: str, address: str, *, on: bool) -> bool:
        """Switch it and return at once; whether that changed anything.  `who`, from `address`, stands in the audit."""
        if on == self.is_on(camera):
            return False
        now = self._clock.now()
        self._off = switched(self._off, camera, None if on else SwitchedOff(now, who))
        self._count += 1
        entry_id = f"detection-{now:%Y%m%dT%H%M%S%f}-{self._count}"
        self._note(AuditEntry(entry_id, now, who, address, SWITCHED_ON if on else SWITCHED_OFF, camera, until=now))
        log.info("detection switched", camera=camera, on=on, by=who)
        self._behind.due(KEY)
        return True

    async def run(self) -> None:
        """For ever: write what changed, again while the disk does not take it."""
        await self._behind.run()

    async def write_all(self) -> bool:
        """What changed, as far as the disk lets us; whether that was all."""
        return await self._behind.write_all()

    async def _write(self, key: str) -> None:
        await on_disk(self._health, partial(self._store.put, key, to_json(self._off)))

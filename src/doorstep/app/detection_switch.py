"""The switch of detection, as a former run left it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from doorstep.core.audit import AuditEntry
from doorstep.core.camera import CameraId
from doorstep.pipeline.detection_switch import DetectionSwitch
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Clock
from doorstep.stores.local import LocalStore


async def open_switch(
    data: Path, health: HealthBoard, clock: Clock, note: Callable[[AuditEntry], None]
) -> DetectionSwitch:
    """Kept in a folder of the data folder.  Raises StoreUnavailable where that cannot be made."""
    switch = DetectionSwitch(await asyncio.to_thread(LocalStore, data / "switches"), health, clock, note)
    await asyncio.to_thread(switch.read)
    return switch


def switched_by_web(switch: DetectionSwitch, camera: CameraId, who: str, address: str, on: bool) -> None:  # noqa: FBT001 - as the web's part says
    """Switch it."""
    switch.switch(camera, who, address, on=on)

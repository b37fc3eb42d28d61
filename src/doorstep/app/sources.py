"""Opens every kind of camera: which adapter reads it, and in which process.  Addresses: `sources.address`."""

from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from pathlib import Path

import structlog

from doorstep.app.rtmp_intake import RtmpIntake
from doorstep.core.camera import CameraId
from doorstep.core.errors import ConfigInvalid
from doorstep.core.media import StreamItem
from doorstep.core.settings import CameraSettings
from doorstep.ports import Clock, FrameTap, Source
from doorstep.sources.address import (
    DemoAddress,
    FileAddress,
    MjpegAddress,
    PicameraAddress,
    RtmpListenAddress,
    RtmpPullAddress,
    RtspAddress,
    V4l2Address,
    parse_source,
)
from doorstep.sources.confined import ConfinedSource
from doorstep.sources.confined_eye import ConfinedEye
from doorstep.sources.demo import DemoSource
from doorstep.sources.nursery import Nursery
from doorstep.sources.picamera import PicameraSource
from doorstep.sources.rtmp_listen import RtmpListenSource
from doorstep.sources.source_spec import spec_of

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Sources:
    """What sources are made of."""

    clock: Clock
    zone: tzinfo
    visitor: Path | None
    nursery: Nursery
    rtmp: RtmpIntake

    def open(self, camera: CameraSettings, address: str | None = None) -> Source:
        """A new one for each connection; `address` is another stream of the camera than its source.  Opens nothing yet.

        Raises ConfigInvalid for an address that no source understands.
        """
        match parse_source(camera.source if address is None else address):
            case DemoAddress():
                return self._demo(camera)
            case PicameraAddress() as pi:
                return PicameraSource(pi, masks=camera.masks, rotation=camera.rotation, clock=self.clock)
            case RtmpListenAddress() as place:
                if camera.masks or camera.rotation:  # never an unmasked picture, whoever let this through
                    msg = "A camera that pushes its video is masked and turned by what sends it, not here."
                    raise ConfigInvalid(msg)
                return RtmpListenSource(self.rtmp.listener(place), camera.id, partial(self._onlooker, camera.id))
            case FileAddress() | RtspAddress() | RtmpPullAddress() | MjpegAddress() | V4l2Address():
                return ConfinedSource(self.nursery, spec_of(camera, address), name=camera.id, clock=self.clock)

    def _demo(self, camera: CameraSettings) -> Source:
        return DemoSource(
            self.visitor, clock=self.clock, timezone=self.zone, masks=camera.masks, rotation=camera.rotation
        )

    def _onlooker(self, camera: CameraId, tap: FrameTap) -> "_Onlooker":
        return _Onlooker(ConfinedEye(self.nursery, tap, name=camera, clock=self.clock, crashed=partial(_tell, camera)))


class _Onlooker:
    """A `sources.onlooker.Onlooker` whose eye is in a child."""

    def __init__(self, eye: ConfinedEye) -> None:
        self._eye = eye

    def take(self, item: StreamItem) -> None:
        self._eye.offer(item)

    async def close(self) -> None:
        self._eye.close()


def _tell(camera: CameraId, why: str) -> None:
    log.warning("looking at pushed video failed", camera=camera, reason=why)

"""The `detect` stream of a camera: smaller, beside the main one, only looked at; falls back to the main one."""

from collections.abc import Callable

import structlog

from doorstep.core.camera import CameraState
from doorstep.core.key_frames import KeyFrames
from doorstep.core.media import Packet, StreamItem, VideoFormat
from doorstep.core.settings import CameraSettings
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.live_stream import NOBODY, LiveStream
from doorstep.pipeline.mailbox import FrameMailbox, SwitchedTap
from doorstep.pipeline.reading import read_to_the_end
from doorstep.pipeline.supervisor import Supervisor
from doorstep.ports import Clock, Source

log = structlog.get_logger()

PATIENCE_SECONDS = 10.0
NOT_BEGUN = "it has not begun yet"


class DetectStream:
    """Nothing of it is kept: its frames are looked at, its packets are for those who watch the smaller picture.

    While it is lost for more than ten seconds, the main stream is looked at instead, and the owner is told: Doorstep
    still sees, but a look costs more.  `begin` is called when looks go over from one stream to the other.
    """

    def __init__(
        self,
        settings: CameraSettings,
        source: Callable[[], Source],
        mailbox: FrameMailbox,
        begin: Callable[[], None],
        health: HealthBoard,
        clock: Clock,
        live: LiveStream = NOBODY,
    ) -> None:
        self._settings = settings
        self._live_stream = live
        self._source = source
        self._begin = begin
        self._health = health
        self._clock = clock
        self._key = f"camera:{settings.id}:detect"
        self._seen_at = clock.monotonic()
        self._live = False
        self.own_tap = SwitchedTap(mailbox, on=True)
        self.main_tap = SwitchedTap(mailbox, on=False)
        self._supervisor = Supervisor(f"{settings.id} detect", clock, self._entered)
        self._reason = ""
        self._key_frames: KeyFrames | None = None

    @property
    def looked_at(self) -> bool:
        """Whether looks are taken from this stream; else from the main one."""
        return self.own_tap.on

    @property
    def note(self) -> str:
        """For the owner, while the main stream must serve; else empty."""
        if self.looked_at:
            return ""
        return f"the main stream is looked at, for the detect stream is lost: {self._reason or NOT_BEGUN}"

    @property
    def hint(self) -> str:
        """What its key frames cost, for the owner; empty where there is little to save."""
        return "" if self._key_frames is None else self._key_frames.hint(of_detect_stream=True)

    async def run(self) -> None:
        """Read it for as long as the camera runs."""
        await self._supervisor.supervise(self._connect)

    def try_now(self) -> None:
        """Wait no longer for the next try."""
        self._supervisor.try_now()

    def tick(self) -> None:
        """Once a second: has it been away for too long?"""
        if not self._live and self.looked_at and self._clock.monotonic() - self._seen_at > PATIENCE_SECONDS:
            self._switch(to_own=False)
        if not self.looked_at:
            what = f"{self._settings.name}: {self.note}"
            self._health.report(self._key, what, "Check the address of its detect stream in the config.", minor=True)

    async def _connect(self) -> None:
        try:
            await read_to_the_end(self._source(), self.own_tap, self._take)
        finally:
            if self._live:
                self._seen_at = self._clock.monotonic()
            self._live = False
            self._live_stream.disconnected()

    def _take(self, item: StreamItem) -> None:
        self._live_stream.put(item)
        if isinstance(item, VideoFormat):
            self._key_frames = KeyFrames(item)
            if self.looked_at:
                self._begin()
        if not isinstance(item, Packet):
            return
        if self._key_frames is not None:
            self._key_frames.take(item)
        if not self._live:
            self._live, self._reason = True, ""
            self._supervisor.went_live()
            if not self.looked_at:
                self._switch(to_own=True)
            self._health.clear(self._key)

    def _switch(self, *, to_own: bool) -> None:
        self.own_tap.on, self.main_tap.on = to_own, not to_own
        log.info("looks go over", camera=self._settings.id, stream="detect" if to_own else "main")
        self._begin()

    def _entered(self, state: CameraState, reason: str) -> None:
        if state is not CameraState.CONNECTING:
            self._reason = self._reason or reason

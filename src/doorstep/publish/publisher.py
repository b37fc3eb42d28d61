"""Keeps a camera's stream going out: one connection after another, with what an outage left unsent.

How one connection speaks lives in `uplink`; what is kept meanwhile in `core.outage_buffer`.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from enum import StrEnum

import structlog

from doorstep.core.backoff import Backoff
from doorstep.core.errors import SourceRefused
from doorstep.core.media import Codec, StreamItem, VideoFormat
from doorstep.core.outage_buffer import OutageBuffer
from doorstep.ports import Clock
from doorstep.publish.errors import IngestError, IngestLost, IngestRefused
from doorstep.publish.pace import Pace
from doorstep.publish.timeline import Timeline
from doorstep.publish.uplink import Sink

log = structlog.get_logger()

LONGEST_DELAY_SECONDS = 10.0  # well below what the buffer holds
REFUSED_RETRY_SECONDS = 60.0
FORGIVEN_SECONDS = 180.0  # after a loss, a server may still think that the lost connection publishes
STEADY_SECONDS = 10.0

Open = Callable[[], Awaitable[AbstractAsyncContextManager[Sink]]]


class PublishState(StrEnum):
    """What is told, once at each change."""

    CONNECTING = "connecting"
    LIVE = "live"
    LOST = "lost"
    REFUSED = "refused"


class Publisher:
    """`take` items of the camera, `run` sends them; on the event loop only."""

    def __init__(self, name: str, open_uplink: Open, clock: Clock, buffer: OutageBuffer | None = None) -> None:
        """`name` is the destination as it may be shown."""
        self._name = name
        self._open = open_uplink
        self._clock = clock
        self._buffer = buffer or OutageBuffer()
        self._timeline = Timeline()
        self._format: VideoFormat | None = None
        self._more = asyncio.Event()
        self._finished_with: int | None = None  # what was given up until the camera's end
        self._backoff = Backoff(longest=LONGEST_DELAY_SECONDS)
        self._live_at: float | None = None  # when a connection last carried something
        self.state = PublishState.CONNECTING

    def take(self, item: StreamItem) -> None:
        """The next item of the camera.  Raises SourceRefused for a codec that RTMP does not carry."""
        if isinstance(item, VideoFormat):
            if item.codec is not Codec.H264:
                msg = f"RTMP carries H.264 only, and this camera sends {item.codec.upper()}. Set the camera to H.264."
                raise SourceRefused(msg)
            self._format = item
            self._timeline.begin(item)
        elif self._format is not None:
            time = self._timeline.of(item)
            self._buffer.put(self._format, item, time, self._clock.monotonic())
            self._more.set()

    def finish(self) -> None:
        """No more will come: `run` ends once the rest is sent."""
        self._finished_with = self._buffer.given_up
        self._more.set()

    async def run(self) -> None:
        """Until `finish` and the last packet, or cancelled.

        Raises ConfigInvalid for what only the owner can mend, and IngestLost where the last packets could not be sent.
        """
        while self._finished_with is None or self._buffer.waiting:
            began = self._clock.monotonic()
            try:
                async with await self._open() as uplink:
                    self._now_live()
                    await self._send_until_finished(uplink)
                break
            except IngestError as error:
                delay = self._now_lost(error, began)
            self._buffer.rewind()
            await self._clock.sleep(delay)
            self._buffer.forget_old(self._clock.monotonic())
        if self._finished_with is not None and self._buffer.given_up > self._finished_with:
            msg = "The end of the video could not be sent: the server was away for too long."
            raise IngestLost(msg)

    async def _send_until_finished(self, uplink: Sink) -> None:
        """Raises the IngestError that ends the connection."""
        ended: IngestError | None = None
        try:
            async with asyncio.TaskGroup() as tasks:
                watching = tasks.create_task(uplink.watch())
                await self._send(uplink)
                watching.cancel()
        except* IngestError as group:
            ended = next(error for error in _leaves(group))
        if ended is not None:
            raise ended

    async def _send(self, uplink: Sink) -> None:
        pace = Pace()
        while True:
            held = self._buffer.take(self._clock.monotonic())
            if held is not None:
                wait = pace.wait(held.time, self._clock.monotonic())
                if wait:
                    await self._clock.sleep(wait)
                self._buffer.delivered(await uplink.send(held))
                self._live_at = self._clock.monotonic()
            elif self._finished_with is not None:
                return
            else:
                self._more.clear()
                await self._more.wait()

    def _now_live(self) -> None:
        if self.state is not PublishState.LIVE:
            log.info("publishing", to=self._name, waiting=self._buffer.waiting, given_up=self._buffer.given_up)
        self.state = PublishState.LIVE

    def _now_lost(self, error: IngestError, began: float) -> float:
        """Told once at each change of state; how long to wait before the next try."""
        now = self._clock.monotonic()
        known = self._live_at is not None and now - self._live_at < FORGIVEN_SECONDS
        refused = isinstance(error, IngestRefused) and not known
        state = PublishState.REFUSED if refused else PublishState.LOST
        if state is not self.state:
            log.warning("not publishing", to=self._name, state=state.value, reason=str(error))
        if self.state is PublishState.LIVE and now - began > STEADY_SECONDS:
            self._backoff.reset()
        self.state = state
        return REFUSED_RETRY_SECONDS if refused else self._backoff.next(random.random())  # noqa: S311 - jitter


def _leaves(group: BaseExceptionGroup[IngestError]) -> Iterator[IngestError]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error

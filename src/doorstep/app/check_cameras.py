"""Tries every camera of the settings at once, as a server would open it: for `doorstep check`."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing, suppress
from pathlib import Path

import structlog

from doorstep.app.camera_child import READERS
from doorstep.app.cameras import decoded_for_looks, time_zone
from doorstep.app.finding import Finding
from doorstep.app.rtmp_intake import RtmpIntake
from doorstep.app.sources import Sources
from doorstep.clock import SystemClock
from doorstep.core.errors import DoorstepError, SourceError
from doorstep.core.key_frames import KeyFrames
from doorstep.core.media import AudioPacket, Packet, StreamItem, VideoFormat
from doorstep.core.settings import CameraSettings, Settings
from doorstep.live.packet_feed import PacketFeed
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Clock, Frame
from doorstep.sources.address import RtmpPullAddress, RtspAddress, parse_source
from doorstep.sources.confined import ReaderBroke
from doorstep.sources.nursery import Nursery
from doorstep.sources.reencode_cost import reencode_cost
from doorstep.sources.rtmp_play import Watching

log = structlog.get_logger()

CAMERA_SECONDS = 30.0  # one that is away is known sooner; some send a key frame that rarely
KEY_FRAMES_SECONDS = 6.0
USUAL_RATE = 15
COST_SECONDS = 1.0

_Found = tuple[CameraSettings, Finding, VideoFormat | None]


async def camera_findings(settings: Settings, visitor: Path | None) -> AsyncIterator[Finding]:
    """Every enabled camera and its detect stream, all opened at once, in the order of the config.

    Those that could have masks only by a new encoding say what that would cost this machine.
    """
    clock = SystemClock()
    nursery = Nursery(clock, readers=READERS)
    try:
        found = await _try_all(settings, visitor, nursery, clock)
    finally:
        await asyncio.to_thread(nursery.close)
    for each in found:
        yield await asyncio.to_thread(_with_cost, *each)


async def _try_all(settings: Settings, visitor: Path | None, nursery: Nursery, clock: Clock) -> Sequence[_Found]:
    rtmp = RtmpIntake(clock, settings.server.tls, Watching(PacketFeed(), _nobody), HealthBoard(clock))
    rtmp.expect(settings.cameras)
    sources = Sources(clock, time_zone(settings.server.timezone), visitor, nursery, rtmp)
    async with asyncio.TaskGroup() as tasks:
        listening = tasks.create_task(rtmp.run())
        tried = [_tried(sources, camera, address, name) for name, camera, address in _streams(settings)]
        found = await asyncio.gather(*tried)
        listening.cancel()
    return found


def _streams(settings: Settings) -> Iterator[tuple[str, CameraSettings, str]]:
    for camera in settings.cameras:
        if camera.enabled:
            yield camera.id, camera, camera.source
            if camera.detect is not None:
                yield f"{camera.id}, detect stream", camera, camera.detect


async def _tried(sources: Sources, camera: CameraSettings, address: str, name: str) -> _Found:
    what = f"camera {name}"
    try:
        source = sources.open(camera, address)
        async with aclosing(source.stream(_NoFrames())) as items:
            async with asyncio.timeout(CAMERA_SECONDS):
                fmt, first = await _first_picture(items)
            frames = await _key_frames(items, fmt, first) if _is_decoded(camera, address) else None
    except TimeoutError:
        return camera, Finding(what, ok=False, detail=f"no picture within {CAMERA_SECONDS:.0f} s"), None
    except DoorstepError as error:
        return camera, Finding(what, ok=False, detail=str(error)), None
    except ReaderBroke as error:
        log.warning("a fault in Doorstep itself, in the process that reads a camera", camera=name, traceback=str(error))
        detail = "A fault in Doorstep itself ended its reader; please report it with the log."
        return camera, Finding(what, ok=False, detail=detail), None
    hint = frames.hint(of_detect_stream=camera.detect is not None) if frames is not None else ""
    return camera, Finding(what, ok=True, detail="; ".join(filter(None, [_words(fmt), hint]))), fmt


def _is_decoded(camera: CameraSettings, address: str) -> bool:
    """Whether this stream is the one that is looked at, and comes encoded."""
    return address == (camera.detect or camera.source) and decoded_for_looks(camera)


async def _first_picture(items: AsyncIterator[StreamItem]) -> tuple[VideoFormat | None, StreamItem | None]:
    """The format, and what came behind it."""
    fmt = None
    async for item in items:
        if not isinstance(item, VideoFormat):
            return fmt, item
        fmt = item
    return fmt, None


async def _key_frames(
    items: AsyncIterator[StreamItem], fmt: VideoFormat | None, first: StreamItem | None
) -> KeyFrames | None:
    """Those of the stream, until it is known how far they lie apart; one that ends meanwhile was seen all the same."""
    if fmt is None:
        return None
    frames, item = KeyFrames(fmt), first
    with suppress(SourceError, TimeoutError):
        async with asyncio.timeout(KEY_FRAMES_SECONDS):
            while isinstance(item, Packet | AudioPacket) and frames.interval is None:
                if isinstance(item, Packet):
                    frames.take(item)
                item = await anext(items, None)
    return frames


def _words(fmt: VideoFormat | None) -> str:
    if fmt is None:
        return "it sends nothing"
    return f"{fmt.codec.value} {fmt.width}x{fmt.height}" + (", with sound" if fmt.audio else "")


def _with_cost(camera: CameraSettings, found: Finding, fmt: VideoFormat | None) -> Finding:
    """Blocks for seconds: nothing else is done meanwhile, so that the figure is right."""
    if fmt is None or not isinstance(parse_source(camera.source), RtspAddress | RtmpPullAddress):
        return found
    cost = reencode_cost(fmt.width & ~1, fmt.height & ~1, USUAL_RATE, COST_SECONDS)
    words = (
        f"reencode = true, for masks or rotation, takes about {cost:.0f} % of a core at {USUAL_RATE} pictures a second"
    )
    return Finding(found.what, ok=True, detail=f"{found.detail}; {words}")


async def _nobody(_camera: str, _token: str) -> bool:
    return False


class _NoFrames:
    """Nobody looks."""

    def wants(self, at: float) -> bool:  # noqa: ARG002 - the port's signature
        return False

    def put(self, frame: Frame) -> None: ...

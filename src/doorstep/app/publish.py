"""Composition root of `doorstep publish`: one camera, one way out, motion beside it.  Small on purpose.

What only some cameras need (PyAV, NumPy) is imported when one of them is opened.
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from doorstep.clock import SystemClock
from doorstep.core.camera import CameraState
from doorstep.core.errors import ConfigInvalid, SourceRefused
from doorstep.core.media import VideoFormat
from doorstep.core.zone import Point
from doorstep.extras import how_to_add
from doorstep.pipeline.mailbox import FrameMailbox
from doorstep.pipeline.supervisor import Supervisor
from doorstep.ports import Clock, Frame, FrameTap, MotionScorer, Source
from doorstep.publish.destination import Destination
from doorstep.publish.motion_post import MotionPost, MotionTarget
from doorstep.publish.motion_watch import MotionWatch
from doorstep.publish.publisher import Publisher
from doorstep.publish.uplink import Uplink
from doorstep.sources.address import (
    DemoAddress,
    FileAddress,
    PicameraAddress,
    SourceAddress,
    V4l2Address,
    parse_source,
)

log = structlog.get_logger()

LOOKS_PER_SECOND = 4.0

Masks = tuple[tuple[Point, ...], ...]


@dataclass(frozen=True, slots=True)
class Publication:
    """What to publish, where, and whom to tell of motion."""

    source: str
    to: Destination
    insecure: bool = False
    motion: MotionTarget | None = None
    cooldown: float = 60.0
    masks: Masks = ()
    rotation: int = 0
    python: str = "/usr/bin/python3"
    """The system's, to which the Pi's camera is bound."""


class NoTap:
    """Nobody looks: no frame is decoded."""

    def wants(self, at: float) -> bool:  # noqa: ARG002 - the port's
        """Never."""
        return False

    def put(self, frame: Frame) -> None:
        """Not asked for."""


async def run(publication: Publication) -> None:
    """Until SIGTERM or SIGINT, or the end of a file.

    Raises ConfigInvalid (a bad source, clear text to a public address), and IngestLost when the end of a file could
    not be sent.
    """
    clock = SystemClock()
    address = _checked_source(publication)
    work = asyncio.ensure_future(_work(publication, address, clock))  # noqa: TID251 - the root itself, awaited below
    with _cancelled_by_signals(work):
        try:
            await work
        except asyncio.CancelledError:
            log.info("stopped")
        except BaseExceptionGroup as group:
            raise _first(group) from group


async def _work(publication: Publication, address: SourceAddress, clock: Clock) -> None:
    open_uplink = partial(Uplink.open, publication.to, insecure=publication.insecure)
    publisher = Publisher(str(publication.to), open_uplink, clock)
    async with asyncio.TaskGroup() as tasks:
        tap: FrameTap = NoTap()
        beside = []
        if publication.motion is not None:
            mailbox = FrameMailbox(LOOKS_PER_SECOND, asyncio.get_running_loop())
            mailbox.patient = True  # key frames will do where they come twice a second: nothing is looked at here
            tap = mailbox
            watch = _motion_watch(publication.motion, publication.cooldown, mailbox, clock)
            beside.append(tasks.create_task(watch.run()))
        camera = partial(_read_camera, partial(open_source, address, publication, clock), tap, publisher)
        beside.append(tasks.create_task(_keep_reading(camera, publisher, clock)))
        await publisher.run()
        for task in beside:
            task.cancel()


async def _keep_reading(read: Callable[[], Awaitable[None]], publisher: Publisher, clock: Clock) -> None:
    await Supervisor("published", clock, _not_shown).supervise(read)
    publisher.finish()


def _not_shown(state: CameraState, reason: str) -> None:
    """There is no page here; the supervisor's own lines tell."""


async def _read_camera(open_camera: Callable[[], Source], tap: FrameTap, publisher: Publisher) -> None:
    """Raises SourceRefused where what the camera needs is not installed, whenever it is asked for."""
    try:
        async with aclosing(open_camera().stream(tap)) as items:
            async for item in items:
                if isinstance(item, VideoFormat):
                    log.info("camera live", width=item.width, height=item.height)
                publisher.take(item)
    except ImportError as error:
        msg = f"This camera needs a package that is not installed: {error.name}. {how_to_add('publish')}"
        raise SourceRefused(msg) from error


def _checked_source(publication: Publication) -> SourceAddress:
    try:
        address = parse_source(publication.source)
    except ConfigInvalid as error:
        msg = f"--from: {error}"
        raise ConfigInvalid(msg) from None
    if not isinstance(address, PicameraAddress | V4l2Address | FileAddress | DemoAddress):
        msg = "--from: a camera of this machine is published: picamera://, v4l2://, file:// or demo://"
        raise ConfigInvalid(msg)
    if isinstance(address, FileAddress) and (publication.masks or publication.rotation):
        msg = "--mask and --rotation: a file is sent as it is; they are for cameras whose pictures are encoded here"
        raise ConfigInvalid(msg)
    return address


def open_source(address: SourceAddress, publication: Publication, clock: Clock) -> Source:
    """A new one for each connection.  Raises ImportError where what it needs is not installed."""
    masks, rotation = publication.masks, publication.rotation
    match address:
        case PicameraAddress():
            from doorstep.sources.picamera import PicameraSource  # noqa: PLC0415 - each kind brings its own weight

            return PicameraSource(address, masks=masks, rotation=rotation, clock=clock, python=publication.python)
        case V4l2Address():
            from doorstep.sources.v4l2 import V4l2Source  # noqa: PLC0415 - PyAV

            return V4l2Source(address, masks=masks, rotation=rotation, clock=clock)
        case FileAddress(path, loop):
            from doorstep.sources.file import FileSource  # noqa: PLC0415 - PyAV

            return FileSource(path, loop=loop, clock=clock)
        case DemoAddress():
            from doorstep.sources.demo import DemoSource  # noqa: PLC0415 - PyAV, NumPy

            return DemoSource(None, clock=clock, timezone=_here(), masks=masks, rotation=rotation)
        case _:
            msg = "This kind of camera is not published."
            raise SourceRefused(msg)


def _here() -> tzinfo:
    """The zone of this machine's clock."""
    try:
        with Path("/etc/localtime").open("rb") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError):
        return UTC


def _motion_watch(target: MotionTarget, cooldown: float, mailbox: FrameMailbox, clock: Clock) -> MotionWatch:
    return MotionWatch(mailbox, _scorer, MotionPost(target, clock).send, clock, cooldown)


def _scorer() -> MotionScorer:
    # One thread of linear algebra is plenty, and each one of NumPy's costs memory at import.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from doorstep.vision.luma_difference import LumaDifference  # noqa: PLC0415 - NumPy, 12 MB
    except ImportError as error:
        msg = f"--motion: needs a package that is not installed: {error.name}. {how_to_add('publish')}"
        raise ConfigInvalid(msg) from error
    return LumaDifference()


@contextmanager
def _cancelled_by_signals(work: asyncio.Future[None]) -> Iterator[None]:
    """The first signal ends the work in order, a second one ends the process."""
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGTERM, signal.SIGINT)

    def stop() -> None:
        for number in numbers:
            loop.remove_signal_handler(number)
        work.cancel()

    for number in numbers:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error

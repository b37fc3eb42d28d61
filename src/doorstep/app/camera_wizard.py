"""Finds cameras, and asks one for a picture before it is saved.  Judging addresses: `camera_place`; opening one:
`camera_trial`; ONVIF: `onvif`.  Saving is the settings' business.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog

from doorstep.app.camera_place import Unfit, Whereabouts, judged_host, open_ports, place_of
from doorstep.app.camera_trial import OpenSource, tried
from doorstep.config.address_rules import is_metadata, parts_of
from doorstep.core.camera_patterns import candidates, with_host
from doorstep.core.camera_probe import FoundCamera, ProbedStream, ProbeProgress, ProbeReport, ProbeWish, Trouble
from doorstep.core.errors import CredentialsRefused, DoorstepError, ProbeRefused, SourceError
from doorstep.core.settings import CameraSettings
from doorstep.onvif.discovery import answered
from doorstep.ports import Clock
from doorstep.sources.confined import ReaderBroke
from doorstep.sources.local_cameras import local_cameras

log = structlog.get_logger()

PROBE_SECONDS = 60.0
SUB_SECONDS = 12.0
_SILENT = "No picture came in time; check that this address is the camera's video, and its key frame interval."
_ENDED = "The search was ended."


@dataclass(slots=True)
class _Running:
    """The probe that is under way."""

    deadline: asyncio.Timeout
    tried: int = 0
    most: int = 1
    ended: bool = False


class CameraWizard:
    """One for each house.  At most one probe runs, and one look around the network."""

    def __init__(self, open_source: OpenSource, known: Callable[[], Sequence[CameraSettings]], clock: Clock) -> None:
        """`known` are the cameras of the config that runs."""
        self._open_source = open_source
        self._known = known
        self._clock = clock
        self._running: _Running | None = None
        self._looking = asyncio.Lock()

    async def discover(self) -> Sequence[FoundCamera]:
        """What answers in the networks of this machine, and what is connected to it; takes a few seconds."""
        async with self._looking:
            far, near = await asyncio.gather(answered(), asyncio.to_thread(local_cameras))
        sources = [camera.source for camera in self._known()]
        hosts = {urlsplit(source).hostname for source in sources}
        opened = {source.partition("?")[0] for source in sources}
        found = [FoundCamera(one.name, one.host, one.door, known=one.host in hosts) for one in far]
        return [
            *found,
            *(FoundCamera(one.name, one.address, known=one.address.partition("?")[0] in opened) for one in near),
        ]

    async def probe(self, wish: ProbeWish) -> ProbeReport:
        """A picture, or why there is none.  Raises ProbeRefused while another runs."""
        try:
            async with self._turn() as running:
                return await self._report(wish, running)
        except TimeoutError:
            return ProbeReport(trouble=Trouble.SILENT, words=_SILENT)
        except _Ended:
            return ProbeReport(trouble=Trouble.ENDED, words=_ENDED)

    def progress(self) -> ProbeProgress | None:
        """Of the probe that runs; None while none does."""
        return ProbeProgress(self._running.tried, self._running.most) if self._running is not None else None

    def cancel(self) -> None:
        """End the probe that runs, if one does."""
        if self._running is not None and not self._running.ended:
            self._running.ended = True
            self._running.deadline.reschedule(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[_Running]:
        if self._running is not None:
            msg = "Doorstep is trying another camera; wait until it has, or end that."
            raise ProbeRefused(msg)
        deadline = asyncio.timeout(PROBE_SECONDS)
        self._running = running = _Running(deadline)
        try:
            async with deadline:
                yield running
        except TimeoutError:
            if running.ended:
                raise _Ended from None
            raise
        finally:
            self._running = None

    async def _report(self, wish: ProbeWish, running: _Running) -> ProbeReport:
        try:
            return await self._streams_of(wish, running)
        except Unfit as error:
            trouble, words = error.trouble, str(error)
        except CredentialsRefused as error:
            trouble, words = Trouble.WRONG_PASSWORD if wish.user else Trouble.NO_PASSWORD, str(error)
        except ReaderBroke as error:
            log.warning("a fault in Doorstep itself, in the process that reads a camera", traceback=str(error))
            trouble, words = Trouble.SAID, "A fault in Doorstep itself; please report it with the log."
        except DoorstepError as error:
            trouble, words = Trouble.SAID, str(error)
        return ProbeReport(trouble=trouble, words=words)

    async def _streams_of(self, wish: ProbeWish, running: _Running) -> ProbeReport:
        if wish.onvif:
            return await self._by_onvif(wish, running)
        if "/" not in wish.address:
            return await self._by_patterns(wish, running)
        address = wish.address if "://" in wish.address else f"rtsp://{wish.address}"
        return await self._seen([await place_of(address)], wish, running)

    async def _by_onvif(self, wish: ProbeWish, running: _Running) -> ProbeReport:
        await asyncio.to_thread(_load_onvif)
        from doorstep.onvif.device import Door, OnvifDevice  # noqa: PLC0415 - as there

        parts = parts_of(wish.onvif)
        if parts is None or is_metadata(parts) or parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Unfit(Trouble.FORBIDDEN, "This is no address of an ONVIF camera.")
        reached_at = await judged_host(parts.hostname, parts.port or 80)
        running.most = 2
        async with OnvifDevice(Door(wish.onvif, reached_at, wish.user, wish.password), self._clock) as device:
            offered = await device.streams()
        running.tried = 1
        return await self._seen([await place_of(one.address) for one in offered], wish, running)

    async def _by_patterns(self, wish: ProbeWish, running: _Running) -> ProbeReport:
        """Every address that cameras are known to have, one after the other, until one shows a picture.

        A wrong password ends it, for a camera locks itself against who goes on trying.
        """
        parts = parts_of(f"rtsp://{wish.address}")
        if parts is None or not parts.hostname or parts.username is not None or is_metadata(parts):
            raise Unfit(Trouble.FORBIDDEN, "Write the camera's address, such as 192.168.1.20, without anything else.")
        host = parts.hostname
        reached_at = await judged_host(host, parts.port or 554)
        every = candidates(host, wish.maker, parts.port)
        opened = await open_ports(reached_at, [one.port for one in every])
        every = [one for one in every if one.port in opened]
        running.most = len(every)
        for one in every:
            places = [
                Whereabouts(address, with_host(address, reached_at)) for address in (one.main, one.sub) if address
            ]
            try:
                return await self._seen(places, wish, running)
            except CredentialsRefused:
                raise
            except (SourceError, TimeoutError):
                continue
        words = "None of the addresses that Doorstep knows shows a picture there; look for RTSP in the camera's manual."
        return ProbeReport(trouble=Trouble.NO_PATTERN, words=words)

    async def _seen(self, places: Sequence[Whereabouts], wish: ProbeWish, running: _Running) -> ProbeReport:
        """The first place must show a picture, the others may."""
        running.tried += 1
        main, picture = await tried(self._open_source, places[0], wish.user, wish.password)
        others = [await self._small(place, wish) for place in places[1:]]
        smaller = [each for each in others if each and each.width * each.height < main.width * main.height]
        return ProbeReport((main, *smaller), picture)

    async def _small(self, place: Whereabouts, wish: ProbeWish) -> ProbedStream | None:
        with suppress(SourceError, TimeoutError):
            async with asyncio.timeout(SUB_SECONDS):
                return (await tried(self._open_source, place, wish.user, wish.password))[0]
        return None


class _Ended(Exception):
    """Somebody ended the probe."""


def _load_onvif() -> None:
    """In a thread: its client of HTTP takes a slow machine half a second, and the event loop has cameras to serve."""
    import doorstep.onvif.device  # noqa: F401, PLC0415 - 1 MiB, for houses that add a camera by ONVIF

"""HLS of now: one packetization for each camera that somebody watches so, and none for the others.  Rules of cutting
live in `hls_cutter`, the words of playlists in `hls_playlist`, HTTP in the web.
"""

import math
import re
from collections.abc import Callable, Sequence

from doorstep.core.camera import CameraId
from doorstep.core.errors import BlobMissing
from doorstep.live.hls_playlist import Variant, master_text, playlist_text
from doorstep.live.hls_run import HlsNumbers, HlsRun
from doorstep.live.hls_window import HlsWindow
from doorstep.live.packet_feed import PacketFeed
from doorstep.mp4.codec_string import codecs
from doorstep.ports import Clock, HlsPlace

IDLE_SECONDS = 30.0
CHECK_SECONDS = 5.0
FIRST_SEGMENT_SECONDS = 12.0
"""How long the first request waits for a whole segment: one of a camera with a key frame every ten seconds."""

BLOCKED_TARGETS = 3
"""Target durations after which a request that waits is given up (6.2.5.2)."""

MOST_WAITING = 256
SPARE_BANDWIDTH = 1.5
"""The peak of what is still to come is not known; so much above that of what came."""

_FIRST_DISCONTINUITIES = 1000
_PLAYLIST = "media.m3u8"
_PIECE = re.compile(r"(init|segment)-(\d{1,15})\.(?:mp4|m4s)|part-(\d{1,15})-(\d{1,6})\.m4s")


class HlsFeed:
    """A `ports.HlsFeed`.  On the event loop alone."""

    def __init__(
        self, packets: PacketFeed, clock: Clock, *, first_segment_seconds: float = FIRST_SEGMENT_SECONDS
    ) -> None:
        self._packets = packets
        self._clock = clock
        self._first_segment_seconds = first_segment_seconds
        self._runs: dict[CameraId, HlsRun] = {}
        self._numbers: dict[CameraId, HlsNumbers] = {}
        self._waiting = 0

    @property
    def running(self) -> int:
        """How many cameras are packetized now."""
        return len(self._runs)

    async def run(self) -> None:
        """For ever: forget the cameras that nobody has asked for in half a minute."""
        while True:
            await self._clock.sleep(CHECK_SECONDS)
            self.forget_idle()

    def forget_idle(self) -> None:
        """Free what nobody has asked for in half a minute, and what is left of cameras that were removed."""
        oldest = self._clock.monotonic() - IDLE_SECONDS
        for camera, run in list(self._runs.items()):
            if run.gone or run.asked_at <= oldest:
                del self._runs[camera]
                self._packets.leave(camera, run)

    async def master(self, camera: CameraId, query: str) -> str | None:
        """As the port says."""
        run = self._asked(camera)
        window = await self._window(run)
        if window is None:
            return None
        fmt, _ = window.inits[max(window.inits)]
        variant = Variant(int(window.peak * SPARE_BANDWIDTH), codecs(fmt), fmt.width, fmt.height)
        return master_text(variant, f"hls/media.m3u8{query}")

    async def playlist(
        self, camera: CameraId, wanted: HlsPlace | None, query: str, after: int | None = None
    ) -> str | None:
        """As the port says."""
        run = self._asked(camera)
        window = await self._window(run)
        if window is None:
            return None
        if wanted is not None:
            _check(window, wanted)
            if not await self._until(run, window, wanted, BLOCKED_TARGETS):
                return None
        elif after is not None:
            await self._until(run, window, HlsPlace(after + 1), 1)
        return playlist_text(window.rows(), window.targets, run.hint(), query)

    def newest(self, camera: CameraId) -> int | None:
        """As the port says."""
        run = self._runs.get(camera)
        newest = run.window.newest if run is not None and run.window is not None else None
        return newest.number if newest is not None else None

    async def piece(self, camera: CameraId, name: str) -> Sequence[bytes]:
        """As the port says."""
        run, asked = self._runs.get(camera), _PIECE.fullmatch(name)
        if run is None or run.window is None or asked is None:
            raise _missing(name)
        run.asked_at = self._clock.monotonic()
        kind, number, parent, part = asked.groups()
        if kind == "init":
            pieces = [init for made, (_, init) in run.window.inits.items() if made == int(number)]
        elif kind == "segment":
            segment = run.window.segment(int(number))
            pieces = list(segment.pieces) if segment is not None and segment.whole else []
        else:
            pieces = await self._part(run, run.window, HlsPlace(int(parent), int(part)))
        if not pieces:
            raise _missing(name)
        return pieces

    # ------------------------------------------------------------------------------------------------------------

    def _asked(self, camera: CameraId) -> HlsRun:
        """The camera's run, begun if there is none; what the feed still has of the current pictures comes first."""
        run = self._runs.get(camera)
        if run is None or run.gone:
            run = self._runs[camera] = HlsRun(self._clock, self._numbers_of(camera))
            for item in self._packets.join(camera, run):
                run.take(item)
        run.asked_at = self._clock.monotonic()
        return run

    def _numbers_of(self, camera: CameraId) -> HlsNumbers:
        """From seconds since 1970, so that no number is ever used for two things, after a restart neither.

        Discontinuities are counted from a small number, most likely another after a restart: hls.js keeps an array
        that is as long as this number, and stood still for minutes over seconds since 1970.
        """
        now = int(self._clock.now().timestamp())
        numbers = self._numbers.setdefault(camera, HlsNumbers(now, now % _FIRST_DISCONTINUITIES, now))
        numbers.segment, numbers.init = max(now, numbers.segment), max(now, numbers.init)
        numbers.discontinuity += 1
        return numbers

    async def _window(self, run: HlsRun) -> HlsWindow | None:
        """Once there is a whole segment; None where there is none in time."""
        await self._wait(run, lambda: _is_playable(run), self._first_segment_seconds)
        if run.gone:
            raise _missing(_PLAYLIST)
        return run.window if _is_playable(run) else None

    async def _until(self, run: HlsRun, window: HlsWindow, wanted: HlsPlace, most_targets: int) -> bool:
        seconds = float(most_targets * window.targets.segment)
        there = await self._wait(run, lambda: _has(window, wanted), seconds)
        run.asked_at = self._clock.monotonic()
        if run.gone:
            raise _missing(_PLAYLIST)
        return there

    async def _part(self, run: HlsRun, window: HlsWindow, place: HlsPlace) -> list[bytes]:
        """The part that was hinted at is waited for."""
        if run.hint() == (place.segment, place.part):
            await self._until(run, window, place, BLOCKED_TARGETS)
        segment = window.segment(place.segment)
        if segment is None or place.part is None or place.part >= len(segment.parts):
            return []
        return [segment.parts[place.part].data]

    async def _wait(self, run: HlsRun, is_there: Callable[[], bool], seconds: float) -> bool:
        """At once where it is there; not at all where too many wait already."""
        if is_there() or self._waiting >= MOST_WAITING:
            return is_there()
        self._waiting += 1
        try:
            return await run.until(is_there, seconds)
        finally:
            self._waiting -= 1


def _is_playable(run: HlsRun) -> bool:
    return run.window is not None and run.window.newest is not None


def _has(window: HlsWindow, wanted: HlsPlace) -> bool:
    """Whether the playlist holds that segment or part, or a later one."""
    newest, growing = window.newest, window.open
    if newest is not None and newest.number >= wanted.segment:
        return True
    if growing is None or growing.number < wanted.segment:
        return False
    if growing.number > wanted.segment:
        return True
    return wanted.part is not None and len(growing.parts) > wanted.part


def _check(window: HlsWindow, wanted: HlsPlace) -> None:
    """What is farther ahead than a player may know of (6.2.5.2) is a mistake."""
    newest, growing = window.newest, window.open
    last = newest.number if newest is not None else 0
    advance = 3 if window.targets.part >= 1 else math.ceil(3 / window.targets.part)
    parts = len(growing.parts) if growing is not None and growing.number == wanted.segment else 0
    if wanted.segment <= last:
        return
    if wanted.segment > last + 2 or (wanted.part is not None and wanted.part >= parts + advance):
        msg = "This asks for a part of the video that is too far ahead."
        raise ValueError(msg)


def _missing(name: str) -> BlobMissing:
    return BlobMissing(f"{name} is not there, or not any more.")

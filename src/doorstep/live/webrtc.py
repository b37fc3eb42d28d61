"""Least delay: the camera's own pictures by WebRTC, for each viewer who offers a session.  Implements `ports.WebRtc`.

aiortc takes a moment and some 23 MiB to import, so that this is done, in a thread, when the first viewer comes.
"""

import asyncio
import gc
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import structlog

from doorstep.core.camera import CameraId, StreamKind
from doorstep.core.errors import WayImpossible
from doorstep.core.h264_profile import decoders_of, profile_level
from doorstep.core.ice_candidate import MOST_CANDIDATES, IceCandidate, usable_candidates
from doorstep.core.ice_server import HubIce, IceServer, hub_ice_servers, ice_servers
from doorstep.core.media import Packet, VideoFormat
from doorstep.core.sdp_offer import SdpOffer, read_fragment, read_offer
from doorstep.core.settings import LiveSettings
from doorstep.live.annex_b_stream import AWAY, AnnexBStream, why_impossible
from doorstep.live.encoded_picture import EncodedPicture
from doorstep.live.opus_sound import SoundQueue
from doorstep.live.packet_feed import PacketFeed
from doorstep.live.sdp_exchange import Chosen, answer_to, chosen_of, offer_for_aiortc
from doorstep.live.viewer_queue import ViewerQueue
from doorstep.ports import Clock

if TYPE_CHECKING:
    from doorstep.live.webrtc_peer import WebRtcPeer

log = structlog.get_logger()

CONNECT_SECONDS = 20.0
"""From the answer until pictures may flow; a browser gives up about then too."""

ANSWER_SECONDS = 10.0
"""For an answer, of which a STUN server that does not reply takes three."""

LET_GO_SECONDS = 20.0
"""After a viewer has gone until what was his is let go, with that of all who went meanwhile: it takes 20 ms."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who would watch what."""

    session: str
    key: tuple[CameraId, StreamKind]
    from_here: bool
    through_hub: bool
    on_end: Callable[[], None]


@dataclass(slots=True, eq=False)
class _Call:
    """One viewer, from the offer on; `room` is for how many candidates more there is."""

    asked: _Asked
    offer: SdpOffer
    chosen: Chosen
    stream: AnnexBStream
    picture: ViewerQueue[EncodedPicture]
    sound: SoundQueue | None
    peer: "WebRtcPeer"
    room: int = MOST_CANDIDATES
    hung_up: bool = False

    def usable(self, lines: Iterable[str]) -> list[IceCandidate]:
        """Of these, those that may be tried and for which there is room; it is taken."""
        candidates = usable_candidates(lines, from_here=self.asked.from_here, room=self.room)
        self.room -= len(candidates)
        return candidates


class WebRtcFeed:
    """Lives on the event loop; answers only while `run` does."""

    def __init__(
        self, feed: PacketFeed, settings: LiveSettings, clock: Clock, connect_seconds: float = CONNECT_SECONDS
    ) -> None:
        self._feed = feed
        self._connect_seconds = connect_seconds
        self._settings = settings
        self._clock = clock
        self._streams: dict[tuple[CameraId, StreamKind], AnnexBStream] = {}
        self._calls: dict[str, _Call] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._somebody_went = asyncio.Event()
        self._module: Any = None  # Any: the module that is imported late
        self.hub: Callable[[], HubIce | None] = _no_hub
        """Asked for each viewer who comes through the hub; None where there is none now."""

    @property
    def viewers(self) -> int:
        """How many there are now."""
        return len(self._calls)

    async def run(self) -> None:
        """For ever; who watches when it is cancelled is hung up before it ends."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            try:
                await self._let_go()
            except asyncio.CancelledError:  # not yet: each viewer's sockets are to be closed first
                self._tasks = None
                for call in self._calls.values():
                    call.peer.hang_up()
        raise asyncio.CancelledError

    async def _let_go(self) -> None:
        """For ever.  A peer of aiortc that has ended is a ring of 1,800 objects, its last packets among them.

        By itself Python looks for rings so old only now and then: until then they pile up.
        """
        while True:
            await self._somebody_went.wait()
            await self._clock.sleep(LET_GO_SECONDS)
            self._somebody_went.clear()
            gc.collect()

    def why_not(self, camera: CameraId, stream: StreamKind) -> str:
        """As the port says."""
        if not self._settings.webrtc:
            return "WebRTC is switched off (webrtc in [live] of the config file)."
        stream = self._feed.shown(camera, stream)
        running = self._streams.get((camera, stream))
        if running is not None and running.reason:
            return running.reason
        known = self._feed.backlog(camera, stream)
        if not known or not isinstance(known[0], VideoFormat):
            return AWAY
        return why_impossible(known[0], [item for item in known if isinstance(item, Packet)])

    def ice_servers(self, login: str, *, through_hub: bool = False) -> Sequence[IceServer]:
        """As the port says."""
        now, hub = self._clock.now().timestamp(), self.hub() if through_hub else None
        named = ice_servers(self._settings.stun, self._settings.turn, login, now)
        return named if hub is None else (*named, *hub_ice_servers(hub, login, now))

    async def answer(
        self,
        session: str,
        camera: CameraId,
        stream: StreamKind,
        sdp: str,
        *,
        from_here: bool,
        on_end: Callable[[], None],
        through_hub: bool = False,
    ) -> str:
        """As the port says."""
        reason = self.why_not(camera, stream)
        if reason:
            raise WayImpossible(reason)
        self._running()
        offer = read_offer(sdp)
        if self._module is None:
            self._module = await asyncio.to_thread(import_module, "doorstep.live.webrtc_peer")
        addresses = await asyncio.to_thread(self._module.own_addresses, self._settings.interfaces, from_here=from_here)
        if not addresses:
            msg = "None of the network interfaces that WebRTC may use (interfaces in [live]) has an address."
            raise WayImpossible(msg)
        asked = _Asked(session, (camera, self._feed.shown(camera, stream)), from_here, through_hub, on_end)
        call = self._call(asked, offer, addresses)
        return await self._begin(call)

    async def add_candidates(self, session: str, fragment: str) -> None:
        """As the port says."""
        ufrag, lines = read_fragment(fragment)
        call = self._calls.get(session)
        if call is not None and ufrag in {"", call.offer.ufrag}:
            await call.peer.add_candidates(call.chosen.picture.mid, call.usable(lines))

    def hang_up(self, session: str) -> None:
        """As the port says."""
        call = self._calls.get(session)
        if call is not None:
            call.hung_up = True
            call.peer.hang_up()

    # ------------------------------------------------------------------------------------------------------------

    def _call(self, asked: _Asked, offer: SdpOffer, addresses: Sequence[str]) -> _Call:
        """Raises WayImpossible; then nothing is left of it."""
        stream = self._stream(asked.key)
        try:
            chosen = _chosen(offer, stream)
            picture = stream.join()
        except WayImpossible:
            self._drop_unwatched(asked.key)
            raise
        sound = stream.sound.join() if chosen.sound is not None else None
        peer = self._module.WebRtcPeer(picture, sound, self._asked_here(asked), addresses, chosen.hold_id)
        return _Call(asked, offer, chosen, stream, picture, sound, peer)

    def _asked_here(self, asked: _Asked) -> Sequence[IceServer]:
        """The servers that help from this end.  At home none of the hub's: one that is away would keep us waiting."""
        hub = self.hub() if asked.through_hub else None
        mine = hub_ice_servers(hub, asked.session, self._clock.now().timestamp()) if hub is not None else ()
        return (*mine, IceServer(self._settings.stun)) if self._settings.stun else mine

    async def _begin(self, call: _Call) -> str:
        self._calls[call.asked.session] = call
        offer = offer_for_aiortc(call.offer, call.chosen, call.usable(call.offer.candidates))
        answered = False
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await call.peer.answer(offer)
            self._running().create_task(self._see_through(call))
            answered = True
        except (OSError, TimeoutError) as error:
            msg = "Doorstep could not open a way for WebRTC. Try again."
            raise WayImpossible(msg) from error
        finally:
            if not answered:
                await self._end(call)
        return answer_to(call.offer, call.chosen, answer)

    async def _see_through(self, call: _Call) -> None:
        """Until it is over, or has not connected in time."""
        try:
            async with asyncio.timeout(self._connect_seconds):
                await call.peer.connected.wait()
            await call.peer.over.wait()
        except TimeoutError:
            log.info("a viewer never came through by WebRTC", camera=call.asked.key[0])
        finally:
            await self._end(call)
            if not call.hung_up:
                call.asked.on_end()

    async def _end(self, call: _Call) -> None:
        self._calls.pop(call.asked.session, None)
        call.stream.leave(call.picture)
        if call.sound is not None:
            call.stream.sound.leave(call.sound)
        self._drop_unwatched(call.asked.key)
        await call.peer.close()
        self._somebody_went.set()

    def _running(self) -> asyncio.TaskGroup:
        """Raises WayImpossible."""
        if self._tasks is None:
            msg = "Doorstep is stopping."
            raise WayImpossible(msg)
        return self._tasks

    def _stream(self, key: tuple[CameraId, StreamKind]) -> AnnexBStream:
        if key not in self._streams:
            self._streams[key] = AnnexBStream(self._feed, *key, lambda reason: self._over(key, reason))
        return self._streams[key]

    def _over(self, key: tuple[CameraId, StreamKind], reason: str) -> None:
        log.info("viewers by WebRTC are sent away", camera=key[0], reason=reason)
        stream = self._streams.get(key)
        for call in self._calls.values():
            if call.stream is stream:
                call.peer.hang_up()

    def _drop_unwatched(self, key: tuple[CameraId, StreamKind]) -> None:
        stream = self._streams.get(key)
        if stream is not None and not stream.viewers:
            del self._streams[key]
            stream.close()


def _chosen(offer: SdpOffer, stream: AnnexBStream) -> Chosen:
    """Raises WayImpossible."""
    fmt = stream.format
    if fmt is None or stream.reason:
        raise WayImpossible(stream.reason or AWAY)
    profile = profile_level(fmt.decoder_config)
    chosen = chosen_of(offer, decoders_of(profile), with_sound=fmt.audio is not None)
    if chosen is None:
        msg = f"This viewer does not show the camera's H.264 ({profile.profile.value}) by WebRTC."
        raise WayImpossible(msg)
    return chosen


def _no_hub() -> HubIce | None:
    return None

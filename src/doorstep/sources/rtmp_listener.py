"""One RTMP listener for all cameras of an address: whose key it is, one publisher each, and who may watch.

The port lives in `rtmp_entrance`, a connection in `rtmp_link`, the source of one camera in `rtmp_listen`.
"""

import asyncio
import ssl
from collections.abc import Iterable
from functools import partial
from typing import Final, NoReturn

import structlog

from doorstep.core.camera import CameraId
from doorstep.core.errors import DoorstepError, SourceLost
from doorstep.ports import Clock
from doorstep.rtmp.events import PlayAsked, PublishAsked
from doorstep.sources.address import RtmpListenAddress
from doorstep.sources.rtmp_door import KeyRing, PushedCamera
from doorstep.sources.rtmp_entrance import Entrance, ListenLimits, bind
from doorstep.sources.rtmp_link import Link, Role
from doorstep.sources.rtmp_play import NOT_PLAYED, Watching, is_allowed, is_possible, play
from doorstep.sources.rtmp_publication import Publication

_BIND_AGAIN_SECONDS: Final = 5.0
_NOT_PUBLISHED: Final = "Doorstep knows no camera with this address and stream key."
_ENDED: Final = "This was ended at Doorstep, or the right to see the camera is over. Ask for a new address."

USUAL_LIMITS: Final = ListenLimits()

log = structlog.get_logger()


class RtmpListener:
    """Takes publishers, checks their keys before any media, and serves players.  Lives on the event loop.

    Raises ConfigInvalid for two cameras with one key.
    """

    def __init__(
        self,
        address: RtmpListenAddress,
        cameras: Iterable[PushedCamera],
        clock: Clock,
        *,
        tls: ssl.SSLContext | None = None,
        watching: Watching | None = None,
        limits: ListenLimits = USUAL_LIMITS,
    ) -> None:
        self._address = address
        self._keys = KeyRing(cameras)
        self._clock = clock
        self._watching = watching
        self._limits = limits
        self._entrance = Entrance(self, clock, tls, limits)
        self._publishers: dict[CameraId, tuple[Link, Publication]] = {}
        self._left: dict[CameraId, Publication] = {}  # of a publisher that was gone before anybody read it
        self._players: dict[Link, asyncio.Task[None]] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._changed = asyncio.Event()
        self._trouble = ""
        self.port = 0
        """Where it listens, once it does; 0 before."""

    def expect(self, cameras: Iterable[PushedCamera]) -> None:
        """Other cameras or keys from now on; who publishes for one that is changed or gone is sent away.

        Raises ConfigInvalid, and changes nothing then.
        """
        before, self._keys = self._keys, KeyRing(cameras)
        for camera, (link, _) in list(self._publishers.items()):
            if self._keys.cameras.get(camera) != before.cameras.get(camera):
                link.refuse("This camera's settings in Doorstep have changed. Connect again.")
        self._left.clear()  # also of those who have just been sent away: their key may have been a stranger's

    async def publication(self, camera: CameraId) -> Publication:
        """What the camera's publisher sends, as soon as there is one.  Raises SourceLost while it cannot listen."""
        while True:
            if self._trouble:
                raise SourceLost(self._trouble)
            left = self._left.pop(camera, None)
            if left is not None:
                return left
            publisher = self._publishers.get(camera)
            if publisher is not None:
                return publisher[1]
            self._changed.clear()
            await self._changed.wait()

    async def run(self) -> NoReturn:
        """Listen until cancelled.  A port that cannot be had is tried again, and its cameras say so meanwhile."""
        place = self._address
        while True:
            try:
                listening = await bind(place.host, place.port)
            except (OSError, ValueError) as error:  # the latter of a host that cannot be a name
                self._be_in_trouble(error)
                await self._clock.sleep(_BIND_AGAIN_SECONDS)
                continue
            self._trouble = ""
            self.port = listening.getsockname()[1]
            log.info("rtmp listening", host=place.host, port=self.port, tls=place.tls)
            self._changed.set()
            async with self._entrance.open(listening) as self._tasks:
                await asyncio.Event().wait()  # until cancelled

    async def listening(self) -> int:
        """The port, as soon as it is bound."""
        while not self.port:
            self._changed.clear()
            await self._changed.wait()
        return self.port

    def _be_in_trouble(self, error: OSError | ValueError) -> None:
        reason = (error.strerror if isinstance(error, OSError) else None) or "the host is not known"
        if not self._trouble:
            log.warning("rtmp cannot listen", host=self._address.host, port=self._address.port, reason=reason)
        self._trouble = (
            f"Doorstep cannot listen for cameras on {self._address.host} port {self._address.port}: {reason}. "
            "End what uses it, or choose another."
        )
        self._changed.set()

    # --------------------------------------------------------------------------------------------- as a `Desk`

    def asked_to_publish(self, link: Link, asked: PublishAsked) -> None:
        """The key decides, and the application beside it; the answer never tells which of them was wrong."""
        camera = self._keys.camera_of(asked.key)
        if camera is None or asked.app != self._address.app:
            self._turn_away(link, _NOT_PUBLISHED)
            return
        before = self._publishers.get(camera.id)
        if before is not None:
            if self._clock.monotonic() - before[0].heard_at < self._limits.replaceable:
                link.refuse("Another publisher uses this stream key now.")
                return
            before[0].refuse("The camera has connected again.")
        publication = Publication()
        self._publishers[camera.id] = link, publication
        link.publish(publication, audio=camera.audio)
        self._changed.set()
        log.info("camera pushes", camera=camera.id, address=link.address)

    def asked_to_play(self, link: Link, asked: PlayAsked) -> None:
        """Without a token nobody is even asked."""
        if self._watching is None or self._tasks is None or asked.app != self._address.app or not is_possible(asked):
            self._turn_away(link, NOT_PLAYED)
            return
        self._players[link] = self._tasks.create_task(self._play(link, asked, self._watching))

    def misbehaved(self, link: Link, why: str) -> None:
        """A line for each publisher, and one a minute and address for strangers."""
        camera = self._camera_of(link)
        if camera is not None:
            self._publishers[camera][1].end(SourceLost(f"The camera's push was ended: {why}."))
            log.warning("camera push ended", camera=camera, reason=why)
        elif link.role is Role.STRANGER and self._entrance.failures.count(link.address):
            log.warning("rtmp peer ended", address=link.address, reason=why)

    def told(self, link: Link, what: str) -> None:
        """A line in the log."""
        log.warning("camera push", camera=self._camera_of(link), note=what)

    def over(self, link: Link) -> None:
        """Its place is free."""
        camera = self._camera_of(link)
        if camera is not None:
            _, publication = self._publishers.pop(camera)
            publication.end(SourceLost("The camera stopped pushing its video; waiting for it to come back."))
            if publication.is_unread and camera in self._keys.cameras:
                self._left[camera] = publication
            log.info("camera push over", camera=camera)
        player = self._players.pop(link, None)
        if player is not None and player is not asyncio.current_task():
            player.cancel()

    def closed(self, link: Link) -> None:
        """Its socket too."""
        self._entrance.closed(link)

    def _camera_of(self, link: Link) -> CameraId | None:
        return next((camera for camera, (known, _) in self._publishers.items() if known is link), None)

    def _turn_away(self, link: Link, reason: str) -> None:
        if self._entrance.failures.count(link.address):
            log.warning("rtmp peer refused", address=link.address, reason=reason)
        link.refuse(reason)

    async def _play(self, link: Link, asked: PlayAsked, watching: Watching) -> None:
        camera = CameraId(asked.name)
        if not await is_allowed(asked, watching):
            self._turn_away(link, NOT_PLAYED)
            return
        try:
            leave = await watching.enter(camera, asked.token, link.address, partial(link.refuse, _ENDED))
        except DoorstepError as error:
            link.refuse(str(error))
            return
        try:
            await self._play_counted(link, camera, watching)
        finally:
            leave()

    async def _play_counted(self, link: Link, camera: CameraId, watching: Watching) -> None:
        if sum(player.role is Role.PLAYER for player in self._players) >= self._limits.players:
            link.refuse("Too many are watching already.")
            return
        log.info("rtmp player", camera=camera, address=link.address)
        await play(link, camera, watching.feed)

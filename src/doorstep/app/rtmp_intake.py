"""What the house takes in by RTMP: a listener for each address that cameras push to, and the keys of those that push
to nginx.  What a listener does lives in `sources`.
"""

import asyncio
import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from doorstep.core.camera import CameraId
from doorstep.core.errors import ConfigInvalid
from doorstep.core.settings import CameraSettings, TlsSettings
from doorstep.core.stream_keys import StreamKeys
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.supervisor import keep_running
from doorstep.ports import Clock
from doorstep.sources.address import RtmpListenAddress, RtmpPullAddress, parse_source
from doorstep.sources.rtmp_door import PushedCamera
from doorstep.sources.rtmp_listener import RtmpListener
from doorstep.sources.rtmp_play import Watching

_LOOPBACK = ("127.", "::1", "localhost")
_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not bound to


@dataclass(slots=True)
class _Running:
    listener: RtmpListener
    task: asyncio.Task[None] | None = None


class RtmpIntake:
    """Opens and closes listeners as the config says.  Lives on the event loop."""

    def __init__(self, clock: Clock, tls: TlsSettings | None, watching: Watching, health: HealthBoard) -> None:
        self._clock = clock
        self._health = health
        self._tls = tls
        self._watching = watching
        self._listeners: dict[RtmpListenAddress, _Running] = {}
        self._nginx_keys = StreamKeys({})
        self._changed = asyncio.Event()

    def expect(self, cameras: Sequence[CameraSettings]) -> None:
        """These cameras push from now on.  Raises ConfigInvalid, and changes nothing then."""
        wanted = _by_address(cameras)
        _check_ports(wanted)
        made = {address: self._listener(address, pushed) for address, pushed in wanted.items()}
        for address, listener in made.items():
            if address in self._listeners:
                self._listeners[address].listener.expect(wanted[address])
            else:
                self._listeners[address] = _Running(listener)
        for address in self._listeners.keys() - wanted.keys():
            gone = self._listeners.pop(address)
            if gone.task is not None:
                gone.task.cancel()
        self._nginx_keys = _keys_at_nginx(cameras)
        self._changed.set()

    def camera_of_key(self, key: str) -> CameraId | None:
        """The camera that pushes to nginx with this key."""
        return self._nginx_keys.camera_of(key)

    def listener(self, address: RtmpListenAddress) -> RtmpListener:
        """The one that the config asks for.  Raises ConfigInvalid for an address that nobody expects."""
        if address not in self._listeners:
            msg = "no listener was made for this address"
            raise ConfigInvalid(msg)
        return self._listeners[address].listener

    def play_addresses(self, camera: CameraId, host: str) -> Sequence[str]:
        """Where a player finds the camera on this host, without its token."""
        return [
            f"{'rtmps' if address.tls else 'rtmp'}://{host}:{address.port}/{address.app}/{camera}"
            for address in self._listeners
            if not address.host.startswith(_LOOPBACK) or host.strip("[]").startswith(_LOOPBACK)
        ]

    async def run(self) -> None:
        """Listen until cancelled.  A fault in one listener is told, begins that one anew and touches no other."""
        try:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    self._changed.clear()
                    for address, running in self._listeners.items():
                        if running.task is None or running.task.done():
                            name = f"RTMP on port {address.port}"
                            keep = keep_running(name, running.listener.run, self._clock, self._health)
                            running.task = tasks.create_task(keep)
                    await self._changed.wait()
        finally:
            for running in self._listeners.values():
                running.task = None

    def _listener(self, address: RtmpListenAddress, cameras: Sequence[PushedCamera]) -> RtmpListener:
        return RtmpListener(address, cameras, self._clock, tls=self._context(address), watching=self._watching)

    def _context(self, address: RtmpListenAddress) -> ssl.SSLContext | None:
        if not address.tls:
            return None
        if self._tls is None:
            msg = "rtmps-listen:// needs a certificate: set [server.tls]"
            raise ConfigInvalid(msg)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(self._tls.cert, self._tls.key)
        except OSError as error:  # ssl.SSLError is one
            msg = f"The certificate {self._tls.cert} with its key cannot be used ({error.strerror or error})."
            raise ConfigInvalid(msg) from error
        return context


def _keys_at_nginx(cameras: Sequence[CameraSettings]) -> StreamKeys:
    return StreamKeys(
        {
            camera.id: camera.stream_key
            for camera in cameras
            if camera.enabled and isinstance(parse_source(camera.source), RtmpPullAddress)
        }
    )


def _by_address(cameras: Sequence[CameraSettings]) -> dict[RtmpListenAddress, list[PushedCamera]]:
    found: dict[RtmpListenAddress, list[PushedCamera]] = {}
    for camera in cameras:
        address = parse_source(camera.source) if camera.enabled else None
        if isinstance(address, RtmpListenAddress):
            found.setdefault(address, []).append(PushedCamera(camera.id, camera.stream_key, camera.audio))
    return found


def _check_ports(addresses: Iterable[RtmpListenAddress]) -> None:
    """Raises ConfigInvalid where two addresses need one port: only one of them would ever be listened to."""
    for one, other in combinations(addresses, 2):
        everywhere = not {one.host, other.host}.isdisjoint(_EVERYWHERE)
        if one.port == other.port != 0 and (everywhere or one.host == other.host):
            msg = (
                f"two cameras push to port {one.port} in different ways; "
                "write the same source for both, or give one another port"
            )
            raise ConfigInvalid(msg)

"""One viewer by WebRTC: the only place that imports aiortc, and so itself imported when the first one comes.

aiortc and aioice are held to what Doorstep allows without changing them: the offer is our own text, no server is asked
that the config does not name, and sockets are bound to the addresses given here and no other (ADR 0010).
"""

import asyncio
from collections.abc import Iterable, Sequence
from fractions import Fraction
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

import av
import ifaddr
from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceCandidate,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.exceptions import InvalidStateError
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import HeaderExtensions, HeaderExtensionsMap

from doorstep.core.ice_candidate import IceCandidate
from doorstep.core.ice_server import IceServer
from doorstep.live.encoded_picture import VIDEO_RATE, EncodedPicture
from doorstep.live.opus_sound import SoundQueue
from doorstep.live.viewer_queue import ViewerQueue

if TYPE_CHECKING:
    from aioice import Candidate
    from aiortc.rtcrtptransceiver import RTCRtpTransceiver

MOST_ADDRESSES: Final = 8
_EXTENSIONS: Final = "_RTCRtpSender__rtp_header_extensions_map"
"""What aiortc writes header extensions with; a test sees on the wire whether it still is."""
PACE_BYTES: Final = 6_000_000
"""A second, of pictures that are sent late: a group of pictures at once is more than sockets on its way hold."""

CLOSE_SECONDS: Final = 5.0
GATHER_SECONDS: Final = 3
"""For the servers that are asked; where one does not reply, or a network leads to none, the answer waits so long."""

_SHORT_ELEMENTS, _LONG_ELEMENTS = 0xBEDE, 0x1000
"""How header extensions are written (RFC 8285, 4.2 and 4.3)."""
_TICKS: Final = Fraction(1, VIDEO_RATE)


class _PictureTrack(MediaStreamTrack):
    kind = "video"

    def __init__(self, queue: ViewerQueue[EncodedPicture]) -> None:
        super().__init__()
        self._queue = queue

    async def recv(self) -> "av.Packet[Any]":
        """As aiortc asks for it."""
        picture = await self._queue.get()
        if picture is None:
            raise MediaStreamError
        if picture.late:
            await asyncio.sleep(len(picture.data) / PACE_BYTES)
        packet: av.Packet[Any] = av.Packet(picture.data)
        packet.pts, packet.time_base = picture.pts, _TICKS
        return packet


class _SoundTrack(MediaStreamTrack):
    kind = "audio"

    def __init__(self, queue: SoundQueue) -> None:
        super().__init__()
        self._queue = queue

    async def recv(self) -> "av.Packet[Any]":
        """As aiortc asks for it."""
        packet = await self._queue.get()
        if packet is None:
            raise MediaStreamError
        return packet


class _ShownAtOnce(HeaderExtensionsMap):
    """Asks with every packet that its picture be shown as soon as it is decoded, where a browser would first hold it.

    What a browser holds for smoothness grows with the size of key frames: 14-25 ms on a network without any jitter.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        # Three bytes: twelve bits of the least and twelve of the most, in 10 ms.  With 0 as the most too, a browser
        # leaves pictures out that come in bursts: over a poor network a fourth of those that it shows else.
        self._asked = bytes((number << 4 | 2, 0, 0, 40))

    def set(self, values: HeaderExtensions) -> tuple[int, bytes]:
        """As aiortc asks for it."""
        profile, known = super().set(values)
        return (profile, known) if profile == _LONG_ELEMENTS else (_SHORT_ELEMENTS, self._asked + known)


class WebRtcPeer:
    """Lives on the event loop; holds sockets from `answer` until `close`."""

    def __init__(
        self,
        picture: ViewerQueue[EncodedPicture],
        sound: SoundQueue | None,
        servers: Sequence[IceServer],
        addresses: Sequence[str],
        hold_id: int | None = None,
    ) -> None:
        """`addresses` are those of this machine at which the viewer may reach it; `hold_id` is as `Chosen` says.

        Of the `servers` aiortc asks the first STUN and the first TURN server.
        """
        asked = [RTCIceServer(list(one.urls), one.username or None, one.credential or None) for one in servers]
        self._connection = RTCPeerConnection(
            RTCConfiguration(iceServers=asked, bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        self._connection.on("connectionstatechange", self._changed)
        self.connected = asyncio.Event()
        self.over = asyncio.Event()
        shown = self._add(_PictureTrack(picture), addresses)
        if hold_id is not None:
            setattr(shown.sender, _EXTENSIONS, _ShownAtOnce(hold_id))
        if sound is not None:
            self._add(_SoundTrack(sound), addresses)

    async def answer(self, offer: str) -> str:
        """To an offer that was written here.  Raises OSError where no socket can be had."""
        await self._connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await self._connection.setLocalDescription(await self._connection.createAnswer())
        return self._connection.localDescription.sdp

    async def add_candidates(self, mid: str, candidates: Iterable[IceCandidate]) -> None:
        """Where else the viewer may be reached."""
        for candidate in candidates:
            await self._connection.addIceCandidate(
                RTCIceCandidate(
                    component=1,
                    foundation=candidate.foundation,
                    ip=str(candidate.address),
                    port=candidate.port,
                    priority=candidate.priority,
                    protocol="udp",
                    type=candidate.kind,
                    sdpMid=mid,
                )
            )

    def hang_up(self) -> None:
        """Say that it is over; whoever waits for `over` closes."""
        self.over.set()
        self.connected.set()

    async def close(self) -> None:
        """Frees all it holds; tries for five seconds."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._connection.close()
        except (OSError, InvalidStateError):  # a TimeoutError is an OSError; one viewer's end is nobody else's
            pass

    def _add(self, track: MediaStreamTrack, addresses: Sequence[str]) -> "RTCRtpTransceiver":
        """Before the viewer's offer is told: later the preference is ignored, and nothing is ever decoded."""
        transceiver = self._connection.addTransceiver(track, direction="sendonly")
        wanted = ("video/h264", "video/rtx", "audio/opus")
        codecs = RTCRtpSender.getCapabilities(track.kind).codecs
        transceiver.setCodecPreferences([codec for codec in codecs if codec.mimeType.lower() in wanted])
        _hold_to(transceiver, addresses)
        return transceiver

    def _changed(self) -> None:
        if self._connection.connectionState == "connected":
            self.connected.set()
        elif self._connection.connectionState in {"failed", "closed"}:
            self.hang_up()


def _hold_to(transceiver: "RTCRtpTransceiver", addresses: Sequence[str]) -> None:
    """Gather candidates at these addresses, instead of at every one of the machine but 127.0.0.1."""
    gatherer = transceiver.sender.transport.transport.iceGatherer
    ice = gatherer._connection  # noqa: SLF001 - there is no other way in
    gather = ice.get_component_candidates

    async def gather_there(component: int, addresses: list[str], timeout: int = 0) -> "list[Candidate]":  # noqa: ASYNC109
        del addresses, timeout
        return await gather(component, allowed, timeout=GATHER_SECONDS)

    allowed = list(addresses)
    ice.get_component_candidates = gather_there  # type: ignore[method-assign]


def own_addresses(interfaces: Sequence[str], *, from_here: bool) -> list[str]:
    """Addresses of this machine that viewers may be told: of these interfaces (names or addresses), else all.

    Where none are named, a viewer on this machine (`from_here`) is told loopback too.  Reads the machine's state.
    """
    found: list[str] = []
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            address = ip_address(ip.ip if isinstance(ip.ip, str) else ip.ip[0])
            is_named = adapter.name in interfaces or str(address) in interfaces
            is_told = not address.is_link_local and (from_here or not address.is_loopback)
            if is_named or (not interfaces and is_told):
                found.append(str(address))
    return list(dict.fromkeys(found))[:MOST_ADDRESSES]

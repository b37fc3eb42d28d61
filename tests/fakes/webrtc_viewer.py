"""A viewer by WebRTC that is no browser: aiortc at the other end, over sockets of this machine, decoding pictures."""

import asyncio
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from aioice import Candidate
from aiortc import (
    MediaStreamTrack,
    RTCBundlePolicy,
    RTCConfiguration,
    RTCIceServer,
    RTCIceTransportPolicy,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.codecs import get_capabilities
from aiortc.mediastreams import MediaStreamError
from aiortc.rtcrtptransceiver import RTCRtpTransceiver
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from doorstep.core.ice_server import IceServer


def connection(*, sound: bool = False, codec: str = "video/H264", turn: IceServer | None = None) -> RTCPeerConnection:
    """Wants to be sent a picture, and a sound if asked for; gathers at 127.0.0.1 alone, or through `turn` alone."""
    servers = [RTCIceServer(list(turn.urls), turn.username, turn.credential)] if turn else []
    policy = RTCIceTransportPolicy.RELAY if turn else RTCIceTransportPolicy.ALL
    made = RTCPeerConnection(RTCConfiguration(servers, policy, RTCBundlePolicy.MAX_BUNDLE))
    for kind in ("video", "audio") if sound else ("video",):
        transceiver = made.addTransceiver(kind, direction="recvonly")
        if kind == "video":
            codecs = get_capabilities("video").codecs
            transceiver.setCodecPreferences([one for one in codecs if one.mimeType in {codec, "video/rtx"}])
        _gather_at(transceiver, [] if turn else ["127.0.0.1"])
    return made


def _gather_at(transceiver: RTCRtpTransceiver, own: list[str]) -> None:
    """By itself aioice passes 127.0.0.1 over."""
    ice = transceiver.receiver.transport.transport.iceGatherer._connection
    gather = ice.get_component_candidates

    async def gather_there(component: int, addresses: list[str]) -> list[Candidate]:
        del addresses
        return await gather(component, own)

    ice.get_component_candidates = gather_there  # type: ignore[method-assign,assignment]


@dataclass(slots=True)
class WebRtcViewer:
    """Keeps the size of every decoded picture, and how much sound came."""

    connection: RTCPeerConnection
    sizes: list[tuple[int, int]] = field(default_factory=list)
    samples: int = 0
    came: asyncio.Condition = field(default_factory=asyncio.Condition)
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    @classmethod
    def new(cls, *, sound: bool = False, codec: str = "video/H264", turn: IceServer | None = None) -> Self:
        """Not connected yet."""
        made = cls(connection(sound=sound, codec=codec, turn=turn))
        made.connection.on("track", made._begin)
        return made

    async def offer(self) -> str:
        """With all candidates."""
        await self.connection.setLocalDescription(await self.connection.createOffer())
        return self.connection.localDescription.sdp

    async def take(self, answer: str) -> None:
        """The other end's answer."""
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def decoded(self, count: int, size: tuple[int, int] | None = None) -> None:
        """Wait for so many decoded pictures (of this size) in all."""
        async with asyncio.timeout(60), self.came:
            await self.came.wait_for(lambda: sum(one == (size or one) for one in self.sizes) >= count)

    async def heard(self, samples: int) -> None:
        """Wait for so many samples of sound."""
        async with asyncio.timeout(60), self.came:
            await self.came.wait_for(lambda: self.samples >= samples)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.connection.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def _begin(self, track: MediaStreamTrack) -> None:
        self.tasks.append(asyncio.get_running_loop().create_task(self._take_all(track)))

    async def _take_all(self, track: MediaStreamTrack) -> None:
        try:
            while True:
                frame = await track.recv()
                async with self.came:
                    if isinstance(frame, VideoFrame):
                        self.sizes.append((frame.width, frame.height))
                    elif isinstance(frame, AudioFrame):
                        self.samples += frame.samples
                    self.came.notify_all()
        except MediaStreamError:
            pass

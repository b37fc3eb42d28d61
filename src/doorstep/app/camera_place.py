"""Where an address that a page named leads, judged before anything is sent there.  What is sent then: `camera_trial`.

The address that was judged is the one that is dialled, so that a name cannot mean another machine a moment later.
"""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from doorstep.config.address_rules import is_metadata, parts_of
from doorstep.core.camera_patterns import with_host, without_credentials
from doorstep.core.camera_probe import Trouble
from doorstep.core.errors import ConfigInvalid, SourceRefused
from doorstep.core.public_address import may_be_a_camera
from doorstep.sources.address import (
    DemoAddress,
    FileAddress,
    MjpegAddress,
    PicameraAddress,
    RtmpListenAddress,
    RtmpPullAddress,
    RtspAddress,
    V4l2Address,
    parse_source,
)
from doorstep.sources.local_cameras import local_cameras

LOOK_UP_SECONDS = 5.0
CONNECT_SECONDS = 2.5
_PORTS = {"rtsp": 554, "rtsps": 322, "rtmp": 1935, "rtmps": 443, "http": 80, "https": 443}


class Unfit(SourceRefused):
    """Nothing is sent to this address; `trouble` says why in a word, the text in a sentence."""

    def __init__(self, trouble: Trouble, words: str) -> None:
        super().__init__(words)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """An address as it will be saved, and as it is dialled; neither has a user or a password."""

    address: str
    dialled: str = field(repr=False)
    host: str = ""
    port: int = 0


async def place_of(address: str) -> Whereabouts:
    """Where a camera's whole address leads.  Raises Unfit, also where a child must not be sent."""
    parts = parts_of(address)
    if parts is None or is_metadata(parts):
        raise Unfit(Trouble.FORBIDDEN, _UNUSABLE)
    try:
        kind = parse_source(address)
    except ConfigInvalid as error:
        raise Unfit(Trouble.FORBIDDEN, f"The address {error}.") from None
    match kind:
        case DemoAddress():
            return Whereabouts(address, address)
        case V4l2Address() | PicameraAddress():
            return await _here(address)
        case RtspAddress() | RtmpPullAddress() | MjpegAddress():
            return await _there(without_credentials(address))
        case RtmpListenAddress():
            words = "A camera that pushes its video is not asked for it; write it into the config, as the guide says."
        case FileAddress():
            words = "A file is no camera; a film is named in the config only."
    raise Unfit(Trouble.FORBIDDEN, words)


async def judged_host(host: str, port: int) -> str:
    """The first network address of a host, when a camera may be at each of them.  Raises Unfit."""
    try:
        async with asyncio.timeout(LOOK_UP_SECONDS):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # TimeoutError is one
        words = f"No machine is known by the name {host}; check the camera's address and the network."
        raise Unfit(Trouble.UNKNOWN_HOST, words) from None
    addresses = [str(each[4][0]) for each in found]
    if not addresses or not all(map(may_be_a_camera, addresses)):
        raise Unfit(Trouble.FORBIDDEN, "No camera of your network is at this address, so Doorstep does not go there.")
    return addresses[0]


async def knock(host: str, port: int) -> None:
    """Whether anybody listens.  Raises Unfit."""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            _, writer = await asyncio.open_connection(host, port)
    except ConnectionRefusedError:
        words = f"Nothing listens at port {port} of {host}; switch RTSP on in the camera, and check the port."
        raise Unfit(Trouble.CLOSED, words) from None
    except OSError:  # TimeoutError is one
        words = f"Nobody answers at {host}; check that the camera is on, in this network, and its address right."
        raise Unfit(Trouble.UNREACHABLE, words) from None
    writer.transport.abort()
    with suppress(OSError, AttributeError):
        await writer.wait_closed()


async def open_ports(host: str, ports: Sequence[int]) -> Sequence[int]:
    """Those at which somebody listens.  Raises Unfit where there is none."""
    async with asyncio.TaskGroup() as tasks:
        knocks = {port: tasks.create_task(_why_closed(host, port)) for port in dict.fromkeys(ports)}
    answers = {port: knock.result() for port, knock in knocks.items()}
    found = [port for port, why in answers.items() if why is None]
    if found:
        return found
    reasons = [why for why in answers.values() if why is not None]
    raise min(reasons, key=lambda why: why.trouble is not Trouble.CLOSED)  # rather that somebody is there and says no


async def _why_closed(host: str, port: int) -> Unfit | None:
    try:
        await knock(host, port)
    except Unfit as error:
        return error
    return None


async def _here(address: str) -> Whereabouts:
    listed = {each.address.partition("?")[0] for each in await asyncio.to_thread(local_cameras)}
    if address.partition("?")[0] not in listed:
        raise Unfit(Trouble.FORBIDDEN, "This machine has no such camera; plug it in, then look again.")
    return Whereabouts(address, address)


async def _there(address: str) -> Whereabouts:
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme.lower()]
    reached_at = await judged_host(host, port)
    await knock(reached_at, port)
    # TLS of a web camera is bound to the name that its certificate has.
    dialled = address if parts.scheme.lower() == "https" else with_host(address, reached_at)
    return Whereabouts(address, dialled, host, port)


_UNUSABLE = "This is not an address that can be used; write it like 192.168.1.20 or rtsp://192.168.1.20/stream1."

"""Asks the networks of this machine which cameras are there (WS-Discovery).  What is said lives in `messages`."""

import asyncio
import fcntl
import socket
import struct
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import uuid4

from doorstep.core.errors import MediaInvalid
from doorstep.core.public_address import may_be_a_camera
from doorstep.onvif.messages import MULTICAST, match_of, probe_message

WAIT_SECONDS = 2.5
_AGAIN_SECONDS = 0.4  # UDP loses; cameras answer within half a second (soap-over-udp, appendix I)
_MOST_CAMERAS = 64
_MOST_OF_ONE = 4  # answers of one host
_MOST_ANSWERS = 2_000
_MOST_BYTES = 16 * 1024
_MOST_INTERFACES = 16
_SIOCGIFADDR = 0x8915  # netdevice(7)
_MREQN = struct.Struct("@4s4si")  # ip(7)


@dataclass(frozen=True, slots=True)
class Answered:
    """A camera of the network: its host, how it calls itself, and the address of its device service."""

    host: str
    name: str
    door: str


async def answered(seconds: float = WAIT_SECONDS) -> list[Answered]:
    """Every camera that answers meanwhile, each host once, by address.  A network that cannot be asked is left out.

    Answers are anybody's: shown is only one whose door is at the host that sent it, and that may be a camera's.
    """
    message_id = f"urn:uuid:{uuid4()}"
    found: dict[str, Answered] = {}
    loop = asyncio.get_running_loop()
    with ExitStack() as open_sockets:
        ears = [open_sockets.enter_context(one) for one in _sockets()]
        heard = _Heard(message_id, found)
        for ear in ears:
            loop.add_reader(ear, heard.read, ear)
        try:
            _ask(ears, message_id)
            await asyncio.sleep(min(_AGAIN_SECONDS, seconds))
            _ask(ears, message_id)
            await asyncio.sleep(max(0.0, seconds - _AGAIN_SECONDS))
        finally:
            for ear in ears:
                loop.remove_reader(ear)
    return sorted(found.values(), key=lambda one: ip_address(one.host))


class _Heard:
    """Takes what comes; a host that talks on is not listened to, so that it hides no other."""

    def __init__(self, message_id: str, found: dict[str, Answered]) -> None:
        self._message_id = message_id
        self._found = found
        self._counts: Counter[str] = Counter()
        self._all = 0

    def read(self, ear: socket.socket) -> None:
        """One datagram."""
        with suppress(OSError):
            datagram, (host, _) = ear.recvfrom(_MOST_BYTES + 1)
            self._all += 1
            if self._all > _MOST_ANSWERS or len(datagram) > _MOST_BYTES or host in self._found:
                return
            self._counts[host] += 1
            if self._counts[host] <= _MOST_OF_ONE and len(self._found) < _MOST_CAMERAS:
                self._take(datagram, host)

    def _take(self, datagram: bytes, host: str) -> None:
        try:
            match = match_of(datagram, self._message_id)
        except MediaInvalid:
            return
        if match is None or not may_be_a_camera(host):
            return
        door = next((one for one in match.addresses if is_door_of(host, one)), None)
        if door is not None:
            self._found[host] = Answered(host, match.name, door)


def is_door_of(host: str, address: str) -> bool:
    """Whether an address that a camera named is HTTP at its own host, as an address and not as a name."""
    try:
        parts = urlsplit(address)
        return (
            parts.scheme in {"http", "https"}
            and parts.username is None
            and parts.port != 0
            and address.isprintable()
            and ip_address(parts.hostname or "") == ip_address(host)
        )
    except ValueError:
        return False


def _ask(ears: list[socket.socket], message_id: str) -> None:
    for ear in ears:
        with suppress(OSError):  # a network that is down
            ear.sendto(probe_message(message_id), MULTICAST)


def _sockets() -> Iterator[socket.socket]:
    """One for each network of this machine that has an IPv4 address."""
    for number in list(_networks())[:_MOST_INTERFACES]:
        ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            ear.setblocking(False)
            where = _MREQN.pack(bytes(4), bytes(4), number)
            ear.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, where)
            ear.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
            ear.bind(("", 0))
        except OSError:
            ear.close()
            continue
        yield ear


def _networks() -> Mapping[int, str]:
    """Numbers and names of the interfaces that have an IPv4 address which is no loopback's."""
    found = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        for number, name in socket.if_nameindex():
            try:
                answer = fcntl.ioctl(asker, _SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
            except OSError:
                continue
            if not ip_address(answer[20:24]).is_loopback:
                found[number] = name
    return found

"""Which ports of a machine answer a stranger: SYNs (RFC 9293, 3.5) and questions to STUN servers, of raw sockets.

Each SYN comes from an address of its own, so that who counts strangers does not hide anything from this one; the
network of the phone is such that all answers come to it.
"""

import os
import socket
import struct
import time
from collections.abc import Iterable
from dataclasses import dataclass

SYN, ACK, RST = 0x02, 0x10, 0x04
_ETH_P_IP = 0x0800
_STUN_QUESTION = struct.pack("!HHI", 0x0001, 0, 0x2112A442)
ANSWER_SECONDS = 2.0
_AT_ONCE = 256
"""So many, then a look at what came: the kernel keeps a little for a socket."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """`open` takes connections, `refused` says that nobody listens; what is in neither says nothing."""

    open: frozenset[int]
    refused: frozenset[int]


def tcp_ports(target: str, network: str = "45.30", ports: Iterable[int] = range(1, 65536)) -> Scanned:
    """By somebody in `network` (of 16 bits), where all of it is routed to.  Call it there, as root."""
    found: dict[int, set[int]] = {SYN: set(), RST: set()}
    with (
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as out,
        socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_IP)) as seen,
    ):
        seen.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        seen.setblocking(False)
        for number, port in enumerate(ports):
            source = f"{network}.{2 + number // 200 % 250}.{2 + number % 200}"
            out.sendto(_syn(source, target, port), (target, 0))
            if number % _AT_ONCE == 0:
                _note(seen, target, found)
        end = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < end:
            _note(seen, target, found)
            time.sleep(0.02)
    return Scanned(frozenset(found[SYN]), frozenset(found[RST]))


def stun_ports(target: str, ports: Iterable[int] = range(1, 65536)) -> Scanned:
    """Over UDP: who answers at all, and which ports the kernel says are closed."""
    answered, closed = set[int](), set[int]()
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out,
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as errors,
    ):
        out.setblocking(False)
        errors.setblocking(False)
        for number, port in enumerate(ports):
            out.sendto(_STUN_QUESTION + os.urandom(12), (target, port))
            if number % _AT_ONCE == 0:
                _note_udp(out, errors, answered, closed)
        end = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < end:
            _note_udp(out, errors, answered, closed)
            time.sleep(0.02)
    return Scanned(frozenset(answered), frozenset(closed))


def _note(seen: socket.socket, target: str, found: dict[int, set[int]]) -> None:
    wanted = socket.inet_aton(target)
    while True:
        try:
            packet = seen.recv(2048)
        except BlockingIOError:
            return
        if len(packet) < 40 or packet[12:16] != wanted or packet[9] != socket.IPPROTO_TCP:
            continue
        tcp = packet[4 * (packet[0] & 15) :]
        port, flags = int.from_bytes(tcp[:2], "big"), tcp[13]
        if flags & RST:
            found[RST].add(port)
        elif flags & SYN and flags & ACK:
            found[SYN].add(port)


def _note_udp(out: socket.socket, errors: socket.socket, answered: set[int], closed: set[int]) -> None:
    while True:
        try:
            answered.add(out.recvfrom(2048)[1][1])
        except BlockingIOError:
            break
        except ConnectionError:
            continue
    while True:
        try:
            packet = errors.recv(2048)
        except BlockingIOError:
            return
        # ICMP type 3, code 3: the IP and UDP heads of what was refused follow (RFC 792).
        if len(packet) >= 56 and packet[20:22] == b"\x03\x03":
            closed.add(int.from_bytes(packet[50:52], "big"))


def _syn(source: str, target: str, port: int) -> bytes:
    ends = socket.inet_aton(source) + socket.inet_aton(target)
    head = struct.pack("!BBHHHBBH", 0x45, 0, 40, 0, 0, 64, socket.IPPROTO_TCP, 0) + ends
    tcp = struct.pack("!HHIIBBHHH", 40000 + port % 20000, port, 7, 0, 0x50, SYN, 1024, 0, 0)
    checksum = _checksum(ends + struct.pack("!BBH", 0, socket.IPPROTO_TCP, len(tcp)) + tcp)
    return head + tcp[:16] + checksum.to_bytes(2, "big") + tcp[18:]


def _checksum(words: bytes) -> int:
    """RFC 1071."""
    total: int = sum(struct.unpack(f"!{len(words) // 2}H", words))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF

"""Where a viewer says that it can be reached (ICE), and which of that Doorstep will try.  Pure; nothing is resolved."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from doorstep.core.cloud_metadata import CLOUD_METADATA

MOST_CANDIDATES = 16
"""Of one viewer, all told; a browser on a machine with many networks sends about ten."""

_LEAST_PORT = 1024
_MOST_PORT = 65535
_LINE = re.compile(
    r"candidate:([A-Za-z0-9+/]{1,32}) 1 udp ([0-9]{1,10}) ([0-9A-Fa-f.:]{2,45}) ([0-9]{1,5})"
    r" typ (host|srflx|relay)(?: .*)?",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class IceCandidate:
    """One address over UDP (RFC 8839, 5.1), of the only component there is."""

    foundation: str
    priority: int
    address: IPv4Address | IPv6Address
    port: int
    kind: str

    @property
    def line(self) -> str:
        """As a line of SDP has it behind `a=`."""
        head = f"candidate:{self.foundation} 1 udp {self.priority} {self.address} {self.port} typ {self.kind}"
        return head if self.kind == "host" else f"{head} raddr 0.0.0.0 rport 9"


def usable_candidates(lines: Iterable[str], *, from_here: bool, room: int = MOST_CANDIDATES) -> list[IceCandidate]:
    """The first `room` that may be tried, of values such as `candidate:1 1 udp ...`; whatever else is passed over.

    Names (mDNS) are not resolved, other machines' own (loopback, unless the viewer is on this one: `from_here`),
    clouds' metadata, groups and ports of well-known services are not spoken to.  A browser that hides its addresses
    is found all the same, by what it sends to ours.
    """
    found: dict[tuple[object, int], IceCandidate] = {}
    for candidate in _read(lines):
        if len(found) >= room:
            break
        if may_try(candidate.address, from_here=from_here):
            found.setdefault((candidate.address, candidate.port), candidate)
    return list(found.values())


def may_try(address: IPv4Address | IPv6Address, *, from_here: bool) -> bool:
    """Whether a packet may be sent to this address because a viewer asks for it."""
    if address in CLOUD_METADATA or address.is_multicast or address.is_unspecified or address.is_reserved:
        return False
    if address.is_loopback:
        return from_here
    return not address.is_link_local


def _read(lines: Iterable[str]) -> Iterator[IceCandidate]:
    for line in lines:
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        foundation, priority, host, port, kind = match.groups()
        try:
            address = ip_address(host)
        except ValueError:
            continue
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if _LEAST_PORT <= int(port) <= _MOST_PORT and int(priority) < 1 << 32:
            yield IceCandidate(foundation, int(priority), address, int(port), kind.lower())

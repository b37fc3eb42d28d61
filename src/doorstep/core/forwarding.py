"""What a proxy says of the request that it passes on: who asked, by which scheme, for which host.

It is believed of listed peers alone, and of a chain only as far back as every hop is listed.  Reading the headers of a
request, and what is done with this: `web/proxies`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

MOST_HOPS = 16
"""Entries of a header that are looked at, from the right; whoever sends more has written the others himself."""
LONGEST_ENTRY = 300

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_PAIR = re.compile(r'\s*([A-Za-z]+)=(?:"([^"\\]*)"|([^";,\s]*))\s*')
_SCHEMES = frozenset({"http", "https"})


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What is believed; None where nothing is said, or nothing that can be believed."""

    client: str | None = None
    scheme: str | None = None
    host: str | None = None


NOTHING = Forwarded()


@dataclass(frozen=True, slots=True)
class _Hop:
    """What one proxy wrote: for whom it passed something on, and how it was asked."""

    client: str = ""
    scheme: str = ""
    host: str = ""


class TrustedProxies:
    """The addresses and networks of the config; immutable."""

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks: tuple[Network, ...] = tuple(ip_network(one, strict=False) for one in networks)

    def __bool__(self) -> bool:
        return bool(self._networks)

    def trusts(self, text: str) -> bool:
        """Whether it is an address of theirs; text that is none is not."""
        found = _address(text)
        return found is not None and any(found in network for network in self._networks)

    def believed(self, headers: Mapping[str, str], peer: str) -> Forwarded:
        """What the peer's request says of who is behind it; NOTHING where the peer is not listed.

        `headers` are in small letters, those that came several times joined by commas in their order (RFC 9110, 5.2).
        The client is the rightmost address that is not listed; an entry that is no address ends the chain.  A request
        with both kinds of headers is believed where they agree: a proxy writes one kind, and passes the other on.
        """
        if not self.trusts(peer):
            return NOTHING
        modern = self._of(_forwarded_hops(headers.get("forwarded", "")), peer)
        former = self._of(_x_forwarded_hops(headers), peer)
        if modern is None or former is None:
            return former or modern or NOTHING
        return former if modern.client == former.client and modern.scheme == former.scheme else NOTHING

    def _of(self, hops: Sequence[_Hop], peer: str) -> Forwarded | None:
        """None where no header of the kind is there."""
        if not hops:
            return None
        believed = Forwarded(client=peer)
        for hop in reversed(hops):
            client = _address(hop.client)
            believed = Forwarded(
                client=str(client) if client is not None else believed.client,
                scheme=hop.scheme if hop.scheme in _SCHEMES else believed.scheme,
                host=hop.host if _HOST.fullmatch(hop.host) else believed.host,
            )
            if client is None or not self.trusts(hop.client):
                break
        return believed


def of_one_hop(headers: Mapping[str, str]) -> Forwarded:
    """What the next hop itself wrote, where that is known to speak truth: the last entry of each X-Forwarded header.

    What stands further left, and the header `Forwarded`, are the client's own words, which it passed on.
    """
    hops = _x_forwarded_hops(headers)
    if not hops:
        return NOTHING
    last, client = hops[-1], _address(hops[-1].client)
    return Forwarded(
        client=str(client) if client is not None else None,
        scheme=last.scheme if last.scheme in _SCHEMES else None,
        host=last.host if _HOST.fullmatch(last.host) else None,
    )


def _address(text: str) -> Address | None:
    """Of an address as these headers write it: bare, in brackets, with a port; IPv4 within IPv6 is IPv4."""
    text = text.strip()
    if len(text) > LONGEST_ENTRY:
        return None
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        return None if found.scope_id is not None else found.ipv4_mapped or found
    return found


def _x_forwarded_hops(headers: Mapping[str, str]) -> list[_Hop]:
    """By what nearly every proxy writes.  Scheme and host are the nearest proxy's, or stand beside each address."""
    names = ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host")
    clients, schemes, hosts = (_entries(headers.get(name, "")) for name in names)
    if not (clients or schemes or hosts):
        return []
    hops = [_Hop(client) for client in clients] or [_Hop()]
    return [
        _Hop(hop.client, _beside(schemes, hops, number).lower(), _beside(hosts, hops, number))
        for number, hop in enumerate(hops)
    ]


def _beside(values: Sequence[str], hops: Sequence[_Hop], number: int) -> str:
    if len(values) == len(hops):
        return values[number]
    return values[-1] if values and number == len(hops) - 1 else ""


def _forwarded_hops(header: str) -> list[_Hop]:
    """By RFC 7239, section 4; an element that cannot be read stands for a hop of whom nothing is known."""
    hops = []
    for entry in _entries(header):
        found = {
            match[1].lower(): match[2] or match[3] or "" for match in map(_PAIR.fullmatch, entry.split(";")) if match
        }
        hops.append(_Hop(found.get("for", ""), found.get("proto", "").lower(), found.get("host", "")))
    return hops


def _entries(header: str) -> list[str]:
    if not header.strip():
        return []
    return [entry.strip() for entry in header.rsplit(",", MOST_HOPS)[-MOST_HOPS:]]

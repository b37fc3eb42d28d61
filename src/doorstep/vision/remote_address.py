"""Which address a remote detector may have, and where that is: checked after resolution, at each new look-up."""

import ipaddress
import socket
from collections.abc import Callable

import httpx

from doorstep.core.cloud_metadata import CLOUD_METADATA
from doorstep.core.errors import ConfigInvalid, DetectorUnavailable

Resolve = Callable[[str, int], list[str]]
MOST_PORT = 65535

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052, section 2.1


def parsed(endpoint: str) -> httpx.URL:
    """The endpoint's address.  Raises ConfigInvalid, whose words do not quote it: it may hold a secret."""
    try:
        url = httpx.URL(endpoint)
    except (httpx.InvalidURL, UnicodeError):
        url = httpx.URL("")
    if url.scheme not in {"http", "https"} or not url.host or (url.port or 0) > MOST_PORT:
        msg = "detection.endpoint is no address of a detector; write it like http://192.0.2.20:8090/detect"
        raise ConfigInvalid(msg)
    if url.userinfo:
        msg = "detection.endpoint holds a password; give the detector's token instead."
        raise ConfigInvalid(msg)
    return url.copy_with(fragment=None)


def looked_up(host: str, port: int) -> list[str]:
    """The addresses of a host, by the system's resolver.  Blocks.  Raises OSError."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def reached_at(url: httpx.URL, resolve: Resolve = looked_up) -> list[str]:
    """The numeric addresses to connect to, at least one; loopback and private ones are the owner's choice.  Blocks.

    Raises DetectorUnavailable where nobody knows the host, where one of its addresses is cloud metadata, and where
    pictures would go through the Internet in the clear.
    """
    try:
        found = resolve(url.host, url.port or (443 if url.scheme == "https" else 80))
    except OSError:
        found = []
    if not found:
        msg = f"Nobody knows the host {url.host} of the remote detector; check its name and the network."
        raise DetectorUnavailable(msg)
    if any(_is_forbidden(address) for address in found):
        msg = f"{url.host} is an address where clouds keep credentials, or is no host; name the detector's own."
        raise DetectorUnavailable(msg)
    if url.scheme == "http" and any(_bare(ipaddress.ip_address(address)).is_global for address in found):
        msg = f"{url.host} is outside your own network; write https://, or anybody on the way could see the pictures."
        raise DetectorUnavailable(msg)
    return list(dict.fromkeys(found))


def _is_forbidden(text: str) -> bool:
    address = _bare(ipaddress.ip_address(text))
    return address in CLOUD_METADATA or address.is_link_local or address.is_multicast or address.is_unspecified


def _bare(address: _Address) -> _Address:
    """The IPv4 address within an IPv6 one, where it is mapped or translated."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if address.scope_id:
            return ipaddress.IPv6Address(int(address))
    return address

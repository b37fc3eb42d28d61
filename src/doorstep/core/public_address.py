"""Which network addresses may be reached on behalf of somebody who is not the owner.  Looking them up: adapters."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from doorstep.core.cloud_metadata import CLOUD_METADATA

_ROUTED: Final = IPv6Network("2000::/3")
"""All that is anybody's (IANA's registry of RFC 4291, 2.4), whatever newer networks inside it are for."""

_THIS_HOST: Final = IPv4Network("0.0.0.0/8")  # RFC 1122, 3.2.1.3
_DOCUMENTATION: Final = IPv6Network("3fff::/20")  # RFC 9637, newer than some Pythons
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")  # RFC 6052, 2.1: an IPv4 address behind a translator
_DISGUISES: Final = (
    _TRANSLATED,
    IPv6Network("64:ff9b:1::/48"),  # RFC 8215: the same within a network
    IPv6Network("::/96"),  # RFC 4291, 2.5.5.1
    IPv6Network("::ffff:0:0:0/96"),  # RFC 2765, 2.1
)
"""The last 32 bits are an IPv4 address."""


def is_public(address: str) -> bool:
    """Whether it is anybody's on the internet: not of this machine, this network, a cloud's inside or a group.

    An IPv4 address that hides in an IPv6 one is judged as what it is.  Text that is no address is not public.
    """
    real = _real(address)
    if real is None or not real.is_global or real.is_multicast or real in CLOUD_METADATA:
        return False
    found = ip_address(address.partition("%")[0])
    is_routed = isinstance(found, IPv4Address) or found in _ROUTED or found in _TRANSLATED or found.ipv4_mapped
    return bool(is_routed) and found not in _DOCUMENTATION


def is_metadata(address: str) -> bool:
    """Whether a machine in a cloud finds its own secrets there: refused even where the owner's file names it."""
    return _real(address) in CLOUD_METADATA


def may_be_a_camera(address: str) -> bool:
    """Whether a page may have it tried as a camera's: of the internet or of a network at home.

    Not of this machine, not of a cable without a network, no group, and not where clouds keep credentials.
    """
    real = _real(address)
    if real is None or real in CLOUD_METADATA or real.is_loopback or real.is_link_local or real.is_multicast:
        return False
    return not (real.is_unspecified or real.is_reserved or real in _THIS_HOST)


def _real(address: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, IPv4Address):
        return found
    if any(found in one for one in _DISGUISES):
        return IPv4Address(found.packed[12:])
    return found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else found)

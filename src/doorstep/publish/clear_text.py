"""May something be sent unencrypted to this address?  Only where it stays at home; who resolves names is elsewhere."""

from collections.abc import Iterable
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address, ip_network

_AT_HOME = tuple(
    ip_network(network)
    for network in (
        "10.0.0.0/8",  # private (RFC 1918)
        "172.16.0.0/12",
        "192.168.0.0/16",
        "127.0.0.0/8",  # this machine (RFC 1122)
        "169.254.0.0/16",  # link-local (RFC 3927)
        "100.64.0.0/10",  # behind the provider's NAT, and what private networks over the internet use (RFC 6598)
        "::1/128",
        "fe80::/10",  # link-local (RFC 4291)
        "fc00::/7",  # unique local (RFC 4193)
    )
)


def is_public(address: str) -> bool:
    """Whether a numeric address may lie outside the home; what is no address, or of an unknown kind, may."""
    try:
        number = ip_address(address)
    except (ValueError, AddressValueError):
        return True
    if isinstance(number, IPv6Address) and number.ipv4_mapped is not None:
        number = number.ipv4_mapped
    return not any(_holds(network, number) for network in _AT_HOME)


def any_public(addresses: Iterable[str]) -> bool:
    """A name is public when any of its addresses is: nobody knows which one will be taken next time."""
    return any(map(is_public, addresses))


def _holds(network: object, number: IPv4Address | IPv6Address) -> bool:
    return number in network  # type: ignore[operator]

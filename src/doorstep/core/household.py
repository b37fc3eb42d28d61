"""Whose an address is, where tries are counted: who can choose among many addresses has one count for all of them."""

import ipaddress


def household(address: str) -> str:
    """The address itself in IPv4, its /64 in IPv6, where one household has that many; empty for what is no address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((int(parsed), 64), strict=False))

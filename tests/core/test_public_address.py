"""Every disguise in which an address of this machine, this network or a cloud's inside may come."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.public_address import is_metadata, is_public

PREFIXES = (  # in which the last 32 bits are an IPv4 address
    "::ffff:0:0",  # mapped (RFC 4291, 2.5.5.2)
    "::",  # compatible (2.5.5.1)
    "::ffff:0:0:0",  # translated (RFC 2765, 2.1)
    "64:ff9b::",  # behind a translator (RFC 6052, 2.1)
    "64:ff9b:1::",  # the same of one network (RFC 8215)
)


def disguised(address: str) -> list[str]:
    number = int(IPv4Address(address))
    six_to_four = IPv6Address((0x2002 << 112) | (number << 80) | 1)  # RFC 3056
    teredo = IPv6Address((0x20010000 << 96) | (0x41000001 << 64) | (number ^ 0xFFFFFFFF))  # RFC 4380
    return [address, str(six_to_four), str(teredo), *(str(IPv6Address(one) + number) for one in PREFIXES)]


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1"]
)
def test_no_disguise_makes_an_inner_address_public(address: str) -> None:
    assert [one for one in disguised(address) if is_public(one)] == []


@pytest.mark.parametrize("address", ["169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16"])
def test_no_disguise_hides_where_clouds_keep_credentials(address: str) -> None:
    assert [one for one in disguised(address) if not is_metadata(one)] == []
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["::1", "::", "fe80::1%eth0", "fec0::1", "fd00::1", "ff02::1", "3fff::1", "2001:db8::1", "5f00::1", "4000::1", "x"],
)
def test_what_nobody_routes_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1", "2a00:1450:4001::200e", "64:ff9b::808:808"])
def test_what_anybody_reaches_is(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=6))
def test_only_what_is_routed_is_public(address: IPv6Address) -> None:
    hides_one = address.ipv4_mapped is not None or str(address).startswith("64:ff9b::")
    assert hides_one or int(address) >> 125 == 1 or not is_public(str(address))

"""What may go unencrypted where: home only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.publish.clear_text import any_public, is_public

HOME = ["127.0.0.1", "10.1.2.3", "172.31.255.255", "192.168.1.1", "169.254.0.9", "100.64.0.1", "100.127.255.255"]
HOME += ["::1", "fe80::1%wlan0", "fd00::5", "::ffff:192.168.1.1"]
PUBLIC = ["8.8.8.8", "172.32.0.1", "100.128.0.1", "100.63.255.255", "0.0.0.0", "2606:4700::1", "::ffff:8.8.8.8"]  # noqa: S104
PUBLIC += ["::", "ff02::1", "2002:c0a8:101::1", "64:ff9b::c0a8:101", "", "home.example", "255.255.255.255"]


@pytest.mark.parametrize("address", HOME)
def test_addresses_at_home(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_outside(address: str) -> None:
    assert is_public(address)


def test_a_name_with_one_public_address_is_public() -> None:
    assert any_public(["192.168.1.1", "8.8.8.8"])
    assert not any_public(["192.168.1.1", "fd00::5"])


@given(st.text())
def test_what_is_no_address_is_public(text: str) -> None:
    assert is_public(f"{text}.example")


@given(st.ip_addresses(v=4))
def test_every_address_at_home_is_one_that_the_internet_does_not_carry(address: object) -> None:
    from ipaddress import IPv4Address  # noqa: PLC0415 - for the type alone

    assert isinstance(address, IPv4Address)
    if not is_public(str(address)):
        assert not address.is_global

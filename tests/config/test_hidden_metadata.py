"""However an address of a cloud's inside is spelt in the config, nothing is sent there."""

from urllib.parse import urlsplit

import pytest

from doorstep.config.address_rules import is_metadata


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "169.254.169.254.",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:a9fe:a9fe::1]",
        "[::169.254.169.254]",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "169.254.43518",
        "metadata.google.internal",
    ],
)
def test_no_spelling_hides_it(host: str) -> None:
    assert is_metadata(urlsplit(f"https://{host}/latest"))


@pytest.mark.parametrize("host", ["192.168.1.1", "cam", "push.example.org", "[fd00::1]", "127.1", "2130706433"])
def test_the_owners_own_addresses_are_none(host: str) -> None:
    assert not is_metadata(urlsplit(f"https://{host}/latest"))

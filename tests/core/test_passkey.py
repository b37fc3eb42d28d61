"""Where there can be passkeys: at a host name, over TLS, or on the machine itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.passkey import why_no_passkeys


@pytest.mark.parametrize(
    ("scheme", "host"), [("https", "door.example.org"), ("https", "pi.local"), ("http", "localhost")]
)
def test_there_can_be_some(scheme: str, host: str) -> None:
    assert why_no_passkeys(scheme, host) == ""


@given(st.sampled_from(["http", "https"]), st.ip_addresses().map(str))
def test_never_at_a_number(scheme: str, host: str) -> None:
    assert "number" in why_no_passkeys(scheme, host)


def test_never_without_tls_from_elsewhere() -> None:
    assert "https" in why_no_passkeys("http", "door.example.org")

"""What the hub's web server says of a request: its own entry alone, whatever the client wrote before it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.forwarding import NOTHING, Forwarded, of_one_hop

TOLD = {"x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https", "x-forwarded-host": "door.example.org"}


def test_all_that_it_says_is_believed() -> None:
    assert of_one_hop(TOLD) == Forwarded("203.0.113.7", "https", "door.example.org")


def test_without_its_headers_nothing_is() -> None:
    assert of_one_hop({}) == of_one_hop({"forwarded": "for=127.0.0.1;proto=https;host=x"}) == NOTHING


@pytest.mark.parametrize(
    ("header", "client"),
    [
        ("127.0.0.1, 203.0.113.7", "203.0.113.7"),
        ("203.0.113.7, nobody", None),
        ("", None),
        ("2001:db8::1", "2001:db8::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("fe80::1%eth0", None),
        ("203.0.113.7 ", "203.0.113.7"),
    ],
)
def test_its_own_entry_is_the_last(header: str, client: str | None) -> None:
    assert of_one_hop({**TOLD, "x-forwarded-for": header}).client == client


@pytest.mark.parametrize("scheme", ["javascript", "ws", "https, http", ""])
def test_only_a_scheme_of_the_web_is_one(scheme: str) -> None:
    assert of_one_hop({**TOLD, "x-forwarded-proto": scheme}).scheme in {None, "http"}


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_borne(client: str, scheme: str, host: str) -> None:
    told = of_one_hop({"x-forwarded-for": client, "x-forwarded-proto": scheme, "x-forwarded-host": host})
    assert told.scheme in {None, "http", "https"}


@given(st.lists(st.ip_addresses().map(str), max_size=20), st.ip_addresses(v=4).map(str))
def test_nobody_puts_another_address_in_its_place(forged: list[str], client: str) -> None:
    assert of_one_hop({**TOLD, "x-forwarded-for": ", ".join([*forged, client])}).client == client

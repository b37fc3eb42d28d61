"""Whose word about who asks is believed, and how far back: of listed peers alone, to the first that is not listed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.forwarding import MOST_HOPS, NOTHING, Forwarded, TrustedProxies

PROXY = "192.0.2.10"
LISTED = TrustedProxies([PROXY, "10.0.0.0/8", "fd00::/8"])


def client_of(x_forwarded_for: str, peer: str = PROXY) -> str | None:
    return LISTED.believed({"x-forwarded-for": x_forwarded_for}, peer).client


def test_without_a_list_nothing_is_believed() -> None:
    headers = {"x-forwarded-for": "198.51.100.7", "x-forwarded-proto": "https", "forwarded": "for=198.51.100.7"}
    assert TrustedProxies([]).believed(headers, "127.0.0.1") == NOTHING


@pytest.mark.parametrize("peer", ["192.0.2.11", "127.0.0.1", "::1", "", "local", "192.0.2.10.evil.example"])
def test_a_peer_that_is_not_listed_is_not_believed(peer: str) -> None:
    headers = {"x-forwarded-for": "198.51.100.7", "x-forwarded-proto": "https", "x-forwarded-host": "door.example.org"}
    assert LISTED.believed(headers, peer) == NOTHING


def test_a_listed_peer_says_who_asked_how_and_for_whom() -> None:
    headers = {"x-forwarded-for": "198.51.100.7", "x-forwarded-proto": "https", "x-forwarded-host": "door.example.org"}
    assert LISTED.believed(headers, PROXY) == Forwarded("198.51.100.7", "https", "door.example.org")


@pytest.mark.parametrize(
    ("header", "client"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("203.0.113.9, 198.51.100.7", "198.51.100.7"),  # what the client wrote itself
        ("203.0.113.9, 198.51.100.7, 10.1.2.3", "198.51.100.7"),  # a chain of two that are listed
        ("127.0.0.1, 198.51.100.7, fd00::5, 10.1.2.3", "198.51.100.7"),
        ("10.9.9.9, 10.1.2.3", "10.9.9.9"),  # all listed: the first of them asks itself
        ("198.51.100.7:51000", "198.51.100.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("198.51.100.7, garbage", PROXY),
        ("198.51.100.7, garbage, 10.1.2.3", "10.1.2.3"),
        ("198.51.100.7, unknown", PROXY),
        ("198.51.100.7, , 10.1.2.3", "10.1.2.3"),
        ("fe80::1%eth0", PROXY),
        ("0x7f.1", PROXY),
        ("<script>alert(1)</script>", PROXY),
        ("\x00\x01", PROXY),
        ("9" * 100_000, PROXY),
    ],
)
def test_the_client_is_the_rightmost_that_is_not_listed(header: str, client: str) -> None:
    assert client_of(header) == client


def test_of_a_header_with_a_hundred_thousand_entries_the_last_ones_are_looked_at() -> None:
    assert client_of(", ".join(["203.0.113.9"] * 100_000 + ["198.51.100.7"])) == "198.51.100.7"
    assert client_of(", ".join(["203.0.113.9"] + ["10.1.2.3"] * (MOST_HOPS + 5))) == "10.1.2.3"


def test_an_ipv4_peer_within_ipv6_is_the_same_peer() -> None:
    assert client_of("198.51.100.7", "::ffff:192.0.2.10") == "198.51.100.7"


@pytest.mark.parametrize("scheme", ["ftp", "javascript", "https ://", "", "HTTPS2"])
def test_a_scheme_that_is_none_is_not_believed(scheme: str) -> None:
    told = LISTED.believed({"x-forwarded-for": "198.51.100.7", "x-forwarded-proto": scheme}, PROXY)
    assert told == Forwarded("198.51.100.7")


def test_a_scheme_beside_each_address_is_that_of_the_client() -> None:
    headers = {"x-forwarded-for": "198.51.100.7, 10.1.2.3", "x-forwarded-proto": "https, http"}
    assert LISTED.believed(headers, PROXY).scheme == "https"
    headers["x-forwarded-proto"] = "https, https, http"  # the client added one: what the nearest wrote holds
    assert LISTED.believed(headers, PROXY).scheme == "http"


def test_a_scheme_alone_is_believed() -> None:
    assert LISTED.believed({"x-forwarded-proto": "https"}, PROXY) == Forwarded(PROXY, "https")


@pytest.mark.parametrize(
    "host", ["a b", "door.example.org/path", "user@door", "-x", "a,b", "door:port", "[::1", "x" * 300, "dör.example"]
)
def test_a_host_that_is_none_is_not_believed(host: str) -> None:
    headers = {"x-forwarded-for": "198.51.100.7", "x-forwarded-host": host.replace(",", ";")}
    assert LISTED.believed(headers, PROXY).host is None


@pytest.mark.parametrize(
    "host", ["door.example.org", "door.example.org:8443", "192.0.2.1:80", "[2001:db8::1]:80", "pi"]
)
def test_a_host_is_taken_with_its_port(host: str) -> None:
    assert LISTED.believed({"x-forwarded-host": host}, PROXY).host == host


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("for=198.51.100.7;proto=https;host=door.example.org", Forwarded("198.51.100.7", "https", "door.example.org")),
        ('For="[2001:db8::1]:4711"; Proto=HTTPS', Forwarded("2001:db8::1", "https")),
        ("for=203.0.113.9, for=198.51.100.7;proto=https", Forwarded("198.51.100.7", "https")),
        ("for=198.51.100.7;proto=https, for=10.1.2.3;proto=http", Forwarded("198.51.100.7", "https")),
        ("for=_hidden, for=10.1.2.3", Forwarded("10.1.2.3")),
        ("for=unknown", Forwarded(PROXY)),
        ("nonsense", Forwarded(PROXY)),
        ('for="198.51.100.7', Forwarded(PROXY)),
    ],
)
def test_the_standard_header_is_read_as_well(header: str, told: Forwarded) -> None:
    assert LISTED.believed({"forwarded": header}, PROXY) == told


def test_both_kinds_are_believed_where_they_agree_for_one_may_be_the_clients_own() -> None:
    headers = {"x-forwarded-for": "198.51.100.7", "x-forwarded-proto": "https"}
    agreeing = {**headers, "forwarded": "for=198.51.100.7;proto=https"}
    assert LISTED.believed(agreeing, PROXY) == Forwarded("198.51.100.7", "https")
    assert LISTED.believed({**headers, "forwarded": "for=203.0.113.9;proto=https"}, PROXY) == NOTHING


@given(
    st.dictionaries(
        st.sampled_from(["forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"]), st.text()
    )
)
def test_no_header_is_too_strange(headers: dict[str, str]) -> None:
    told = LISTED.believed(headers, PROXY)
    assert told.scheme in {None, "http", "https"}
    assert told.client is None or LISTED.trusts(told.client) in {True, False}


@given(st.lists(st.sampled_from(["203.0.113.9", "198.51.100.7", "garbage", "10.1.2.3", "::1"]), max_size=40))
def test_whatever_stands_left_of_the_client_changes_nothing(written: list[str]) -> None:
    assert client_of(", ".join([*written, "198.51.100.99"])) == "198.51.100.99"

"""Which addresses a browser may give, and which network addresses they may lead to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.public_address import is_metadata, is_public
from doorstep.core.push_endpoint import push_endpoint

OWN = ("https://push.example.org/", "https://door.example.org:8443/push/")


@pytest.mark.parametrize(
    "url",
    [
        "https://fcm.googleapis.com/fcm/send/abc:def",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
        "https://web.push.apple.com/QOX",
        "https://wns2-par02p.notify.windows.com/w/?token=BQYAA%3d",
        "https://FCM.googleapis.com:443/fcm/send/abc",
    ],
)
def test_the_push_services_of_browsers_are_known(url: str) -> None:
    found = push_endpoint(url)
    assert found is not None
    assert not found.is_own
    assert found.port == 443
    assert found.origin == f"https://{found.host}"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://fcm.googleapis.com/fcm/send/abc",
        "https://fcm.googleapis.com.evil.example/abc",
        "https://evil.example/fcm.googleapis.com",
        "https://evilpush.apple.com.example/abc",
        "https://push.apple.com@evil.example/abc",
        "https://fcm.googleapis.com:8443/abc",
        "https://fcm.googleapis.com:0/abc",
        "https://fcm.googleapis.com./abc",
        "https://user:word@fcm.googleapis.com/abc",
        "https://fcm.googleapis.com\\@evil.example/",
        "https://fcm.googleapis.com/a b",
        "https://fcm.googleapis.com/a\r\nX: y",
        "https://fcm.googleapis.com/ä",
        "https://fcm.googleapis.com/" + "a" * 2100,
        "https://127.0.0.1/abc",
        "https://[::1]/abc",
        "https://[half/abc",
        "https://[::1%25.push.apple.com]/",
        "https://127.0.0.1;.push.apple.com/x",
        "https://127.0.0.1%2f.push.apple.com/x",
        "https://push.example.org/abc",
    ],
)
def test_everything_else_is_refused(url: str) -> None:
    assert push_endpoint(url) is None


def test_an_own_service_is_taken_by_the_beginning_of_its_address() -> None:
    found = push_endpoint("https://door.example.org:8443/push/abc?x=1", OWN)
    assert found is not None
    assert found.is_own
    assert (found.origin, found.target) == ("https://door.example.org:8443", "/push/abc?x=1")
    for url in (
        "https://push.example.org.evil.example/abc",
        "https://door.example.org:8443/pushing",
        "https://door.example.org/push/abc",
        "https://door.example.org:8443/push/../admin",
    ):
        assert push_endpoint(url, OWN) is None


@given(st.text(max_size=80))
def test_no_text_upsets_the_judge(text: str) -> None:
    for url in (text, f"https://{text}", f"https://fcm.googleapis.com/{text}", f"https://{text}.push.apple.com/x"):
        found = push_endpoint(url, OWN)
        if found is not None:
            assert found.target.startswith("/")
            assert found.host.endswith((".googleapis.com", ".push.apple.com"))


@pytest.mark.parametrize("address", ["142.250.74.106", "2a00:1450:4001:82b::200a", "::ffff:142.250.74.106"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "0.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.1.1", "100.64.0.1", "224.0.0.1"),
        *("255.255.255.255", "169.254.169.254", "100.100.100.200"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fd00::1", "fd00:ec2::254", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:a00:1", "64:ff9b::10.0.0.1", "64:ff9b::7f00:1", "2002:a00:1::1"),
        *("", "localhost", "1.2.3", "not an address"),
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


def test_metadata_is_seen_through_its_disguises() -> None:
    for address in ("169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "fd00:ec2::254"):
        assert is_metadata(address)
    assert not is_metadata("192.168.1.1")


@pytest.mark.parametrize(
    "path", ["..", "a/../b", "%2e%2e/b", ".%2E/b", "a/%2e./b", "..%2fb", "a%5c..%5cb", "%252e%252e/b"]
)
def test_no_step_upwards_leaves_the_beginning_of_an_own_service(path: str) -> None:
    assert push_endpoint(f"https://door.example.org:8443/push/{path}", OWN) is None


def test_the_secret_address_is_not_in_what_is_shown() -> None:
    endpoint = push_endpoint("https://fcm.googleapis.com/fcm/send/a-long-secret")
    assert endpoint is not None
    assert endpoint.host in repr(endpoint)
    assert "a-long-secret" not in repr(endpoint)

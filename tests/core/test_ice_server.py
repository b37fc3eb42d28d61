"""Servers that help: as the config names them, with credentials that expire where a secret is shared."""

import base64
import hashlib
import hmac

from doorstep.core.ice_server import (
    CREDENTIAL_SECONDS,
    HubIce,
    IceServer,
    TurnSettings,
    hub_ice_servers,
    ice_servers,
)

NOW = 1_795_000_000.5
TURN = "turn:192.0.2.1:3478"


def test_without_servers_none_is_told() -> None:
    assert ice_servers((), (), "login", NOW) == ()


def test_a_name_and_password_are_told_as_they_are() -> None:
    servers = ice_servers(("stun:192.0.2.1",), (TurnSettings(TURN, "", "me", "word"),), "login", NOW)
    assert servers == (IceServer(("stun:192.0.2.1",)), IceServer((TURN,), "me", "word"))


def test_a_secret_makes_credentials_for_one_login_that_expire() -> None:
    """draft-uberti-behave-turn-rest-00, 2.2: base64 of HMAC-SHA1 over the user name, which begins with the end."""
    (one,) = ice_servers((), (TurnSettings(TURN, "shared"),), "ada's session", NOW)
    (other,) = ice_servers((), (TurnSettings(TURN, "shared"),), "bob's session", NOW)
    end, _, who = one.username.partition(":")
    assert int(end) == int(NOW) + CREDENTIAL_SECONDS
    assert who
    assert "ada" not in one.username
    digest = hmac.new(b"shared", one.username.encode(), hashlib.sha1).digest()
    assert base64.b64decode(one.credential) == digest
    assert one.username != other.username
    assert one.credential not in repr(one)


def test_a_hub_helps_by_stun_and_by_turn_over_udp_and_tcp_with_one_credential() -> None:
    hub = HubIce("hub.example.org", 3478, "shared")
    stun, turn = hub_ice_servers(hub, "ada's session", NOW)
    assert stun == IceServer(("stun:hub.example.org:3478",))
    assert turn.urls == (
        "turn:hub.example.org:3478?transport=udp",
        "turn:hub.example.org:3478?transport=tcp",
    )
    (alone,) = ice_servers((), hub.turn[:1], "ada's session", NOW)
    assert (turn.username, turn.credential) == (alone.username, alone.credential)
    assert "shared" not in repr(hub) + repr(turn)


def test_credentials_of_a_hub_end_by_its_own_clock() -> None:
    for ahead in (0.0, -30_000_000.0, 7200.0):
        _, turn = hub_ice_servers(HubIce("hub.example.org", 3478, "shared", ahead), "login", NOW)
        assert int(turn.username.partition(":")[0]) == int(NOW + ahead) + CREDENTIAL_SECONDS

"""Addresses for players: a key that lasts an hour, for one camera."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from doorstep.core.access import Role, Scope
from doorstep.web.asgi import create_app
from doorstep.web.instants import rfc3339
from doorstep.web.parts import RtmpParts
from fakes.house import FRONT, GARDEN, House

PATH = f"/api/v1/cameras/{FRONT}/live/key"


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


def test_a_guest_gets_an_address_that_holds_for_an_hour(house: House) -> None:
    answer = house.ask("POST", PATH, house.session(Role.GUEST))
    body = answer.json()
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "private, no-store"
    assert body["addresses"] == [f"rtmp://127.0.0.1/live/{FRONT}?token={body['secret']}"]
    assert body["expires_at"] == rfc3339(house.clock.now() + timedelta(hours=1))
    grant = house.accounts.grant_of(body["secret"])
    assert grant is not None
    assert grant.scopes == {Scope.LIVE_READ}
    assert grant.cameras == frozenset({FRONT})


@pytest.mark.parametrize(
    ("host", "shown"),
    [("door.example.org:8080", "door.example.org"), ("[fd00::7]:8080", "[fd00::7]"), ("PI.local.", "pi.local")],
)
def test_the_address_names_the_host_that_was_asked(house: House, host: str, shown: str) -> None:
    [address] = house.ask("POST", PATH, {**house.owner(), "Host": host}).json()["addresses"]
    assert address.startswith(f"rtmp://{shown}/live/{FRONT}?token=")


def test_where_nothing_listens_there_is_a_key_without_an_address(house: House) -> None:
    app = create_app(replace(house.parts, rtmp=RtmpParts(house.parts.rtmp.make_play_key)))
    body = house.ask("POST", PATH, house.owner(), app=app).json()
    assert body["addresses"] == []
    assert body["secret"]


def test_a_server_without_keys_says_so(house: House) -> None:
    app = create_app(replace(house.parts, rtmp=RtmpParts()))
    assert house.ask("POST", PATH, house.owner(), app=app).status_code == 403


def test_a_key_cannot_prolong_itself(house: House) -> None:
    first = house.ask("POST", PATH, house.owner()).json()
    house.clock.advance(600)
    again = house.ask("POST", PATH, {"Authorization": f"Bearer {first['secret']}"}).json()
    assert again["expires_at"] == first["expires_at"]


def test_a_key_opens_no_other_camera(house: House) -> None:
    key = house.ask("POST", PATH, house.owner()).json()["secret"]
    bearer = {"Authorization": f"Bearer {key}"}
    assert house.ask("POST", PATH.replace(FRONT, GARDEN), bearer).status_code == 404
    assert house.ask("GET", "/api/v1/events", bearer).status_code == 403


def test_another_sites_page_gets_no_key(house: House) -> None:
    cross = {**house.session(Role.OWNER), "Sec-Fetch-Site": "cross-site"}
    assert house.ask("POST", PATH, cross).status_code == 403
    assert house.accounts.tokens() == []

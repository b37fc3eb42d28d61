"""Notifications by HTTP: one's own devices and nobody else's, plain refusals, no secret in any answer."""

from collections.abc import Iterator
from typing import Any

import pytest

from doorstep.core.access import Role, Scope
from doorstep.web.push import TESTS_PACE
from fakes.house import FRONT, FRONT_EVENT, GARDEN, JPEG, House
from fakes.push_house import ENDPOINT, PUBLIC_KEY

PUSH = "/api/v1/push"
SUBSCRIPTIONS = f"{PUSH}/subscriptions"


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


def asked_for(endpoint: str = ENDPOINT, name: str = "Phone") -> dict[str, Any]:
    return {"endpoint": endpoint, "keys": {"p256dh": "key", "auth": "secret"}, "name": name, "expirationTime": None}


def subscribed(house: House, headers: dict[str, str], endpoint: str = ENDPOINT) -> dict[str, Any]:
    answer = house.ask("POST", SUBSCRIPTIONS, headers, asked_for(endpoint))
    assert answer.status_code == 201
    found: dict[str, Any] = answer.json()
    return found


def test_a_browser_turns_it_on_and_sees_itself(house: House) -> None:
    ada = house.session(Role.OWNER)
    device = subscribed(house, ada)
    shown = house.get(PUSH, ada)
    assert shown.json() == {"public_key": PUBLIC_KEY, "devices": [device]}
    assert device["this"] is True
    assert device["preferences"] is None
    assert "a-long-secret" not in shown.text
    other_browser = house.get(PUSH, house.session(Role.OWNER)).json()["devices"]
    assert [one["this"] for one in other_browser] == [False]


@pytest.mark.parametrize(
    "endpoint", ["http://fcm.googleapis.com/x", "https://192.168.1.1/x", "https://evil.example/x", "x", ""]
)
def test_an_address_that_is_no_push_service_s_is_refused(house: House, endpoint: str) -> None:
    answer = house.ask("POST", SUBSCRIPTIONS, house.session(Role.OWNER), asked_for(endpoint))
    assert answer.status_code == 400
    assert "evil" not in answer.text


def test_a_token_is_nobody_s_phone_and_a_guest_gets_no_alerts(house: House) -> None:
    assert house.ask("POST", SUBSCRIPTIONS, house.token(Scope.EVENTS_READ), asked_for()).status_code == 403
    assert house.ask("POST", SUBSCRIPTIONS, house.session(Role.GUEST), asked_for()).status_code == 403
    assert house.push.book.recipients() == []


def test_nobody_sees_or_touches_another_s_device(house: House) -> None:
    ada, bob = house.session(Role.OWNER), house.session(Role.FAMILY)
    path = f"{SUBSCRIPTIONS}/{subscribed(house, ada)['id']}"
    assert house.get(PUSH, bob).json()["devices"] == []
    assert house.ask("DELETE", path, bob).status_code == 404
    assert house.ask("DELETE", SUBSCRIPTIONS, bob, {"endpoint": ENDPOINT}).status_code == 204
    assert house.ask("PUT", f"{path}/preferences", bob, {"causes": []}).status_code == 404
    assert house.ask("POST", f"{PUSH}/test", bob, {"id": path.rpartition("/")[2]}).status_code == 404
    assert len(house.get(PUSH, ada).json()["devices"]) == 1


def test_it_is_turned_off_by_id_and_by_endpoint(house: House) -> None:
    ada = house.session(Role.OWNER)
    path = f"{SUBSCRIPTIONS}/{subscribed(house, ada)['id']}"
    assert house.ask("DELETE", path, ada).status_code == 204
    assert house.ask("DELETE", path, ada).status_code == 404
    subscribed(house, ada)
    assert house.ask("DELETE", SUBSCRIPTIONS, ada, {"endpoint": ENDPOINT}).status_code == 204
    assert house.ask("DELETE", SUBSCRIPTIONS, ada, {"endpoint": ENDPOINT}).status_code == 204
    assert house.get(PUSH, ada).json()["devices"] == []


def test_nobody_has_endless_devices(house: House) -> None:
    ada = house.session(Role.OWNER)
    for number in range(20):
        subscribed(house, ada, f"{ENDPOINT}{number}")
    assert house.ask("POST", SUBSCRIPTIONS, ada, asked_for(f"{ENDPOINT}20")).status_code == 409
    subscribed(house, ada, f"{ENDPOINT}7")  # a known one may ask again


def test_one_device_may_be_told_something_else(house: House) -> None:
    ada = house.session(Role.FAMILY, frozenset({FRONT}))
    path = f"{SUBSCRIPTIONS}/{subscribed(house, ada)['id']}/preferences"
    wanted = {
        "causes": ["press"],
        "cameras": [FRONT],
        "quiet_hours": [{"weekdays": [0, 6], "begins": "22:00", "ends": "07:30"}],
        "troubles": False,
    }
    assert house.ask("PUT", path, ada, wanted).json()["preferences"] == wanted
    assert house.get(PUSH, ada).json()["devices"][0]["preferences"] == wanted
    for wrong in (
        {**wanted, "cameras": [GARDEN]},
        {**wanted, "causes": ["burglar"]},
        {**wanted, "quiet_hours": [{"weekdays": [7], "begins": "22:00", "ends": "07:30"}]},
        {**wanted, "quiet_hours": [{"weekdays": [0], "begins": "25:00", "ends": "07:30"}]},
        {**wanted, "unknown": 1},
    ):
        assert house.ask("PUT", path, ada, wrong).status_code == 400
    json = {**ada, "Content-Type": "application/json"}
    assert house.ask("PUT", path, json, content=b"null").json()["preferences"] is None


@pytest.mark.parametrize(
    ("answer", "accepted", "problem"),
    [("ok", True, None), ("later", False, "try again later"), ("no", False, "refuses")],
)
def test_a_test_says_what_became_of_it(house: House, answer: str, accepted: bool, problem: str | None) -> None:
    ada = house.session(Role.OWNER)
    device = subscribed(house, ada)
    house.push.answers = lambda: answer
    for body in ({}, {"id": device["id"]}):
        [tested] = house.ask("POST", f"{PUSH}/test", ada, body).json()["devices"]
        assert (tested["id"], tested["accepted"]) == (device["id"], accepted)
        assert (tested["problem"] is None) == (problem is None)
        assert problem is None or problem in tested["problem"]


def test_rows_that_cannot_be_written_are_said(house: House) -> None:
    house.push.records.away = True
    answer = house.ask("POST", SUBSCRIPTIONS, house.session(Role.OWNER), asked_for())
    assert answer.status_code == 503


def test_the_picture_of_an_alert_opens_with_its_key_alone(house: House) -> None:
    house.push.pictures["a1"] = b"\xff\xd8of the alert"
    key = house.push.keys.make("a1", FRONT_EVENT)
    path = f"/api/v1/alerts/a1/picture.jpg?key={key}&event={FRONT_EVENT}"
    answer = house.ask("GET", path, {})
    assert answer.content == b"\xff\xd8of the alert"
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "private, no-store"
    house.push.pictures.clear()
    house.push.stills[FRONT_EVENT] = JPEG
    assert house.ask("GET", path, {}).content == JPEG
    for wrong in (path[:-1], path.replace("a1", "a2"), "/api/v1/alerts/a1/picture.jpg", f"{path}&key=x"):
        assert house.ask("GET", wrong, house.owner()).status_code == 404
    house.clock.advance(3600)
    assert house.ask("GET", path, {}).status_code == 404


def test_an_alert_whose_event_shows_no_picture_any_more_has_none(house: House) -> None:
    key = house.push.keys.make("a1", FRONT_EVENT)
    assert house.ask("GET", f"/api/v1/alerts/a1/picture.jpg?key={key}&event={FRONT_EVENT}", {}).status_code == 404


def test_signing_in_anew_in_the_same_browser_keeps_it_told(house: House) -> None:
    house.accounts.add("eva", "correct horse battery", Role.FAMILY, None)
    signed_in = {"name": "eva", "password": "correct horse battery"}
    browser = {"Sec-Fetch-Site": "same-origin"}
    first = house.ask("POST", "/api/v1/session", browser, signed_in).cookies["doorstep"]
    device = subscribed(house, {**browser, "Cookie": f"doorstep={first}"})
    again = house.ask("POST", "/api/v1/session", {**browser, "Cookie": f"doorstep={first}"}, signed_in)
    eva = {**browser, "Cookie": f"doorstep={again.cookies['doorstep']}"}
    house.runner.run(house.push.devices.look())
    [kept] = house.get(PUSH, eva).json()["devices"]
    assert (kept["id"], kept["this"]) == (device["id"], True)


def test_a_flood_of_tests_is_refused_and_is_each_persons_own(house: House) -> None:
    ada, bob = house.session(Role.OWNER), house.session(Role.FAMILY)
    subscribed(house, ada)
    codes = [house.ask("POST", f"{PUSH}/test", ada, {}).status_code for _ in range(TESTS_PACE.burst + 5)]
    assert codes == [200] * TESTS_PACE.burst + [429] * 5
    assert house.ask("POST", f"{PUSH}/test", bob, {}).status_code == 200
    house.clock.advance(1 / TESTS_PACE.per_second + 1)
    assert house.ask("POST", f"{PUSH}/test", ada, {}).status_code == 200

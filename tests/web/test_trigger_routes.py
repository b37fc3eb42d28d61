"""Presses and motion by HTTP: how often, when it was, who sent it, and two senders that share a token."""

from collections.abc import Iterator

import httpx
import pytest

from doorstep.core.access import Role, Scope
from doorstep.core.cause import Cause
from doorstep.web.triggers import PACES
from fakes.house import FRONT, GARDEN, House

MOTION, PRESS = f"/api/v1/cameras/{FRONT}/motion", f"/api/v1/cameras/{FRONT}/press"
OTHER = f"/api/v1/cameras/{GARDEN}/motion"
HOUR_AGO, MINUTE_AGO = "2026-11-21T12:00:00.000Z", "2026-11-21T12:59:00.000Z"
NOW, LATER = "2026-11-21T13:00:00.000Z", "2026-11-21T13:30:00.000Z"


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


@pytest.mark.parametrize(("path", "cause"), [(MOTION, Cause.TRIGGER), (PRESS, Cause.PRESS)])
def test_a_storm_is_refused_with_the_time_to_wait_and_goes_on_afterwards(house: House, path: str, cause: Cause) -> None:
    token, other = house.owner(), house.owner()
    pace = PACES[cause]
    answers = [house.ask("POST", path, token) for _ in range(100)]
    assert [answer.status_code for answer in answers] == [202] * pace.burst + [429] * (100 - pace.burst)
    assert len(house.triggers) == pace.burst
    refused = answers[-1]
    assert refused.json()["code"] == "too-often"
    assert house.ask("POST", path, other).status_code == 202
    assert house.ask("POST", OTHER, token).status_code == 202
    house.clock.advance(float(refused.headers["retry-after"]))
    assert house.ask("POST", path, token).status_code == 202
    assert house.ask("POST", path, token).status_code == 429


def test_a_retry_of_what_was_taken_is_never_refused(house: House) -> None:
    token = house.owner()
    keyed = {**token, "Idempotency-Key": "k1"}
    assert house.ask("POST", MOTION, keyed).status_code == 202
    for _ in range(100):
        house.ask("POST", MOTION, token)
    assert house.ask("POST", MOTION, keyed).status_code == 202
    fresh = {**token, "Idempotency-Key": "k2"}
    assert house.ask("POST", MOTION, fresh).status_code == 429
    house.clock.advance(2)
    assert house.ask("POST", MOTION, fresh).status_code == 202


@pytest.mark.parametrize(
    ("told", "holds"),
    [(MINUTE_AGO, MINUTE_AGO), (HOUR_AGO, NOW), (LATER, NOW), ("2026-11-21T14:59:00+02:00", MINUTE_AGO)],
)
def test_the_time_of_the_sender_holds_unless_its_clock_is_wrong(house: House, told: str, holds: str) -> None:
    answer = house.ask("POST", MOTION, house.token(Scope.MOTION_WRITE), json={"at": told})
    assert answer.json()["at"] == holds
    assert house.words[0].at is not None


def asked_from(house: House, place: str, headers: dict[str, str], at: str | None = None, note: str = "") -> int:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(house.app, client=(place, 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
            return await client.post(PRESS, headers=headers, json={"at": at, "note": note})

    return house.runner.run(ask()).status_code


HERE, THERE = "192.0.2.1", "192.0.2.2"


def test_a_retry_may_reckon_its_time_anew(house: House) -> None:
    keyed = {**house.token(Scope.PRESS_WRITE), "Idempotency-Key": "1"}
    assert asked_from(house, HERE, keyed, MINUTE_AGO) == 202
    assert asked_from(house, HERE, keyed, NOW, "sent 12 s late") == 202
    assert asked_from(house, THERE, keyed, MINUTE_AGO) == 202
    assert len(house.triggers) == 1


@pytest.mark.parametrize("at", [None, NOW])
def test_two_places_that_share_a_token_and_a_key_are_told_instead_of_losing_one(house: House, at: str | None) -> None:
    keyed = {**house.token(Scope.PRESS_WRITE), "Idempotency-Key": "1"}
    assert asked_from(house, HERE, keyed) == 202
    assert asked_from(house, THERE, keyed, at) == 422
    assert asked_from(house, THERE, {**keyed, "Idempotency-Key": "2"}, at) == 202
    assert len(house.triggers) == 2


def test_a_token_is_told_apart_by_its_place_and_people_are_not(house: House) -> None:
    house.ask("POST", PRESS, house.token(Scope.PRESS_WRITE))
    house.ask("POST", PRESS, house.session(Role.OWNER), json={})
    token, person = house.words
    assert (token.place, person.place) == ("127.0.0.1", "")
    assert token.origin != person.origin


@pytest.mark.parametrize("scope", [Scope.MOTION_WRITE, Scope.PRESS_WRITE])
def test_such_a_token_can_do_nothing_else(house: House, scope: Scope) -> None:
    token = house.token(scope)
    own, other = (MOTION, PRESS) if scope is Scope.MOTION_WRITE else (PRESS, MOTION)
    assert house.ask("POST", own, token).status_code == 202
    assert house.ask("POST", other, token).status_code == 403
    for path in (
        "/events",
        "/status",
        f"/cameras/{FRONT}/snapshot.jpg",
        f"/cameras/{FRONT}/clip?duration=5",
        "/tokens",
    ):
        assert house.get(f"/api/v1{path}", token).status_code == 403

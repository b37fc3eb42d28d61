"""Clips that are kept, by HTTP: which span, who may, how often, and once for each key."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from doorstep.core.access import Role, Scope
from doorstep.core.errors import SpanUnavailable, StoreFull
from doorstep.pipeline.saved_clips import FULL
from doorstep.web.saved_clips import PACE
from fakes.house import FRONT, GARDEN, House

CLIPS = f"/api/v1/cameras/{FRONT}/clips"


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


def span(house: House, ago: float = 60, seconds: float = 30) -> dict[str, object]:
    return {"start": (house.clock.now() - timedelta(seconds=ago)).isoformat(), "seconds": seconds}


def test_a_span_becomes_an_event_that_somebody_saved(house: House) -> None:
    asker = house.session(Role.FAMILY)
    answer = house.ask("POST", CLIPS, asker, json=span(house))
    assert answer.status_code == 201
    kept = answer.json()
    assert (kept["camera"], kept["causes"], kept["clip"]["seconds"]) == (FRONT, ["saved"], 30)
    assert house.kept_clips == [(FRONT, house.clock.now() - seconds(60), house.clock.now() - seconds(30))]
    found = house.ask("GET", "/api/v1/events?cause=saved", asker).json()["events"]
    assert [event["id"] for event in found] == [kept["id"]]


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"start": "yesterday", "seconds": 30},
        {"start": "2026-11-21T12:00:00Z"},
        {"start": "2026-11-21T12:00:00Z", "seconds": 0},
        {"start": "2026-11-21T12:00:00Z", "seconds": -1},
        {"start": "2026-11-21T12:00:00Z", "seconds": 901},
        {"start": "2026-11-21T12:00:00Z", "seconds": 1e300},
        {"start": "2026-11-21T12:00:00Z", "seconds": "NaN"},
        {"start": "2026-11-21T12:59:50Z", "seconds": 30},
        {"start": "9999-12-31T23:59:59Z", "seconds": 30},
        {"start": "2026-11-21T12:00:00Z", "seconds": 30, "end": "2026-11-21T12:00:00Z"},
    ],
)
def test_what_is_no_span_is_refused_in_words(house: House, body: dict[str, object]) -> None:
    answer = house.ask("POST", CLIPS, house.session(Role.FAMILY), json=body)
    assert answer.status_code == 400
    assert answer.json()["detail"]
    assert not house.kept_clips


def test_the_same_key_keeps_one_clip(house: House) -> None:
    asker = {**house.session(Role.FAMILY), "Idempotency-Key": "a tap"}
    body = span(house)
    first, second = (house.ask("POST", CLIPS, asker, json=body).json() for _ in range(2))
    assert first["id"] == second["id"]
    assert len(house.kept_clips) == 1
    other = house.ask("POST", CLIPS, asker, json=span(house, seconds=10))
    assert (other.status_code, other.json()["code"]) == (422, "key-reused")


def test_without_a_key_each_call_keeps_one(house: House) -> None:
    asker = house.session(Role.FAMILY)
    ids = {house.ask("POST", CLIPS, asker, json=span(house)).json()["id"] for _ in range(2)}
    assert len(ids) == 2


def test_who_keeps_too_many_waits(house: House) -> None:
    asker = house.session(Role.FAMILY)
    answers = [house.ask("POST", CLIPS, asker, json=span(house)) for _ in range(PACE.burst + 1)]
    assert [one.status_code for one in answers] == [*[201] * PACE.burst, 429]
    assert int(answers[-1].headers["retry-after"]) > 0
    somebody_else = house.token(Scope.EVENTS_WRITE)
    assert house.ask("POST", CLIPS, somebody_else, json=span(house)).status_code == 201


def test_a_full_disk_is_said_plainly(house: House) -> None:
    house.keeps_no_clip = StoreFull(FULL)
    answer = house.ask("POST", CLIPS, house.session(Role.FAMILY), json=span(house))
    assert (answer.status_code, answer.json()["detail"]) == (507, FULL)


def test_where_nothing_was_recorded_nothing_is_kept(house: House) -> None:
    house.keeps_no_clip = SpanUnavailable("Nothing was recorded in this span.")
    answer = house.ask("POST", CLIPS, house.session(Role.FAMILY), json=span(house))
    assert (answer.status_code, answer.json()["detail"]) == (404, "Nothing was recorded in this span.")


def test_what_failed_may_be_tried_again_with_its_key(house: House) -> None:
    asker = {**house.session(Role.FAMILY), "Idempotency-Key": "a tap"}
    house.keeps_no_clip = StoreFull(FULL)
    assert house.ask("POST", CLIPS, asker, json=span(house)).status_code == 507
    house.keeps_no_clip = None
    assert house.ask("POST", CLIPS, asker, json=span(house)).status_code == 201


def test_a_kept_clip_that_was_deleted_does_not_come_back_by_its_key(house: House) -> None:
    asker = {**house.session(Role.FAMILY), "Idempotency-Key": "a tap"}
    body = span(house)
    kept = house.ask("POST", CLIPS, asker, json=body).json()
    assert house.ask("DELETE", f"/api/v1/events/{kept['id']}", asker).status_code == 204
    assert house.ask("POST", CLIPS, asker, json=body).status_code == 410


def test_guests_and_those_of_another_camera_keep_nothing(house: House) -> None:
    assert house.ask("POST", CLIPS, house.session(Role.GUEST), json=span(house)).status_code == 403
    elsewhere = house.session(Role.FAMILY, frozenset({GARDEN}))
    assert house.ask("POST", CLIPS, elsewhere, json=span(house)).status_code == 404
    assert not house.kept_clips


def test_a_person_has_one_pace_wherever_signed_in(house: House) -> None:
    askers = [house.session(Role.FAMILY) for _ in range(PACE.burst + 1)]
    answers = [house.ask("POST", CLIPS, asker, json=span(house)).status_code for asker in askers]
    assert answers == [*[201] * PACE.burst, 429]

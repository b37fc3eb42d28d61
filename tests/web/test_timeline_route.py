"""`GET /cameras/{id}/timeline`: stretches, gaps and events of a day, and plain words for what cannot be asked."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote

import pytest

from doorstep.core.camera import CameraId
from doorstep.core.event import EventId
from doorstep.core.gap import Gap
from doorstep.core.recorded_span import RecordedSpan
from doorstep.web.instants import rfc3339
from doorstep.web.timeline import MOST_ROWS
from fakes.house import FRONT, FRONT_EVENT, GARDEN, House

PATH = f"/api/v1/cameras/{FRONT}/timeline"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


def keep_minutes(house: House, camera: CameraId, first: datetime, count: int) -> None:
    for number in range(count):
        begin = first + number * MINUTE
        house.catalog.save_span(RecordedSpan(f"{camera}-{begin}.mp4", camera, begin, begin + MINUTE, 1000))


def test_a_day_is_told_in_one_answer(house: House) -> None:
    now = house.clock.now()
    keep_minutes(house, FRONT, now - 30 * MINUTE, 10)
    keep_minutes(house, FRONT, now - 15 * MINUTE, 15)
    keep_minutes(house, GARDEN, now - 300 * MINUTE, 15)
    house.catalog.add_gap(Gap(FRONT, now - 20 * MINUTE, now - 15 * MINUTE, "The camera did not answer."))
    answer = house.get(PATH)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["camera"], told["from"], told["to"]) == (FRONT, "2026-11-20T13:00:00.000Z", "2026-11-21T13:00:00.000Z")
    assert told["recorded"] == [
        {"starts_at": "2026-11-21T11:59:55.000Z", "ends_at": "2026-11-21T12:00:10.000Z"},
        {"starts_at": "2026-11-21T12:30:00.000Z", "ends_at": "2026-11-21T12:40:00.000Z"},
        {"starts_at": "2026-11-21T12:45:00.000Z", "ends_at": "2026-11-21T13:00:00.000Z"},
    ]
    assert told["gaps"] == [
        {
            "starts_at": "2026-11-21T12:40:00.000Z",
            "ends_at": "2026-11-21T12:45:00.000Z",
            "reason": "The camera did not answer.",
        }
    ]
    assert [event["id"] for event in told["events"]] == [FRONT_EVENT]
    assert told["complete"] is True


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ("", "2026-11-20T13:00:00.000Z", "2026-11-21T13:00:00.000Z"),
        ("from=2026-11-20T20:00:00Z", "2026-11-20T20:00:00.000Z", "2026-11-21T13:00:00.000Z"),
        ("from=2026-11-01T00:00:00Z", "2026-11-01T00:00:00.000Z", "2026-11-02T00:00:00.000Z"),
        ("to=2026-11-10T00:00:00Z", "2026-11-09T00:00:00.000Z", "2026-11-10T00:00:00.000Z"),
        # A day with 25 hours: the night in which summer time ended in Vienna.
        ("from=2026-10-24T22:00:00Z&to=2026-10-25T23:00:00Z", "2026-10-24T22:00:00.000Z", "2026-10-25T23:00:00.000Z"),
        ("from=2026-10-25T00:00:00%2B02:00&to=2026-10-26T00:00:00%2B01:00", "2026-10-24T22:00:00.000Z", None),
        # The week around it, and a day with 23 hours.
        ("from=2026-10-18T22:00:00Z&to=2026-10-25T23:00:00Z", "2026-10-18T22:00:00.000Z", "2026-10-25T23:00:00.000Z"),
        ("from=2026-03-28T23:00:00Z&to=2026-03-29T22:00:00Z", "2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z"),
        ("to=2026-11-22T00:00:00Z", "2026-11-21T00:00:00.000Z", "2026-11-22T00:00:00.000Z"),
    ],
)
def test_the_span_is_the_one_that_was_asked_for(house: House, query: str, first: str, last: str | None) -> None:
    told = house.get(f"{PATH}?{query}").json()
    assert told["from"] == first
    assert last is None or told["to"] == last


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("from=yesterday", "bad-time"),
        ("from=2026-11-21", "bad-time"),
        ("from=2026-11-21T12:00:00", "bad-time"),
        ("to=NaN", "bad-time"),
        ("from=9999-12-31T23:59:59Z&to=9999-12-31T23:59:59Z", "bad-span"),
        ("from=9999-12-31T23:59:59Z", "bad-time"),
        ("to=0001-01-01T00:00:00Z", "bad-time"),
        ("from=2026-11-21T12:00:00Z&to=2026-11-21T12:00:00Z", "bad-span"),
        ("from=2026-11-21T12:00:01Z&to=2026-11-21T12:00:00Z", "bad-span"),
        ("from=2026-11-21T14:00:00Z", "bad-span"),
        ("from=2026-11-01T00:00:00Z&to=2026-11-08T01:00:01Z", "bad-span"),
        ("from=" + "1" * 41, "invalid"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_problem_document(house: House, query: str, code: str) -> None:
    answer = house.get(f"{PATH}?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["code"] == code


def test_a_camera_that_is_not_there_or_not_yours_is_not_found(house: House) -> None:
    assert house.get("/api/v1/cameras/attic/timeline").status_code == 404
    assert house.get(f"/api/v1/cameras/{quote('../x', safe='')}/timeline").status_code == 404


def test_what_was_deleted_and_what_was_before_is_not_shown(house: House) -> None:
    house.add_event(EventId("front-door-2"), FRONT, started_ago=90_000)
    house.catalog.mark_deleted(FRONT_EVENT, house.clock.now())
    told = house.get(PATH).json()
    assert (told["events"], told["recorded"]) == ([], [])


def test_a_running_event_that_began_before_the_span_is_shown(house: House) -> None:
    house.change_event(FRONT_EVENT, ended_at=None)
    now = house.clock.now()
    told = house.get(f"{PATH}?from={(now - MINUTE).strftime('%Y-%m-%dT%H:%M:%SZ')}").json()
    assert [event["id"] for event in told["events"]] == [FRONT_EVENT]


def test_the_minute_that_still_grows_reaches_to_now(house: House) -> None:
    now = house.clock.now()
    begin = now - MINUTE / 2
    house.catalog.save_span(RecordedSpan("a.mp4", FRONT, begin, begin + MINUTE / 60, 1000, whole=False))
    grown = {"starts_at": rfc3339(begin), "ends_at": rfc3339(now)}
    assert house.get(f"{PATH}?from={rfc3339(begin)}").json()["recorded"] == [grown]
    house.cameras.all[0] = replace(house.cameras.all[0], recording=False)
    ended = {"starts_at": rfc3339(begin), "ends_at": rfc3339(begin + MINUTE / 60)}
    assert house.get(f"{PATH}?from={rfc3339(begin)}").json()["recorded"] == [ended]


def test_more_than_an_answer_can_take_is_said(house: House) -> None:
    now = house.clock.now()
    for number in range(MOST_ROWS + 1):
        begin = now - (number + 1) * MINUTE / 2
        house.catalog.save_span(RecordedSpan(f"{number}.mp4", FRONT, begin, begin + MINUTE / 2, 1000))
    told = house.get(f"{PATH}?from={rfc3339(now - 5 * DAY)}&to={rfc3339(now)}").json()
    assert told["complete"] is False
    # The file of the event at this camera is one of the rows.
    assert told["recorded"] == [{"starts_at": rfc3339(now - (MOST_ROWS - 1) * MINUTE / 2), "ends_at": rfc3339(now)}]


def test_briefly_told_events_say_what_a_timeline_draws(house: House) -> None:
    event = house.catalog.event(FRONT_EVENT)
    assert event is not None
    assert event.recording is not None
    gone = replace(event, id=EventId("gone"), recording=replace(event.recording, size=0))
    house.catalog.save_event(gone)
    whole, brief = house.get(PATH).json(), house.get(f"{PATH}?events=brief").json()
    assert {key: value for key, value in brief.items() if key != "events"} == {
        key: value for key, value in whole.items() if key != "events"
    }
    assert [one["clip"].pop("here") for one in brief["events"]] == [True, False]
    for told, shown in zip(brief["events"], whole["events"], strict=True):
        assert told["clip"].items() <= shown["clip"].items()
        assert {key: told[key] for key in ("id", "started_at", "ended_at", "causes")}.items() <= shown.items()
    assert house.get(f"{PATH}?events=short").status_code == 400

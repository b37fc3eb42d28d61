"""Events, their pictures, deletion and undo; status and probes; triggers."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from doorstep.core.access import Role, Scope
from doorstep.core.cause import Cause
from doorstep.core.detection import Box
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.event import EventId
from doorstep.core.health import Problem
from doorstep.core.ledger import LedgerEntry, Stage
from doorstep.core.outside_word import OutsideWord
from doorstep.core.track import Direction
from doorstep.core.zone import Zone
from doorstep.web.idempotency import MOST_REMEMBERED, Answer, Answered
from fakes.house import FRONT, FRONT_EVENT, GARDEN, GARDEN_EVENT, JPEG, House

EVENTS = "/api/v1/events"
MOTION, PRESS = f"/api/v1/cameras/{FRONT}/motion", f"/api/v1/cameras/{FRONT}/press"


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


# -------------------------------------------------------------------------------------------------------- events


def test_an_event_has_the_shape_that_scripts_rely_on(house: House) -> None:
    start = house.clock.now() - timedelta(hours=1)
    ledger = (
        LedgerEntry(Stage.CAPTURED, start),
        LedgerEntry(Stage.ACCEPTED, start + timedelta(milliseconds=1300), "email", 0.0001),
    )
    house.change_event(FRONT_EVENT, ledger=ledger)
    assert house.get(f"{EVENTS}/{FRONT_EVENT}").json() == {
        "id": "front-door-1",
        "camera": "front-door",
        "started_at": "2026-11-21T12:00:00.000Z",
        "last_seen_at": "2026-11-21T12:00:00.000Z",
        "ended_at": "2026-11-21T12:00:10.000Z",
        "causes": ["person"],
        "pre_roll_seconds": 5.0,
        "score": 0.93,
        "clip": {
            "href": f"{EVENTS}/front-door-1/clip.mp4",
            "bytes": 4096,
            "seconds": 15.0,
            "whole": True,
            "where": "here",
        },
        "off_site": {"state": "none", "since": None},
        "thumbnail": {"href": f"{EVENTS}/front-door-1/thumbnail.jpg", "ready": True},
        "still": {"href": f"{EVENTS}/front-door-1/still.jpg", "ready": True},
        "zone": "",
        "direction": None,
        "box": None,
        "ledger": [
            {"stage": "captured", "at": "2026-11-21T12:00:00.000Z", "ms": 0, "cost_usd": 0.0, "channel": ""},
            {"stage": "accepted", "at": "2026-11-21T12:00:01.300Z", "ms": 1300, "cost_usd": 0.0001, "channel": "email"},
        ],
        "test": False,
        "stored": True,
        "deliveries": [],
    }


@pytest.mark.parametrize("change", [{"unfinished": True}, {"ended_at": None}])
def test_a_clip_that_may_still_grow_is_not_whole(house: House, change: dict[str, Any]) -> None:
    house.change_event(FRONT_EVENT, **change)
    assert house.get(f"{EVENTS}/{FRONT_EVENT}").json()["clip"]["whole"] is False


def test_an_event_says_who_is_where_in_its_still_and_where_to_he_went(house: House) -> None:
    box = Box(0.25, 0.1, 0.5, 0.9)
    house.change_event(FRONT_EVENT, box=box, zone="path", direction=Direction.ARRIVING)
    event = house.get(f"{EVENTS}/{FRONT_EVENT}").json()
    assert (event["zone"], event["direction"], event["box"]) == ("path", "arriving", [0.25, 0.1, 0.5, 0.9])
    house.change_event(FRONT_EVENT, direction=Direction.STAYING)
    assert house.get(f"{EVENTS}/{FRONT_EVENT}").json()["direction"] is None


def test_a_camera_shows_its_zones(house: House) -> None:
    zone = Zone("street", ((0.0, 0.0), (1.0, 0.0), (1.0, 0.5)), exclude=True)
    path = Zone("path", ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0)), least_heights=(("person", 0.2),))
    house.cameras.all[0] = replace(house.cameras.all[0], zones=(zone, path))
    assert house.get(f"/api/v1/cameras/{FRONT}").json()["zones"] == [
        {"name": "street", "polygon": [[0, 0], [1, 0], [1, 0.5]], "exclude": True, "least_heights": {}},
        {"name": "path", "polygon": [[0, 0.5], [1, 0.5], [1, 1]], "exclude": False, "least_heights": {"person": 0.2}},
    ]


def test_the_addresses_in_an_event_lead_to_its_media(house: House) -> None:
    event = house.get(f"{EVENTS}/{FRONT_EVENT}").json()
    assert house.get(event["thumbnail"]["href"]).content == JPEG
    assert house.get(event["still"]["href"]).headers["content-type"] == "image/jpeg"
    assert house.get(event["clip"]["href"]).headers["content-disposition"].startswith("inline")
    head = house.ask("HEAD", event["still"]["href"], house.owner())
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(JPEG)))


def test_what_an_event_lacks_is_said(house: House) -> None:
    house.change_event(FRONT_EVENT, recording=None, has_still=False, ended_at=None)
    event = house.get(f"{EVENTS}/{FRONT_EVENT}").json()
    assert (event["clip"], event["ended_at"], event["thumbnail"]["ready"]) == (None, None, False)
    assert house.get(event["thumbnail"]["href"]).status_code == 404


def test_a_picture_that_is_gone_is_not_found(house: House) -> None:
    house.store.delete(f"{FRONT_EVENT}/still.jpg")
    assert house.get(f"{EVENTS}/{FRONT_EVENT}/still.jpg").status_code == 404


def test_pages_follow_one_another_newest_first(house: House) -> None:
    for number in range(2, 8):
        house.add_event(EventId(f"front-door-{number}"), FRONT, started_ago=100.0 * number)
    seen, path = list[str](), f"{EVENTS}?camera={FRONT}&limit=3"
    owner = house.owner()
    page = house.get(path, owner).json()
    while True:
        seen += [event["started_at"] for event in page["events"]]
        if page["next"] is None:
            break
        page = house.get(f"{path}&cursor={page['next']}", owner).json()
    assert len(seen) == 7
    assert seen == sorted(seen, reverse=True)


def test_a_search_by_time_and_cause(house: House) -> None:
    house.change_event(GARDEN_EVENT, causes=(Cause.PRESS,))

    def found(query: str) -> list[str]:
        return sorted(event["id"] for event in house.get(f"{EVENTS}?{query}").json()["events"])

    assert found("cause=press") == [GARDEN_EVENT]
    assert found("from=2026-11-21T11:59:00Z&to=2026-11-21T12:01:00Z") == [FRONT_EVENT, GARDEN_EVENT]
    assert found("from=2026-11-21T12:59:00Z") == []
    assert found("to=2026-11-21T13:01:00%2B02:00") == []
    assert found("cursor=nonsense") == []


BAD_SEARCHES = [
    *("limit=0", "limit=201", "limit=x", "limit=1.5", "cause=ghost", "from=yesterday", "to=2026-11-21", "cursor="),
    *("from=2026-11-21T12:00:00Z&to=2026-11-21T11:00:00Z", "cursor=%00", f"cursor={'x' * 600}"),
]


@pytest.mark.parametrize("query", BAD_SEARCHES)
def test_a_search_that_makes_no_sense_is_refused(house: House, query: str) -> None:
    assert house.get(f"{EVENTS}?{query}").status_code == 400


def test_a_deleted_event_is_out_of_sight_and_comes_back(house: House) -> None:
    family = house.session(Role.FAMILY)
    path = f"{EVENTS}/{FRONT_EVENT}"
    assert house.ask("DELETE", path, family).status_code == 204
    assert house.ask("DELETE", path, family).status_code == 204
    event = house.catalog.event(FRONT_EVENT)
    assert event is not None
    assert event.deleted_at == house.clock.now()
    unknown = house.get(f"{EVENTS}/nothing", family)
    for part in ("", "/clip.mp4", "/thumbnail.jpg", "/still.jpg"):
        gone = house.get(path + part, family)
        assert (gone.status_code, gone.content) == (unknown.status_code, unknown.content)
    assert FRONT_EVENT not in house.get(EVENTS, family).text
    assert house.ask("POST", f"{path}/restore", family).json()["id"] == FRONT_EVENT
    assert house.get(path, family).status_code == 200
    assert house.ask("POST", f"{path}/restore", family).status_code == 200


def test_an_event_that_runs_cannot_be_deleted(house: House) -> None:
    house.change_event(FRONT_EVENT, ended_at=None)
    assert house.ask("DELETE", f"{EVENTS}/{FRONT_EVENT}", house.owner()).status_code == 409


# ------------------------------------------------------------------------------------------------------- cameras


def test_a_snapshot_tells_its_age(house: House) -> None:
    answer = house.get(f"/api/v1/cameras/{FRONT}/snapshot.jpg")
    assert (answer.content, answer.headers["doorstep-picture-age"]) == (JPEG, "1500")
    assert answer.headers["last-modified"] == "Sat, 21 Nov 2026 12:59:58 GMT"


def test_a_camera_without_a_picture_says_so(house: House) -> None:
    house.live.newest = None
    answer = house.get(f"/api/v1/cameras/{FRONT}/snapshot.jpg")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    quiet = house.get(f"/api/v1/cameras/{FRONT}/snapshot.jpg?quiet=1")
    assert (quiet.status_code, quiet.content) == (204, b"")


# -------------------------------------------------------------------------------------------------------- status


def test_the_status_says_what_is_wrong_and_how_full_it_is(house: House) -> None:
    house.health.wrong = [Problem("store", "The disk is full.", house.clock.now(), "Free some space.")]
    assert house.get("/api/v1/status").json() == {
        "version": "0.1.0",
        "model": None,
        "remote_detector": None,
        "seeing": False,
        "problems": [
            {
                "key": "store",
                "what": "The disk is full.",
                "since": "2026-11-21T13:00:00.000Z",
                "remedy": "Free some space.",
                "minor": False,
            }
        ],
        "storage": {
            "used_bytes": 8192,
            "limit_bytes": 1_000_000,
            "days_left": None,
            "days_kept": None,
            "bound": None,
            "written_bytes_a_day": None,
        },
        "off_site": None,
    }


def test_days_left_go_by_the_pace_of_all_that_is_kept_once_that_is_a_day(house: House) -> None:
    house.change_event(FRONT_EVENT, started_at=house.clock.now() - timedelta(days=2))
    assert house.get("/api/v1/status").json()["storage"]["days_left"] == 242.1


def test_days_left_are_unknown_before_the_first_recording(house: House) -> None:
    for event in (FRONT_EVENT, GARDEN_EVENT):
        house.catalog.forget_event(event)
    assert house.get("/api/v1/status").json()["storage"]["days_left"] is None


def test_problems_are_told_also_where_no_catalog_was_there_yet(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> int:
        msg = "The catalog's database cannot be reached."
        raise CatalogUnavailable(msg)

    monkeypatch.setattr(house.catalog, "recorded_bytes", away)
    house.health.wrong = [Problem("catalog:start", "It is away.", house.clock.now(), "Wait.")]
    status = house.get("/api/v1/status").json()
    assert status["storage"] is None
    assert [one["key"] for one in status["problems"]] == ["catalog:start"]


def test_the_troubles_of_a_foreign_camera_are_not_told(house: House) -> None:
    house.health.wrong = [Problem(f"camera:{GARDEN}", "Garden is offline.", house.clock.now(), "Look.")]
    token = house.token(Scope.STATUS_READ, cameras=frozenset({FRONT}))
    assert house.get("/api/v1/status", token).json()["seeing"] is True
    assert "Garden" not in house.get("/readyz", token).text


def test_what_is_wrong_with_somebodys_device_or_token_is_told_to_him_and_the_owner(house: House) -> None:
    now = house.clock.now()
    house.health.wrong = [
        Problem("push:1:ended", "Ada phone of Ada no longer takes alerts.", now, "Look.", minor=True, person="Ada"),
        Problem("notifier:push:2", "Alerts by family phone do not arrive.", now, "Look.", person=Role.FAMILY),
        Problem("notifier:email", "Alerts by mail do not arrive.", now, "Look."),
        Problem("token:1", "The token porch is used from two places.", now, "Look.", minor=True),
        Problem("person", "No account is called Eve.", now, "Spell it as one of the accounts is: Ada.", minor=True),
    ]

    def told(who: dict[str, str]) -> list[str]:
        return [one["key"] for one in house.get("/api/v1/status", who).json()["problems"]]

    assert told(house.session(Role.FAMILY)) == ["notifier:push:2", "notifier:email"]
    assert told(house.token(Scope.STATUS_READ)) == ["notifier:email"]
    assert told(house.session(Role.OWNER)) == [one.key for one in house.health.wrong]


def test_the_probes(house: House) -> None:
    assert house.get("/healthz", {}).text == "up"
    assert (house.get("/readyz", {}).status_code, house.get("/readyz", {}).json()["seeing"]) == (200, True)
    house.health.wrong = [Problem("camera:front-door", "Front door is offline.", house.clock.now(), "Look.")]
    stranger = house.get("/readyz", {})
    assert (stranger.status_code, stranger.json()) == (503, {"seeing": False, "problems": ["camera:front-door"]})
    assert house.get("/readyz").json()["problems"][0]["what"] == "Front door is offline."
    assert house.get("/healthz", {}).text == "up"


# ------------------------------------------------------------------------------------------------------ triggers


def test_motion_and_press_reach_the_pipeline(house: House) -> None:
    motion = house.ask("POST", MOTION, house.token(Scope.MOTION_WRITE), json={"note": "gate"})
    press = house.ask("POST", PRESS, house.token(Scope.PRESS_WRITE))
    assert (motion.status_code, press.status_code) == (202, 202)
    assert house.triggers == [(FRONT, Cause.TRIGGER, "gate"), (FRONT, Cause.PRESS, "")]
    assert press.json() == {"camera": "front-door", "cause": "press", "at": "2026-11-21T13:00:00.000Z"}


@pytest.mark.parametrize("body", [{"at": "soon"}, {"note": "x" * 501}, {"note": 1}, [], "x"])
def test_a_trigger_that_makes_no_sense_is_refused(house: House, body: object) -> None:
    assert house.ask("POST", PRESS, house.owner(), json=body).status_code == 400
    assert house.triggers == []


def pressed(house: House, asker: dict[str, str], key: str, path: str = PRESS) -> httpx.Response:
    return house.ask("POST", path, {**asker, "Idempotency-Key": key})


def test_one_key_is_one_press_for_ten_minutes(house: House) -> None:
    owner = house.owner()
    first = pressed(house, owner, "k1")
    house.clock.advance(500)
    again = pressed(house, owner, "k1")
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert len(house.triggers) == 1
    pressed(house, owner, "k2")
    pressed(house, owner, "k1", MOTION)
    pressed(house, house.owner(), "k1")
    assert len(house.triggers) == 4
    house.clock.advance(200)
    pressed(house, owner, "k1")
    assert len(house.triggers) == 5


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_has_a_sensible_length(house: House, key: str) -> None:
    assert pressed(house, house.owner(), key).status_code == 400


def test_a_press_that_failed_may_be_tried_again_with_its_key(house: House) -> None:
    async def fails(word: OutsideWord) -> None:
        del word
        raise RuntimeError

    owner = house.owner()
    object.__setattr__(house.parts, "trigger", fails)
    assert pressed(house, owner, "k").status_code == 500
    object.__setattr__(house.parts, "trigger", house.trigger)
    assert pressed(house, owner, "k").status_code == 202
    assert len(house.triggers) == 1


def test_the_memory_of_keys_is_bounded_and_equal_keys_at_once_act_once(house: House) -> None:
    answered, acted = Answered(house.clock), list[str]()

    async def act() -> Answer:
        acted.append("x")
        await asyncio.sleep(0)
        return {}

    async def run() -> None:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(10):
                tasks.create_task(answered.once(("same",), act))
        assert len(acted) == 1
        for number in range(MOST_REMEMBERED * 2):
            await answered.once(("a sender", str(number)), act)
        assert len(answered._entries) <= MOST_REMEMBERED + 1

    house.runner.run(run())

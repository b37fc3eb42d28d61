"""Test my doorstep over HTTP: who may, what it answers, and that tests are in no list of alerts."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from doorstep.core.access import Role, Scope
from doorstep.core.camera import CameraId
from doorstep.core.errors import RehearsalRefused
from doorstep.core.recipient import Recipient
from doorstep.core.rehearsal import Rehearsal, RehearsalReport, Step
from doorstep.web.asgi import create_app
from fakes.house import FRONT, FRONT_EVENT, GARDEN, GARDEN_EVENT, House


@pytest.fixture
def house() -> Iterator[House]:
    with House() as one:
        yield one


class OneRehearsal:
    """Implements `ports.Rehearsals`: one test, which the test of it moves on."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.rehearsal: Rehearsal | None = None

    def begin(self, camera: CameraId) -> str:
        if self.rehearsal is not None:
            msg = "A test of another camera is running."
            raise RehearsalRefused(msg)
        self.rehearsal = Rehearsal("abc", camera, self.house.clock.now())
        self.rehearsal.expect([Recipient("push:1", "Anna's phone")], frozenset({"push:1"}))
        return "abc"

    def report(self, rehearsal_id: str) -> RehearsalReport | None:
        return self.rehearsal.report() if self.rehearsal is not None and rehearsal_id == "abc" else None


@pytest.fixture
def rehearsals(house: House) -> OneRehearsal:
    one = OneRehearsal(house)
    house.parts = replace(house.parts, rehearsals=one)
    house.app = create_app(house.parts)
    return one


def test_a_test_is_begun_and_reported_stage_by_stage(house: House, rehearsals: OneRehearsal) -> None:
    begun = house.ask("POST", "/api/v1/test", house.owner(), json={"camera": FRONT})
    assert begun.status_code == 202
    assert begun.json() == {"id": "abc"}
    assert rehearsals.rehearsal is not None
    rehearsals.rehearsal.reached(Step.CAPTURED, house.clock.now())
    report = house.get("/api/v1/test/abc").json()
    assert report["id"] == "abc"
    assert report["camera"] == FRONT
    assert report["state"] == "running"
    assert report["summary"]
    nobody = {"channel": None, "name": None}
    assert report["stages"][0] == {"stage": "captured", "state": "reached", "ms": 0, "words": "", **nobody}
    assert report["stages"][1] == {"stage": "buffered", "state": "waiting", "ms": None, "words": "", **nobody}
    assert [stage["stage"] for stage in report["stages"]] == list(Step)
    assert {"stage": "sent", "channel": "push:1", "name": "Anna's phone"}.items() <= report["stages"][7].items()


def test_one_at_a_time_is_told_in_plain_words(house: House, rehearsals: OneRehearsal) -> None:
    rehearsals.begin(FRONT)
    refused = house.ask("POST", "/api/v1/test", house.owner(), json={"camera": FRONT})
    assert refused.status_code == 409
    assert refused.json()["detail"] == "A test of another camera is running."


@pytest.mark.usefixtures("rehearsals")
def test_what_is_not_there_is_not_found(house: House) -> None:
    assert house.ask("POST", "/api/v1/test", house.owner(), json={"camera": "nowhere"}).status_code == 404
    assert house.get("/api/v1/test/unknown").status_code == 404
    assert house.ask("POST", "/api/v1/test", house.owner(), json={}).status_code in {400, 422}


@pytest.mark.usefixtures("rehearsals")
def test_only_the_owner_tests(house: House) -> None:
    family = house.session(Role.FAMILY)
    assert house.ask("POST", "/api/v1/test", family, json={"camera": FRONT}).status_code == 403
    reader = house.token(Scope.EVENTS_READ)
    assert house.get("/api/v1/test/abc", reader).status_code == 403


@pytest.mark.usefixtures("rehearsals")
def test_who_may_do_everything_at_one_camera_tests_no_other(house: House) -> None:
    of_front, of_garden = (house.token(Scope.ADMIN, cameras=frozenset({one})) for one in (FRONT, GARDEN))
    refused = house.ask("POST", "/api/v1/test", of_front, json={"camera": GARDEN})
    unknown = house.ask("POST", "/api/v1/test", of_front, json={"camera": "nowhere"})
    assert (refused.status_code, refused.json()) == (404, unknown.json())
    assert house.ask("POST", "/api/v1/test", of_front, json={"camera": FRONT}).status_code == 202
    assert house.get("/api/v1/test/abc", of_front).status_code == 200
    assert house.get("/api/v1/test/abc", of_garden).status_code == 404


def test_a_server_without_tests_says_so(house: House) -> None:
    assert house.ask("POST", "/api/v1/test", house.owner(), json={"camera": FRONT}).status_code == 409


def test_tests_are_in_no_list_of_alerts_unless_asked_for(house: House) -> None:
    house.change_event(FRONT_EVENT, is_test=True)
    listed = house.get("/api/v1/events").json()["events"]
    assert [event["id"] for event in listed] == [GARDEN_EVENT]
    everything = house.get("/api/v1/events?tests=true").json()["events"]
    assert {event["id"]: event["test"] for event in everything} == {GARDEN_EVENT: False, FRONT_EVENT: True}
    assert house.get(f"/api/v1/events/{FRONT_EVENT}").json()["test"] is True

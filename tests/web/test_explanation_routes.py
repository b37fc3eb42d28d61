"""Why an event opened, and what the family says about it, over HTTP."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from doorstep.core.access import Role, Scope
from doorstep.core.cause import Cause
from doorstep.core.detection import Box
from doorstep.core.errors import StoreUnavailable
from doorstep.core.event import Event, EventId
from doorstep.core.explanation import Explanation, Verdict
from doorstep.core.track import Direction
from doorstep.pipeline.feedback_folder import every_feedback
from doorstep.stores.memory import MemoryStore
from fakes.explained import explanation
from fakes.house import FRONT, FRONT_EVENT, GARDEN_EVENT, House

EVENTS = "/api/v1/events"
WHY, SAY = f"{EVENTS}/{FRONT_EVENT}/explanation", f"{EVENTS}/{FRONT_EVENT}/feedback"
NOBODY = {"verdict": "not_a_person"}
ONE_BOX = [{"label": "person", "box": [0.4, 0.2, 0.6, 0.9], "score": 0.81}]


class FailingStore(MemoryStore):
    """A disk that takes nothing."""

    def put(self, key: str, data: bytes) -> None:
        del key, data
        msg = "The disk does not answer."
        raise StoreUnavailable(msg)


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        made.catalog.save_explanation(explanation(FRONT_EVENT))
        made.catalog.save_explanation(explanation(GARDEN_EVENT))
        yield made


def test_an_explanation_has_the_shape_that_scripts_rely_on(house: House) -> None:
    house.change_event(FRONT_EVENT, zone="drive", direction=Direction.ARRIVING, box=Box(0.4, 0.2, 0.6, 0.9))
    assert house.get(WHY).json() == {
        "model": "yolox-nano",
        "model_sha256": "c7" * 32,
        "input": "416x416",
        "thresholds": {"open": 0.35, "keep": 0.22},
        "opened_by": "person",
        "motion": 0.012,
        "zone": "drive",
        "direction": "arriving",
        "still_box": [0.4, 0.2, 0.6, 0.9],
        "looks": [
            {"at": "2026-11-21T12:00:00.000Z", "score": 0.81, "where": "local", "boxes": ONE_BOX, "crops": []},
            {
                "at": "2026-11-21T12:00:00.250Z",
                "score": 0.4,
                "where": "remote",
                "boxes": ONE_BOX,
                "crops": [[0.25, 0.0, 1.0, 1.0]],
            },
            {"at": "2026-11-21T12:00:00.500Z", "score": 0.81, "where": "local", "boxes": ONE_BOX, "crops": []},
        ],
        "feedback": None,
    }


def test_what_nobody_looked_at_has_the_same_shape(house: House) -> None:
    house.catalog.save_explanation(Explanation(FRONT_EVENT, Cause.PRESS))
    house.change_event(FRONT_EVENT, direction=Direction.STAYING)
    assert house.get(WHY).json() == {
        "model": "",
        "model_sha256": None,
        "input": "",
        "thresholds": {"open": 0.0, "keep": 0.0},
        "opened_by": "press",
        "motion": None,
        "zone": "",
        "direction": None,
        "still_box": None,
        "looks": [],
        "feedback": None,
    }


def test_looks_follow_their_event_when_its_clock_is_set(house: House) -> None:
    event = house.catalog.event(FRONT_EVENT)
    assert event is not None
    house.change_event(FRONT_EVENT, started_at=event.started_at + timedelta(days=1))
    assert [look["at"] for look in house.get(WHY).json()["looks"]][:2] == [
        "2026-11-22T12:00:00.000Z",
        "2026-11-22T12:00:00.250Z",
    ]


@pytest.mark.parametrize("role", [Role.OWNER, Role.FAMILY])
def test_the_family_says_that_it_was_nobody_and_may_change_its_mind(house: House, role: Role) -> None:
    asker = house.session(role)
    for verdict in ("not_a_person", "not_a_person", "person"):
        answer = house.ask("POST", SAY, asker, json={"verdict": verdict})
        assert (answer.status_code, answer.content) == (204, b"")
        assert house.ask("GET", WHY, asker).json()["feedback"] == verdict
    assert [(found.event, found.verdict) for found in every_feedback(house.feedback)] == [(FRONT_EVENT, Verdict.PERSON)]


def test_a_guest_and_a_script_that_reads_say_nothing(house: House) -> None:
    for asker in (house.session(Role.GUEST), house.token(Scope.EVENTS_READ, Scope.CLIP_READ)):
        assert house.ask("POST", SAY, asker, json=NOBODY).status_code == 403
    assert house.ask("POST", SAY, {}, json=NOBODY).status_code == 401
    assert list(house.feedback.keys()) == []
    assert house.get(WHY).json()["feedback"] is None


def test_another_site_cannot_say_it_for_the_family(house: House) -> None:
    elsewhere = {**house.session(Role.FAMILY), "Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert house.ask("POST", SAY, elsewhere, json=NOBODY).status_code == 403
    assert list(house.feedback.keys()) == []


def test_an_event_of_a_foreign_camera_is_not_found(house: House) -> None:
    family = house.session(Role.FAMILY, frozenset({FRONT}))
    foreign = f"{EVENTS}/{GARDEN_EVENT}"
    unknown = f"{EVENTS}/nothing"
    for method, path, body in (("GET", "explanation", None), ("POST", "feedback", NOBODY)):
        seen = house.ask(method, f"{foreign}/{path}", family, json=body)
        nothing = house.ask(method, f"{unknown}/{path}", family, json=body)
        assert (seen.status_code, seen.content) == (nothing.status_code, nothing.content)
        assert (seen.status_code, seen.json()["code"]) == (404, "not-found")


def test_of_an_older_event_nothing_is_known(house: House) -> None:
    older: Event = house.add_event(EventId("front-door-0"), FRONT)
    for answer in (
        house.get(f"{EVENTS}/{older.id}/explanation"),
        house.ask("POST", f"{EVENTS}/{older.id}/feedback", house.owner(), json=NOBODY),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "no-explanation")
    assert list(house.feedback.keys()) == []


def test_a_deleted_event_is_explained_again_once_it_is_restored(house: House) -> None:
    owner = house.owner()
    house.ask("DELETE", f"{EVENTS}/{FRONT_EVENT}", owner)
    assert house.get(WHY).status_code == 404
    assert house.ask("POST", SAY, owner, json=NOBODY).status_code == 404
    house.ask("POST", f"{EVENTS}/{FRONT_EVENT}/restore", owner)
    assert len(house.get(WHY).json()["looks"]) == 3


@pytest.mark.parametrize(
    "body", [None, {}, {"verdict": "ghost"}, {"verdict": None}, {"verdict": ["person"]}, [], "person"]
)
def test_what_makes_no_sense_is_refused(house: House, body: object) -> None:
    assert house.ask("POST", SAY, house.owner(), json=body).status_code == 400
    assert house.get(WHY).json()["feedback"] is None


def test_a_disk_that_takes_nothing_is_said_and_nothing_is_listed() -> None:
    with House(feedback=FailingStore()) as house:
        house.catalog.save_explanation(explanation(FRONT_EVENT))
        answer = house.ask("POST", SAY, house.owner(), json=NOBODY)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert house.get(WHY).json()["feedback"] is None

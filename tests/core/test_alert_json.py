"""One alert, read by a program behind a webhook, by one at a broker, and by a phone."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from doorstep.core.alert import Alert, AlertId, word_about_doorstep
from doorstep.core.alert_json import alert_fields
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.event import EventId
from doorstep.core.push_payload import push_payload

AT = datetime(2026, 11, 21, 14, 2, 3, 4000, tzinfo=UTC)
PRESS = Alert(
    AlertId("a1"), EventId("e1"), CameraId("gate"), Cause.PRESS, AT, "Rang", "Rung.", "https://d.example/a", b"x"
)
WORD = word_about_doorstep("health:disk:1", AT, ("Disk full", "It is."), "https://d.example/", is_test=True)


def test_a_press_says_all_but_its_picture() -> None:
    assert json.loads(json.dumps(alert_fields(PRESS))) == {
        "id": "a1",
        "event": "e1",
        "camera": "gate",
        "cause": "press",
        "at": "2026-11-21T14:02:03.004Z",
        "title": "Rang",
        "text": "Rung.",
        "link": "https://d.example/a",
        "urgent": True,
        "test": False,
    }


def test_a_word_about_doorstep_is_of_no_event_and_never_urgent() -> None:
    found = alert_fields(WORD)
    assert (found["id"], found["event"], found["camera"], found["cause"]) == ("health:disk:1", None, None, None)
    assert (found["title"], found["text"], found["urgent"], found["test"]) == ("Disk full", "It is.", False, True)
    of_camera = word_about_doorstep("health:black:1", AT, ("Black", ""), "/", CameraId("gate"))
    assert (of_camera.camera, of_camera.is_test) == ("gate", False)


@pytest.mark.parametrize("alert", [PRESS, WORD])
def test_a_phone_reads_the_same_under_an_id_and_an_address_of_its_own(alert: Alert) -> None:
    pushed, fields = json.loads(push_payload(alert, "d1", None)), alert_fields(alert)
    assert {key for key in fields if pushed[key] != fields[key]} == {"id", "link"}
    assert pushed.keys() - fields.keys() == {"alert", "picture"}


def test_a_moment_is_told_in_utc_wherever_it_was_read() -> None:
    elsewhere = word_about_doorstep("a", AT.astimezone(timezone(timedelta(hours=5))), ("", ""), "/")
    assert alert_fields(elsewhere)["at"] == "2026-11-21T14:02:03.004Z"

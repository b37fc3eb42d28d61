"""A visitor whose event says why it opened: while it runs, after a crash, and once it was called nobody."""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import av
import pytest

from doorstep.core.explanation import MOST_LOOKS, Verdict
from doorstep.pipeline.feedback_folder import every_feedback, picture_of
from doorstep.stores.local import LocalStore
from fakes.pictures import NEEDS_MODEL
from fakes.server_process import ServerProcess, model_folder, running, wait_for

pytestmark = [pytest.mark.slow, NEEDS_MODEL]

CONFIG = """
[[camera]]
id = "porch"
name = "Porch"
source = "demo://"

[events]
close_after = 3
post_roll = 2
"""


@dataclass(frozen=True, slots=True)
class Visited:
    """A server, and the event of a visitor who came and went.

    An earlier visitor was there when the server was killed; `early` and `after` are what was told of him before and
    behind that.
    """

    server: ServerProcess
    event: dict[str, Any]
    early: dict[str, Any]
    after: dict[str, Any] | None


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visited]:
    data = tmp_path_factory.mktemp("house") / "data"
    with running(data, CONFIG, {"DOORSTEP_MODELS": str(model_folder())}) as server:

        def runs() -> str | None:
            return next((str(one["id"]) for one in server.events() if one["ended_at"] is None), None)

        crashed = wait_for(runs, 120, "a visitor")
        early = wait_for(lambda: why(server, crashed), 30, "the explanation")
        server.kill()
        server.start()
        after = why(server, crashed)

        def over() -> dict[str, Any] | None:
            # Until the detector is up again, motion opens events: nothing was looked at then.
            found = [one for one in server.events() if one["id"] != crashed and one["causes"][0] == "person"]
            return next((one for one in found if one["ended_at"] and one["still"]["ready"] and one["box"]), None)

        event = wait_for(over, 120, "a visitor who came and went")
        wait_for(lambda: is_whole(server, event), 60, "all of its explanation")  # the row of it follows the event's
        yield Visited(server, event, early, after)


def is_whole(server: ServerProcess, event: dict[str, Any]) -> bool:
    told = why(server, event["id"])
    return told is not None and moment(told["looks"][-1]["at"]) >= moment(event["last_seen_at"])


def why(server: ServerProcess, event: str) -> dict[str, Any] | None:
    with server.client() as client:
        answer = client.get(f"/events/{event}/explanation")
    told: dict[str, Any] = answer.json()
    return told if answer.status_code == 200 else None


def test_it_says_why_while_the_visitor_is_there_and_still_after_a_crash(visited: Visited) -> None:
    assert visited.early["opened_by"] == "person"
    assert visited.early["looks"]
    assert (visited.after or {})["looks"][: len(visited.early["looks"])] == visited.early["looks"]


def test_the_explanation_shows_what_led_to_the_event(visited: Visited) -> None:
    server, event = visited.server, visited.event
    told = wait_for(lambda: why(server, event["id"]), 10, "its explanation")
    folder = model_folder()
    assert folder is not None
    assert told["model_sha256"] in {hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.onnx")}
    assert told["model"]
    assert told["input"].count("x") == 1
    assert told["opened_by"] == event["causes"][0]
    assert 0.0 < told["thresholds"]["keep"] <= told["thresholds"]["open"]
    looks = told["looks"]
    assert 2 <= len(looks) <= MOST_LOOKS
    assert looks == sorted(looks, key=lambda look: moment(look["at"]))
    assert looks[0]["at"] == event["started_at"]
    assert looks[0]["score"] >= told["thresholds"]["open"]
    assert abs(max(look["score"] for look in looks) - event["score"]) < 0.001
    assert all(look["where"] == "local" for look in looks)
    assert all(box["label"] == "person" for look in looks for box in look["boxes"])
    assert told["still_box"] == event["box"]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_what_the_family_says_is_kept_beside_a_crop_on_this_machine(visited: Visited) -> None:
    server, event = visited.server, visited.event
    with server.client() as client:
        for _ in range(2):
            said = client.post(f"/events/{event['id']}/feedback", json={"verdict": "not_a_person"})
            assert (said.status_code, said.content) == (204, b"")
    told = why(server, event["id"])
    assert told is not None
    assert told["feedback"] == "not_a_person"
    folder = LocalStore(server.data / "feedback")
    (found,) = every_feedback(folder)
    assert (found.event, found.verdict) == (event["id"], Verdict.NOT_A_PERSON)
    assert len(found.explanation.looks) == len(told["looks"])
    with av.open(io.BytesIO(picture_of(folder, found) or b""), "r") as container:
        picture = container.streams.video[0]
    left, top, right, bottom = event["box"]
    assert (right - left) * 640 <= picture.width <= 640
    assert (bottom - top) * 480 - 2 <= picture.height <= 480

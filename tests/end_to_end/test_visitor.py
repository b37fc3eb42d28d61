"""The whole of Doorstep in its own process: somebody walks up, is seen, recorded, mailed and listed."""

import io
import re
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import av
import pytest

from fakes.mail_server import Mailbox, mail_server
from fakes.pictures import NEEDS_MODEL
from fakes.server_process import ServerProcess, model_folder, running, wait_for

pytestmark = [pytest.mark.slow, NEEDS_MODEL]

CONFIG = """
[[camera]]
id = "porch"
name = "Porch <b>& door</b>"
source = "demo://"

[events]
pre_roll = 3
close_after = 3
post_roll = 2

[notify.email]
smtp = "smtp://127.0.0.1:{port}"
from = "doorstep@example.org"
to = ["me@example.org"]
"""
STAGES = ["captured", "seen", "decided", "sent", "accepted"]


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServerProcess, Mailbox]]:
    """A server whose visitor has come and was told."""
    data = tmp_path_factory.mktemp("house") / "data"
    environment = {"DOORSTEP_MODELS": str(model_folder())}
    with mail_server() as mailbox, running(data, CONFIG.format(port=mailbox.port), environment) as server:
        wait_for(lambda: told(mailbox), 60, "a mail about the first visitor")
        yield server, mailbox


def told(mailbox: Mailbox) -> list[EmailMessage]:
    """Of the porch; words about Doorstep itself may come, too."""
    return [message for message in mailbox.messages if "Porch" in str(message["Subject"])]


def event_of(server: ServerProcess) -> dict[str, Any]:
    return server.events()[-1]


def frames_in(clip: bytes) -> int:
    with av.open(io.BytesIO(clip), "r") as container:
        return sum(1 for _ in container.decode(video=0))


def seconds_in(clip: bytes) -> float:
    """Of its pictures, of which the demo camera leaves some out where the machine is loaded."""
    with av.open(io.BytesIO(clip), "r") as container:
        stream = container.streams.video[0]
        assert stream.duration is not None
        assert stream.time_base is not None
        return float(stream.duration * stream.time_base)


def test_the_mail_shows_the_person(visited: tuple[ServerProcess, Mailbox]) -> None:
    _, mailbox = visited
    message = told(mailbox)[0]
    assert message["Subject"] == "Person at Porch <b>& door</b>"
    plain = message.get_body(("plain",))
    html = message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert "/alerts/porch-" in plain.get_content()
    assert "<b>& door" not in html.get_content()
    pictures = [part for part in message.walk() if part.get_content_type() == "image/jpeg"]
    assert pictures[0].get_content().startswith(b"\xff\xd8")


def test_the_clip_plays_while_the_event_runs(visited: tuple[ServerProcess, Mailbox]) -> None:
    server, _ = visited
    event = wait_for(lambda: event_of(server) if event_of(server)["clip"] else None, 10, "bytes of the clip")
    with server.client() as client:
        clip = client.get(event["clip"]["href"].removeprefix("/api/v1"))
    assert clip.headers["content-type"] == "video/mp4"
    assert frames_in(clip.content) >= 15


def test_the_event_tells_its_whole_story(visited: tuple[ServerProcess, Mailbox]) -> None:
    server, _ = visited

    def over() -> dict[str, Any] | None:
        event = event_of(server)
        stages = {entry["stage"] for entry in event["ledger"]}
        return event if event["clip"] and event["clip"]["whole"] and stages >= {*STAGES} else None

    event = wait_for(over, 60, "the end of the event")
    assert event["causes"][0] == "person"
    assert event["pre_roll_seconds"] >= 3.0
    assert event["score"] >= 0.35
    stages = [entry["stage"] for entry in event["ledger"]]
    assert sorted(set(stages), key=STAGES.index) == STAGES  # twice sent where the button was pressed as well
    told = next(entry["ms"] for entry in event["ledger"] if entry["stage"] == "accepted")
    assert told < 60_000
    with server.client() as client:
        clip = client.get(event["clip"]["href"].removeprefix("/api/v1")).content
        thumbnail = client.get(event["thumbnail"]["href"].removeprefix("/api/v1")).content
        still = client.get(f"/events/{event['id']}/still.jpg").content
    assert 0.95 * event["clip"]["bytes"] < len(clip) <= event["clip"]["bytes"]
    assert abs(seconds_in(clip) - event["clip"]["seconds"]) < 0.5
    assert len(thumbnail) <= 25_000
    with av.open(io.BytesIO(thumbnail)) as picture:
        assert picture.streams.video[0].width <= 480
    with av.open(io.BytesIO(still)) as picture:
        assert picture.streams.video[0].width == 640


def test_the_recording_lies_under_its_date(visited: tuple[ServerProcess, Mailbox]) -> None:
    server, _ = visited
    recordings = sorted((server.data / "recordings").rglob("*.mp4"))
    assert recordings
    name = str(recordings[0].relative_to(server.data / "recordings"))
    assert re.fullmatch(r"porch/\d{4}/\d\d/\d\d/\d{8}_\d{6}\.mp4", name)
    datetime.strptime(recordings[0].stem, "%Y%m%d_%H%M%S")  # noqa: DTZ007 - it is the format that is checked


def test_it_is_seeing_and_says_so(visited: tuple[ServerProcess, Mailbox]) -> None:
    server, _ = visited
    status = server.get("/status")
    assert status["seeing"] is True
    # A virtual machine may have no clock of its own that anybody set.
    assert [problem for problem in status["problems"] if "clock of this machine" not in problem["what"]] == []
    camera = server.cameras()[0]
    assert camera["state"] == "live"
    assert camera["watching"]["on"] is True
    assert camera["watching"]["last_look_at"] is not None


def test_the_last_seconds_are_a_clip(visited: tuple[ServerProcess, Mailbox], tmp_path: Path) -> None:
    server, _ = visited
    out = tmp_path / "last.mp4"
    with server.client() as client:
        answer = client.get("/cameras/porch/clip?duration=3")
    assert answer.status_code == 200
    out.write_bytes(answer.content)
    assert 2.0 <= seconds_in(answer.content) <= 3.2  # of the newest second a loaded machine has less


def test_a_press_is_told_in_spite_of_the_cooldown(visited: tuple[ServerProcess, Mailbox]) -> None:
    server, mailbox = visited
    before = len(told(mailbox))
    with server.client() as client:
        assert client.post("/cameras/porch/press", json={"note": "ding"}).status_code == 202
    wait_for(lambda: len(told(mailbox)) > before, 20, "a mail about the press")
    wait_for(lambda: "Doorbell" in told(mailbox)[-1]["Subject"], 20, "the mail about the press")

"""Test my doorstep, in a server of its own process: what it reports, and that a real visitor is told as ever."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes.mail_server import Mailbox, mail_server
from fakes.pictures import NEEDS_MODEL
from fakes.server_process import ServerProcess, command, model_folder, running, wait_for

pytestmark = [pytest.mark.slow, NEEDS_MODEL]

CONFIG = """
[[camera]]
id = "porch"
name = "Porch"
source = "demo://"

[events]
close_after = 3
post_roll = 2

[notify.email]
smtp = "smtp://127.0.0.1:{port}"
from = "doorstep@example.org"
to = ["me@example.org"]
"""


@pytest.fixture(scope="module")
def tested(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServerProcess, Mailbox, dict[str, Any]]]:
    """A server that was tested by the command while its demo's own visitor came."""
    data = tmp_path_factory.mktemp("house") / "data"
    environment = {"DOORSTEP_MODELS": str(model_folder())}
    with mail_server() as mailbox, running(data, CONFIG.format(port=mailbox.port), environment) as server:
        wait_for(lambda: server.cameras()[0]["watching"]["last_look_at"] and server.get("/status")["model"], 30)
        words = command("test", "porch", "--json", "--data", str(data))
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, timeout=300, env={**os.environ, **environment}
        )
        assert done.returncode in {0, 1}, done.stderr
        yield server, mailbox, json.loads(done.stdout)


def test_every_stage_is_reached_with_its_time(tested: tuple[ServerProcess, Mailbox, dict[str, Any]]) -> None:
    _, _, report = tested
    assert report["state"] == "passed", report
    times = {stage["stage"]: stage["ms"] for stage in report["stages"]}
    assert times["acknowledged"] is None  # a mail does not say that it was read
    assert all(times[stage] is not None for stage in times if stage != "acknowledged")
    assert times["captured"] == 0 <= times["seen"] <= times["decided"] <= times["accepted"]


def test_the_mail_says_that_nobody_is_there(tested: tuple[ServerProcess, Mailbox, dict[str, Any]]) -> None:
    _, mailbox, _ = tested
    subjects = [str(message["Subject"]) for message in list(mailbox.messages)]
    assert [subject for subject in subjects if subject.startswith("Test")] == ["Test: Person at Porch"]


def test_a_real_visitor_meanwhile_is_told_as_ever(tested: tuple[ServerProcess, Mailbox, dict[str, Any]]) -> None:
    server, mailbox, _ = tested
    wait_for(lambda: any(str(one["Subject"]) == "Person at Porch" for one in list(mailbox.messages)), 30)
    assert server.events()
    assert not any(event["test"] for event in server.events())


def test_its_video_lies_apart_and_its_buffer_is_gone(tested: tuple[ServerProcess, Mailbox, dict[str, Any]]) -> None:
    server, _, _ = tested
    (event,) = [one for one in server.get("/events?tests=true")["events"] if one["test"]]
    with server.client() as client:
        clip = client.get(event["clip"]["href"].removeprefix("/api/v1"))
    assert clip.headers["content-type"] == "video/mp4"
    recordings = server.data / "recordings"
    assert len(list((recordings / "porch.test").rglob("*.mp4"))) == 1
    run: Path = server.data.parent / f"{server.data.name}-run"
    assert list(run.rglob("porch"))
    wait_for(lambda: not list(run.rglob("porch.test")), 10, "the end of its buffer")
    told = [event["id"] for event in server.get("/cameras/porch/timeline?from=2020-01-01T00:00:00Z")["events"]]
    assert event["id"] not in told


def test_a_camera_that_does_not_exist_is_said(tested: tuple[ServerProcess, Mailbox, dict[str, Any]]) -> None:
    server, _, _ = tested
    words = command("test", "garden", "--data", str(server.data))
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 2
    assert "porch" in done.stderr

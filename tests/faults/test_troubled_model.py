"""A model that hangs, crashes or answers nonsense, in a real server: it is said, and motion makes the events."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from fakes.server_process import ServerProcess, running, wait_for
from fakes.troubled_models import troubled_model
from faults.bad_files import make_moving
from faults.watching import CAMERA, problem, run_once

pytestmark = pytest.mark.slow

WORDS = {
    "hang": r"The model hang (took over 5 s for one|is still busy with an earlier) picture; use a smaller one",
    "crash": r"The model crash could not look at a picture \(InvalidArgument\)",
    "nan": "The model nan gave numbers that are none",
}
HUNGRY = "hang"
"""Its model takes a processor until its server ends: that one is begun by its own test, and by no other."""
AUTO = r"96 is the largest that affords 4 looks a second here \(96: \d+ ms\)\."
"""The model is that small."""


def config_of(folder: Path, trouble: str) -> str:
    make_moving(folder / "moving.mp4")
    model = troubled_model(folder / f"{trouble}.onnx", trouble)
    events = "[events]\nclose_after = 2\npost_roll = 2\n"
    return f'[detection]\nmodel = "{model}"\n{events}' + CAMERA.format(
        id="door", path=folder / "moving.mp4", loop="?loop"
    )


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, ServerProcess]]:
    """One for each trouble and one without any; begun together, for it takes them seconds to find it."""
    with ExitStack() as stack:
        found = {}
        for trouble in (*(one for one in WORDS if one != HUNGRY), "none"):
            folder = tmp_path_factory.mktemp(trouble)
            found[trouble] = stack.enter_context(running(folder / "data", config_of(folder, trouble)))
        yield found


def recorded(server: ServerProcess) -> dict[str, Any] | None:
    return next((event for event in server.events() if event["clip"]), None)


@pytest.mark.parametrize("trouble", list(WORDS))
def test_a_model_in_trouble_is_said_and_motion_alone_makes_events(
    servers: dict[str, ServerProcess], trouble: str, tmp_path: Path
) -> None:
    if trouble != HUNGRY:
        says_so_and_goes_on(servers[trouble], trouble)
        return
    with running(tmp_path / "data", config_of(tmp_path, trouble)) as server:
        says_so_and_goes_on(server, trouble)


def says_so_and_goes_on(server: ServerProcess, trouble: str) -> None:
    found = wait_for(lambda: problem(server, "Nobody can be recognised"), 60, "the model's problem")
    assert re.search(WORDS[trouble], found["what"])
    assert "Motion alone makes events" in found["remedy"]
    assert not server.get("/status")["seeing"]
    event = wait_for(lambda: recorded(server), 60, "an event from motion with its recording")
    assert event["causes"] == ["motion"]
    (camera,) = server.cameras()
    assert (camera["state"], camera["reason"]) == ("live", "")
    with server.client() as client:
        clip = client.get("/cameras/door/clip?duration=3")
        assert clip.status_code == 200
        assert clip.content[4:8] == b"ftyp"
    log = server.log.read_text()
    assert "Traceback" not in log
    assert "onnxruntime:" not in log  # its own lines, at every look
    began = time.monotonic()
    assert server.stop(120) == 0
    assert time.monotonic() - began < 60


def test_where_the_model_is_well_the_same_motion_makes_no_event(servers: dict[str, ServerProcess]) -> None:
    """What the test above is worth: there motion made events because nobody looked."""
    server = servers["none"]
    wait_for(lambda: server.cameras()[0]["watching"]["last_look_at"], 60, "a first look")
    looked_at = server.cameras()[0]["watching"]["last_look_at"]
    wait_for(lambda: server.cameras()[0]["watching"]["last_look_at"] > looked_at, 60, "a look that motion made")
    status = server.get("/status")
    assert server.blind_by() == []
    assert re.fullmatch(AUTO, status["model"]["why"])
    assert server.events() == []


def test_check_says_at_which_size_it_looks_and_why_or_why_not(tmp_path: Path) -> None:
    path, data = tmp_path / "doorstep.toml", str(tmp_path / "data")
    path.write_text(config_of(tmp_path, "none"), encoding="utf-8")

    def said(trouble: str) -> tuple[bool, str]:
        troubled_model(tmp_path / "none.onnx", trouble, bright=100.0)
        ended = run_once("check", "--json", "--config", str(path), "--data", data)
        found = {row["what"]: row for row in map(json.loads, ended.stdout.splitlines())}
        return found["detector"]["ok"], found["detector"]["detail"]

    well, why = said("none")
    assert well
    assert re.fullmatch(f"none; {AUTO}", why)
    assert said("nan") == (
        False,
        "The model none gave numbers that are none; check it with `doorstep models verify`.",
    )

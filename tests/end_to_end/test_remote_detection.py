"""Two processes: a server whose pictures go to `doorstep serve-detector`, and what it does when that dies."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from fakes.pictures import NEEDS_MODEL
from fakes.server_process import ServerProcess, command, model_folder, running, wait_for

pytestmark = [pytest.mark.slow, NEEDS_MODEL]

TOKEN = "sixteen-characters-or-more"
CONFIG = """
[[camera]]
id = "porch"
name = "Porch"
source = "demo://"

[detection]
where = "remote"
endpoint = "{address}"
token = "${{DETECTOR_TOKEN}}"
{more}
"""


@contextmanager
def detector_process(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process, and the address that it says."""
    environment = {**os.environ, "DOORSTEP_MODELS": str(model_folder()), "DOORSTEP_DETECTOR_TOKEN": TOKEN}
    words = command("serve-detector", "--listen", "127.0.0.1:0", "--data", str(folder))
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().removeprefix("listening on ").strip()
        finally:
            process.kill()


def house(folder: Path, address: str, more: str = "") -> Any:
    environment = {"DOORSTEP_MODELS": str(model_folder()), "DETECTOR_TOKEN": TOKEN}
    return running(folder / "data", CONFIG.format(address=address, more=more), environment)


def watching(server: ServerProcess) -> dict[str, Any]:
    found: dict[str, Any] = server.cameras()[0]["watching"]
    return found


def sent(server: ServerProcess) -> list[dict[str, Any]]:
    """What the ledger of the first person's event says of pictures that left the machine."""
    events = [event for event in server.events() if "person" in event["causes"]]
    return [entry for entry in (events[-1]["ledger"] if events else []) if entry["channel"].startswith("127.0.0.1: ")]


def troubles(server: ServerProcess) -> list[dict[str, Any]]:
    return [problem for problem in server.get("/status")["problems"] if "remote detector" in problem["what"]]


def test_an_answer_from_elsewhere_opens_an_event_whose_ledger_says_what_was_sent_and_its_price(tmp_path: Path) -> None:
    more = 'model = "gone.onnx"\nprice_per_call_usd = 0.001\nmonthly_cap_usd = 1\n'  # nobody else could have seen him
    with detector_process(tmp_path) as (_, address), house(tmp_path, address, more) as server:
        entry = wait_for(lambda: sent(server), 120, "an event whose pictures were sent away")[0]
        assert (entry["stage"], entry["cost_usd"] >= 0.001) == ("seen", True)
        assert "picture" in entry["channel"]
        assert watching(server)["where"] == "remote"

        def state() -> dict[str, Any]:
            found: dict[str, Any] = server.get("/status")["remote_detector"]
            return found

        # On a loaded machine an answer may come too late now and then.
        wait_for(lambda: (state()["trouble"], state()["left_alone"]) == (None, False), 60, "no trouble")
        wait_for(lambda: server.blind_by() == [], 60, "eyes, though no model is on this machine")
        assert state()["cap_usd"] == 1.0
        assert 0.001 <= state()["spent_usd"] <= 1.0
        assert TOKEN not in server.log.read_text()


def test_when_the_other_machine_dies_this_one_looks_and_says_so(tmp_path: Path) -> None:
    with detector_process(tmp_path) as (process, address), house(tmp_path, address) as server:
        wait_for(lambda: server.get("/status")["model"], 60, "the local model")
        wait_for(lambda: watching(server)["where"] == "remote", 60, "a look of the remote detector")
        process.kill()
        wait_for(lambda: watching(server)["where"] == "local", 60, "a look of the local model")
        told = wait_for(lambda: troubles(server), 30, "a word about the remote detector")
        assert [problem["minor"] for problem in told] == [True]
        # In the words of now: the board keeps those with which the trouble began.
        assert told[0]["what"].startswith("The remote detector at")
        assert server.get("/status")["remote_detector"]["trouble"].startswith("The remote detector at")
        assert server.blind_by() == []
        wait_for(server.events, 120, "an event without the other machine")
        assert "person" in server.events()[-1]["causes"]

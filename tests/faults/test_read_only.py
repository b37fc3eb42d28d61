"""A disk that turned read-only, as the kernel does to one with errors: told, seen as before, and over by itself."""

from datetime import datetime
from pathlib import Path

import pytest

from fakes.server_process import ServerProcess, running, wait_for
from fakes.small_disk import disk_in_memory, make_read_only
from faults.agreement import agreement
from faults.bad_files import make_still
from faults.watching import CAMERA, problem

pytestmark = pytest.mark.slow

EVENTS = "[events]\npre_roll = 2\nclose_after = 3\npost_roll = 1\n"


def newest_seconds(server: ServerProcess) -> float:
    with server.client() as client:
        answer = client.head("/cameras/porch/clip?duration=4")
    if not answer.is_success:
        return 0.0
    starts_at, ends_at = (datetime.fromisoformat(answer.headers[f"doorstep-{end}-at"]) for end in ("starts", "ends"))
    return (ends_at - starts_at).total_seconds()


def test_a_read_only_disk_is_told_and_the_recording_is_whole_when_it_is_not_any_more(tmp_path: Path) -> None:
    camera = CAMERA.format(id="porch", path=make_still(tmp_path / "still.mp4"), loop="?loop")
    with disk_in_memory(tmp_path / "data" / "recordings", "20m") as disk:
        with running(tmp_path / "data", EVENTS + camera) as server:
            wait_for(lambda: newest_seconds(server) >= 3, 20, "some seconds in the buffer")
            make_read_only(disk, read_only=True)
            with server.client() as client:
                assert client.post("/cameras/porch/motion").status_code == 202
            wait_for(lambda: problem(server, "Recordings cannot be written"), 20, "the problem")
            wait_for(lambda: "event closed" in server.log.read_text(), 20, "the end of the event")
            wait_for(lambda: newest_seconds(server) >= 3, 20, "a buffer that goes on")

            make_read_only(disk, read_only=False)
            wait_for(lambda: not problem(server, "Recordings cannot be written"), 20, "no problem any more")
            wait_for(lambda: any(one["clip"] for one in server.events()), 20, "the recording")
            (event,) = server.events()
            assert event["pre_roll_seconds"] >= 2
        found = agreement(tmp_path / "data")
        assert found.is_whole, found

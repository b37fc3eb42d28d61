"""A disk that answers nobody for five seconds while somebody is at the door: seen as before, and recorded whole."""

import re
import time
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from fakes.server_process import ServerProcess, running, wait_for
from fakes.small_disk import disk_in_file, stalled
from faults.agreement import agreement
from faults.bad_files import make_still
from faults.watching import CAMERA

pytestmark = pytest.mark.slow

EVENTS = "[events]\npre_roll = 2\nclose_after = 3\npost_roll = 1\n"
STALL_SECONDS = 5.0
MANY = 8
"""More cameras that record than there are threads in the pool of two cores (asyncio's default executor: six)."""


def newest_second(server: ServerProcess, camera: str) -> tuple[datetime, float]:
    """Until when the buffer reaches, and how long the answer took."""
    began = time.monotonic()
    with server.client() as client:
        answer = client.head(f"/cameras/{camera}/clip?duration=2")
    assert answer.is_success
    return datetime.fromisoformat(answer.headers["doorstep-ends-at"]), time.monotonic() - began


def looks(server: ServerProcess) -> dict[str, float]:
    """How many frames of each camera were compared, which is what finds motion."""
    headers = {"Authorization": f"Bearer {server.token()}"}
    told = httpx.get(f"{server.url}/metrics", headers=headers, timeout=60).text
    return {
        name: float(count) for name, count in re.findall(r'doorstep_camera_looks_total\{camera="(.*?)"\} (.*)', told)
    }


def test_live_and_motion_go_on_while_the_disk_of_the_recordings_stalls(tmp_path: Path) -> None:
    film = make_still(tmp_path / "still.mp4")
    names = [f"cam-{number}" for number in range(MANY)]
    cameras = "".join(CAMERA.format(id=name, path=film, loop="?loop") for name in names)
    with disk_in_file(tmp_path / "data" / "recordings", 256) as disk:
        with running(tmp_path / "data", EVENTS + cameras) as server:
            wait_for(lambda: len(seen := looks(server)) == MANY and all(seen.values()), 30, "a look at each camera")
            wait_for(lambda: newest_second(server, names[-1]), 10, "some seconds in the buffer")
            with stalled(disk):
                began = time.monotonic()
                with server.client() as client:  # so every camera has a recording to begin, and waits for the disk
                    assert all(client.post(f"/cameras/{name}/motion").status_code == 202 for name in names)
                time.sleep(1)
                before, seen = newest_second(server, names[0])[0], looks(server)
                wait_for(lambda: (newest_second(server, names[0])[0] - before).total_seconds() >= 1.5, 20, "seconds")
                wait_for(lambda: newest_second(server, names[0])[1] < 1.0, 20, "a quick answer")
                wait_for(lambda: all(looks(server)[name] > seen[name] for name in names), 20, "looks at each camera")
                time.sleep(max(0.0, began + STALL_SECONDS - time.monotonic()))
            wait_for(lambda: all(whole(server)), 40, "every recording")
        found = agreement(tmp_path / "data")
        assert found.is_whole, found


def whole(server: ServerProcess) -> list[bool]:
    """Of each event that is over, whether its video reaches from its pre-roll to its end."""
    found = []
    for event in server.events():
        if event["ended_at"] is None or not event["clip"]:
            found.append(False)
            continue
        started, ended = (datetime.fromisoformat(event[key]) for key in ("started_at", "ended_at"))
        wanted = (ended - started).total_seconds() + event["pre_roll_seconds"]
        found.append(event["clip"]["seconds"] >= wanted - 0.2)
    return found if len(found) >= MANY else [False]

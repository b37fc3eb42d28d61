"""Two cameras of unequal bit rate, a buffer that is too small for both: fair shares, kept over a restart, and told."""

from pathlib import Path

import httpx
import pytest

from fakes.server_process import ServerProcess, running, wait_for
from faults.bad_files import make_still
from faults.watching import CAMERA
from media.make_clips import make_video

pytestmark = pytest.mark.slow

BUDGET = 560_000
HEAD = f'[buffer]\nmax_bytes = "{BUDGET // 1000} kB"\n'


def held(server: ServerProcess, unit: str) -> dict[str, float]:
    """Of each camera's buffer, by the metrics."""
    headers = {"Authorization": f"Bearer {server.token()}"}
    lines = httpx.get(f"{server.url}/metrics", headers=headers, timeout=60).text.splitlines()
    name = f'doorstep_camera_buffer_{unit}{{camera="'
    return {line[len(name) :].partition('"')[0]: float(line.split()[-1]) for line in lines if line.startswith(name)}


def words(server: ServerProcess) -> str:
    """What the owner reads of it, which is no reason for alarm."""
    problems = server.get("/status")["problems"]
    return " ".join(problem["what"] for problem in problems if "last minutes" in problem["what"] and problem["minor"])


def test_what_does_not_fit_is_told_shared_fairly_and_there_again_after_a_kill(tmp_path: Path) -> None:
    large, small = make_still(tmp_path / "large.mp4"), make_video(tmp_path / "small.mp4")
    cameras = CAMERA.format(id="large", path=large, loop="?loop") + CAMERA.format(id="small", path=small, loop="?loop")
    with running(tmp_path / "data", HEAD + cameras) as server:
        told = wait_for(
            lambda: words(server) if "of large than wanted (15 min wanted" in words(server) else "", 60, "the words"
        )
        assert " s kept" in told
        sizes, kept = held(server, "bytes"), held(server, "seconds")
        assert sum(sizes.values()) <= BUDGET
        assert kept["large"] < kept["small"]
        assert sizes["large"] > BUDGET / 4, "an even share, less what waits for readers and a second"
        server.kill()
        server.start()
        again = wait_for(lambda: held(server, "seconds"), 20, "the buffers")
        assert again["large"] >= kept["large"] - 2
        assert again["small"] >= kept["small"] - 2

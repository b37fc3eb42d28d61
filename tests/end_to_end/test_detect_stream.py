"""A real camera with two streams: the small one is looked at, the large one recorded, and either may be lost alone."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from fakes.rtsp_camera import CameraOptions, RtspCamera, needs_camera
from fakes.server_process import ServerProcess, wait_for

pytestmark = pytest.mark.slow

PASSWORD = "n0t-t0-be-seen"
CONFIG = """
[buffer]
max_bytes = "60 MB"
[[camera]]
id = "yard"
name = "Yard"
source = "{main}"
detect = "{sub}"
"""


@dataclass
class Yard:
    server: ServerProcess
    main: RtspCamera
    sub: RtspCamera

    def state(self) -> tuple[str, str]:
        (camera,) = self.server.cameras()
        return camera["state"], camera["reason"]

    def problems(self) -> list[dict[str, Any]]:
        """The camera's own: there may be no model here."""
        return [problem for problem in self.server.get("/status")["problems"] if "Yard" in problem["what"]]

    def count(self, name: str) -> float:
        """Of the camera's metric."""
        headers = {"Authorization": f"Bearer {self.server.token()}"}
        told = httpx.get(f"{self.server.url}/metrics", headers=headers, timeout=60).text
        found = re.search(rf'^doorstep_camera_{name}_total{{camera="yard"}} (\S+)$', told, re.MULTILINE)
        assert found is not None, told
        return float(found[1])

    def looks_go_on(self) -> None:
        before = self.count("looks")
        wait_for(lambda: self.count("looks") > before + 4, 30, "more looks")


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    needs_camera()
    main = RtspCamera(CameraOptions(width=640, height=480, user="viewer", password=PASSWORD))
    sub = RtspCamera(CameraOptions(fps=10, user="viewer", password=PASSWORD))
    with main, sub:
        server = ServerProcess(tmp_path / "data", CONFIG.format(main=main.url, sub=sub.url))
        server.start()
        try:
            yield Yard(server, main, sub)
        finally:
            server.stop()
            assert PASSWORD not in server.log.read_text(encoding="utf-8")


def test_either_stream_may_be_lost_alone(yard: Yard) -> None:
    wait_for(lambda: yard.state() == ("live", ""), 30, "live")
    yard.looks_go_on()
    assert yard.count("connections") == 1  # the small one's packets are nobody's

    yard.sub.stop()
    wait_for(lambda: "main stream is looked at" in yard.state()[1], 40, "the main stream serving")
    yard.looks_go_on()
    (problem,) = wait_for(yard.problems, 10, "the problem")
    assert problem["minor"]
    assert PASSWORD not in str(problem)

    yard.sub.start()
    wait_for(lambda: yard.state() == ("live", ""), 40, "the small one looked at again")
    wait_for(lambda: yard.problems() == [], 10, "no problem")
    yard.looks_go_on()
    assert yard.count("connections") == 1

    yard.main.stop()
    wait_for(lambda: yard.state()[0] == "stalled", 30, "the large one lost")
    yard.looks_go_on()  # who stands there is still seen, and told
    yard.main.start()
    wait_for(lambda: yard.state() == ("live", ""), 40, "live again")
    wait_for(lambda: yard.count("gaps"), 10, "its gap")
    assert (yard.count("connections"), yard.count("gaps")) == (2, 1)

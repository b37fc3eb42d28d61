"""A real server: nobody counts where the config says so, until it says otherwise; then the still tells who is where."""

import io
import os
import signal
from collections.abc import Iterator
from typing import Any

import av
import pytest

from doorstep.app.detector import open_detector
from doorstep.core.settings import DetectionSettings
from doorstep.media.frame import DecodedFrame
from doorstep.media.still_box import FRONT_BYTES, box_in
from doorstep.sources.visitor import VISIT_SECONDS
from fakes.pictures import NEEDS_MODEL
from fakes.server_process import ServerProcess, model_folder, running, wait_for

pytestmark = [pytest.mark.slow, NEEDS_MODEL]

CONFIG = """
[[camera]]
id = "porch"
name = "Porch"
source = "demo://"
[[camera.zones]]
name = "{name}"
polygon = [[0, 0], [1, 0], [1, 1], [0, 1]]
exclude = {exclude}

[events]
close_after = 3
post_roll = 2
record_on = ["person"]

# "auto" takes a smaller size where the machine is busy at that moment, and then the box is another one.
[detection]
input_size = 416
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    data = tmp_path_factory.mktemp("house") / "data"
    config = CONFIG.format(name="street", exclude="true")
    with running(data, config, {"DOORSTEP_MODELS": str(model_folder())}) as server:
        yield server


def finished(server: ServerProcess) -> dict[str, Any] | None:
    """The first event once it is over, with its still."""
    events = server.events()
    return events[-1] if events and events[-1]["ended_at"] and events[-1]["still"]["ready"] else None


def test_a_zone_of_the_config_counts_after_a_reload_and_the_still_tells_who_is_where(server: ServerProcess) -> None:
    looked: set[str] = set()

    def was_looked_at_for_a_visit() -> bool:
        looked.update(filter(None, (camera["watching"]["last_look_at"] for camera in server.cameras())))
        return len(looked) >= 2 * VISIT_SECONDS

    wait_for(was_looked_at_for_a_visit, 120, "many looks at the visitor")
    assert server.events() == []
    server.data.with_suffix(".toml").write_text(CONFIG.format(name="porch", exclude="false"), encoding="utf-8")
    os.kill(server.pid, signal.SIGHUP)
    wait_for(lambda: server.cameras()[0]["zones"][0]["name"] == "porch", 30, "the new zone")
    event = wait_for(lambda: finished(server), 120, "the end of the visit")
    assert event["zone"] == "porch"
    with server.client() as client:
        still = client.get(event["still"]["href"].removeprefix("/api/v1")).content
    said = box_in(still[:FRONT_BYTES])
    assert said is not None
    assert [said.left, said.top, said.right, said.bottom] == event["box"]
    folder = model_folder()
    assert folder is not None
    with av.open(io.BytesIO(still), "r") as container:
        picture = next(container.decode(video=0))
    found = open_detector(DetectionSettings(input_size=416), [folder]).detect(
        DecodedFrame(picture, at=0.0, captured_at=0.0), 0.3
    )
    assert max(detection.box.overlap(said) for detection in found) > 0.7

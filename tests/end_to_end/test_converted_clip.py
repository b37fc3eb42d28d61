"""An H.265 camera whose clip is asked for as H.264: made by the confined child of a real server, while one waits."""

import io
from pathlib import Path

import av
import httpx
import pytest

from fakes.server_process import running, wait_for
from faults.watching import CAMERA
from media.make_clips import Recipe, make_video

pytestmark = pytest.mark.slow


def test_a_clip_is_turned_into_h264_and_may_be_asked_for_until_it_is_done(tmp_path: Path) -> None:
    film = make_video(tmp_path / "hevc.mp4", Recipe(codec="libx265", frames=60))
    camera = CAMERA.format(id="porch", path=film, loop="?loop")
    with running(tmp_path / "data", camera) as server, server.client() as client:
        wait_for(lambda: client.head("/cameras/porch/clip?duration=4").is_success, 40, "a first clip")
        wait_for(
            lambda: client.head("/cameras/porch/clip?duration=4").headers["doorstep-missing-seconds"] == "0.000", 40
        )
        asked = client.get("/cameras/porch/clip?duration=4&codec=h264", headers={"Prefer": "respond-async"})
        assert asked.status_code == 202
        assert asked.headers["preference-applied"] == "respond-async"
        assert 0 <= asked.json()["progress"] <= 1
        place = asked.json()["href"].removeprefix("/api/v1")
        again = {"Prefer": "respond-async"}

        def done() -> httpx.Response | None:
            answer = client.get(place, headers=again).raise_for_status()
            return answer if answer.status_code == 200 else None

        clip = wait_for(done, 120, "the converted clip")
        assert clip.headers["doorstep-codec"] == "h264"
        assert float(clip.headers["doorstep-conversion-cpu-seconds"]) > 0
        with av.open(io.BytesIO(clip.content), "r") as made:
            assert made.streams.video[0].codec_context.name == "h264"
            assert 40 <= sum(1 for _ in made.decode(video=0)) <= 42
        assert client.get("/cameras/porch/clip?duration=2").headers["doorstep-codec"] == "hevc"

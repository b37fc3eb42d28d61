"""A real server and real RTSP cameras with sound: one switch for each camera decides whether any of it is kept."""

import io
from collections.abc import Iterator
from contextlib import ExitStack

import av
import numpy as np
import numpy.typing as npt
import pytest

from fakes.rtsp_camera import CameraOptions, RtspCamera, needs_camera
from fakes.server_process import ServerProcess, running, wait_for

pytestmark = pytest.mark.slow

Samples = npt.NDArray[np.float32]

SOUNDS = ("pcmu", "aac")
RATE = 16_000  # the AAC camera's, and what G.711 is encoded with
SECONDS = 6
TONE_HERTZ = 440
CAMERA = '[[camera]]\nid = "{id}"\nname = "{id}"\nsource = "{source}"\naudio = {audio}\n'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """With the camera of each sound twice: once with the switch on, once off."""
    needs_camera()
    with ExitStack() as stack:
        config = '[buffer]\nmax_bytes = "200 MB"\n[events]\nclose_after = 1\npost_roll = 1\nlongest = 5\n'
        for sound in SOUNDS:
            for audio in ("true", "false"):  # a camera each: GStreamer's gives all viewers the same tracks
                camera = stack.enter_context(RtspCamera(CameraOptions(fps=10, audio=sound)))
                config += CAMERA.format(id=f"{sound}-{audio}", source=camera.url, audio=audio)
        it = stack.enter_context(running(tmp_path_factory.mktemp("sound") / "data", config))
        wait_for(lambda: all(camera["state"] == "live" for camera in it.cameras()), 60, "four live cameras")
        wait_for(lambda: all(lengths_of(it, name) >= SECONDS for name in names()), 60, "some seconds of each")
        yield it


def names() -> list[str]:
    return [f"{sound}-{audio}" for sound in SOUNDS for audio in ("true", "false")]


def clip_of(server: ServerProcess, name: str) -> bytes:
    with server.client() as client:
        answer = client.get(f"/cameras/{name}/clip?duration={SECONDS}")
    return answer.content if answer.status_code == 200 else b""


def lengths_of(server: ServerProcess, name: str) -> float:
    """Seconds of picture in the clip that there is by now."""
    clip = clip_of(server, name)
    if not clip:
        return 0.0
    with av.open(io.BytesIO(clip), "r") as container:
        return (container.duration or 0) / av.time_base + 1.0  # a clip ends at most a second early


def heard_in(clip: bytes) -> Samples:
    with av.open(io.BytesIO(clip), "r") as container:
        (stream,) = container.streams.audio
        assert stream.codec_context.name.startswith("aac")
        assert stream.codec_context.sample_rate == RATE
        return np.concatenate([frame.to_ndarray()[0] for frame in container.decode(stream)])


def assert_tone(heard: Samples) -> None:
    """At the pitch at which the camera sang."""
    assert len(heard) <= (SECONDS + 2) * RATE
    middle = heard[RATE:-RATE]
    pitches = np.fft.rfftfreq(len(middle), 1 / RATE)
    assert pitches[np.abs(np.fft.rfft(middle)).argmax()] == pytest.approx(TONE_HERTZ, rel=0.02)
    assert np.abs(middle).max() > 0.05


@pytest.mark.parametrize("sound", SOUNDS)
def test_sound_that_is_switched_on_is_heard_in_the_clip(server: ServerProcess, sound: str) -> None:
    def nearly_whole() -> bytes | None:
        """A camera on a loaded machine falls behind with its sound: a later clip has as much of it as of pictures."""
        clip = clip_of(server, f"{sound}-true")
        return clip if clip and len(heard_in(clip)) >= (SECONDS - 2) * RATE else None

    clip = wait_for(nearly_whole, 10, "a clip of which nearly all sounds")
    with av.open(io.BytesIO(clip), "r") as container:
        assert len(container.streams.video) == 1
    assert_tone(heard_in(clip))


@pytest.mark.parametrize("sound", SOUNDS)
def test_nothing_is_kept_of_sound_that_is_not(server: ServerProcess, sound: str) -> None:
    with av.open(io.BytesIO(clip_of(server, f"{sound}-false")), "r") as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_recordings_hold_sound_where_it_is_switched_on_only(server: ServerProcess) -> None:
    with server.client() as client:
        for name in names():
            client.post(f"/cameras/{name}/motion", json={}).raise_for_status()

    def over() -> set[str]:
        return {event["camera"] for event in server.events() if event["ended_at"] and event["clip"]}

    wait_for(lambda: over() >= set(names()), 60, "an event of each that is over")
    for name in names():
        recording = max((server.data / "recordings" / name).rglob("*.mp4"), key=lambda path: path.stat().st_size)
        with av.open(str(recording), "r") as container:
            kinds = sorted(stream.type for stream in container.streams)
        assert kinds == (["audio", "video"] if name.endswith("true") else ["video"]), name

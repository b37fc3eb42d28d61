"""The real nginx with our config asks the real web half: who may publish, who may play, in clear and through TLS."""

import asyncio
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import av
import pytest
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from doorstep.accounts.play_keys import PlayKeys
from doorstep.clock import SystemClock
from doorstep.core.access import Grant
from doorstep.core.access import Scope as Right
from doorstep.core.camera import CameraId
from doorstep.core.media import Packet, VideoFormat
from doorstep.core.stream_keys import StreamKeys
from doorstep.ports import Frame
from doorstep.sources.address import RtmpPullAddress
from doorstep.sources.rtmp_pull import RtmpPullSource
from doorstep.web.asgi import create_app
from doorstep.web.parts import RtmpParts
from fakes.house import FRONT, FRONT_KEY, GARDEN, House
from fakes.nginx_rtmp import STUNNEL, Intake, intake, missing
from fakes.server_process import wait_for

FFMPEG = shutil.which("ffmpeg")
TRIES = 20
AFAR = "203.0.113.9"
AT_ONCE = {"analyzeduration": "500000"}  # or libav waits five seconds for sound that never comes

pytestmark = [
    pytest.mark.skipif(missing() is not None, reason=missing() or ""),
    pytest.mark.skipif(FFMPEG is None, reason="ffmpeg is not installed"),
]


class Calls:
    """Notes what nginx asked and what it was told."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.told: list[tuple[str, int]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.told.append((scope["path"].rpartition("/")[2], message["status"]))
            await send(message)

        await self._app(scope, receive, note)


class Web:
    """The web half over fakes, with a real clock, in a thread of its own."""

    def __init__(self, house: House) -> None:
        clock = SystemClock()
        self.accounts = house.accounts
        self.keys = PlayKeys(house.accounts, clock, {FRONT, GARDEN}.__contains__)
        self.stream_keys = {FRONT: FRONT_KEY.replace(" ", "-")}
        rtmp = RtmpParts(self.keys.make, self.keys.may_play, self._camera_of)
        self.calls = Calls(create_app(replace(house.parts, clock=clock, rtmp=rtmp)))

    def _camera_of(self, key: str) -> CameraId | None:
        return StreamKeys(self.stream_keys).camera_of(key)

    def token(self, camera: CameraId = FRONT) -> str:
        return self.keys.make(camera, PERSON)[0]

    @contextmanager
    def served(self) -> Iterator[int]:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            config = uvicorn.Config(self.calls, lifespan="off", log_config=None, access_log=False)
            server = uvicorn.Server(config)
            thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
            thread.start()
            try:
                yield listening.getsockname()[1]
            finally:
                server.should_exit = True
                thread.join(120)


PERSON = Grant("g", "", "Ada", "Ada", frozenset(Right), None, datetime(2026, 1, 1, tzinfo=UTC), None)
STREAM_KEY = FRONT_KEY.replace(" ", "-")


@pytest.fixture
def web() -> Iterator[Web]:
    with House() as house:
        yield Web(house)


@contextmanager
def running(web: Web, folder: Path, *, tls: bool = False, update_every: str = "30s") -> Iterator[Intake]:
    with web.served() as port, intake(folder, port, tls=tls, update_every=update_every) as made:
        yield made


def publish(address: str, seconds: float = 300.0) -> subprocess.Popen[bytes]:
    """A camera as people make one of a Pi: ffmpeg with H.264 in FLV."""
    picture = f"testsrc=size=160x120:rate=10:duration={seconds}"
    coded = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "10", "-pix_fmt", "yuv420p"]
    words = ["-hide_banner", "-loglevel", "error", "-re", "-f", "lavfi", "-i", picture, *coded, "-f", "flv", address]
    return subprocess.Popen([str(FFMPEG), *words], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextmanager
def publishing(address: str) -> Iterator[subprocess.Popen[bytes]]:
    publisher = publish(address)
    try:
        yield publisher
    finally:
        publisher.terminate()
        publisher.wait(120)


def pictures(address: str, count: int = 5) -> int:
    """How many packets of video come, as Doorstep itself pulls them; raises what libav raises where none may."""
    taken = 0
    with av.open(address, timeout=(30.0, 30.0), options=AT_ONCE) as container:
        for packet in container.demux(video=0):
            taken += bool(packet.size)
            if taken == count:
                break
    return taken


def is_played(address: str) -> bool:
    try:
        return pictures(address) > 0
    except (av.FFmpegError, OSError):
        return False


def comes_to_an_end(packets: Iterator[object], most: int = 1000) -> bool:
    try:
        return sum(1 for _ in islice(packets, most)) < most
    except av.FFmpegError:
        return True


def on_air(web: Web, made: Intake) -> None:
    """The publisher was accepted and its pictures come."""
    wait_for(lambda: ("publish", 302) in web.calls.told, 30, "the publisher is accepted")
    wait_for(lambda: is_played(made.address(STREAM_KEY)), 30, "the stream plays")


class Blind:
    """A `ports.FrameTap` that wants no picture decoded."""

    def wants(self, _at: float) -> bool:
        return False

    def put(self, frame: Frame) -> None:
        del frame


def test_the_right_key_publishes_and_doorstep_pulls_by_it(web: Web, tmp_path: Path) -> None:
    with running(web, tmp_path) as made, publishing(made.address(STREAM_KEY)) as camera:
        on_air(web, made)
        source = RtmpPullSource(RtmpPullAddress(made.address(STREAM_KEY)), audio=False, clock=SystemClock())
        with closing(source.read(Blind(), threading.Event())) as items:
            first, *packets = islice(items, 25)
        assert isinstance(first, VideoFormat)
        assert (first.width, first.height) == (160, 120)
        assert all(isinstance(packet, Packet) for packet in packets)
        assert camera.poll() is None
        assert STREAM_KEY not in made.log.read_text()


def test_a_wrong_key_never_publishes(web: Web, tmp_path: Path) -> None:
    with running(web, tmp_path) as made:
        near = [FRONT, f"{FRONT}?key={STREAM_KEY}", f"{STREAM_KEY}x", STREAM_KEY.upper(), f"x?name={STREAM_KEY}"]
        for name in (*near, *(f"wrong-{number}" for number in range(TRIES - len(near)))):
            assert publish(made.address(name), 5).wait(120) != 0, name
        told = web.calls.told
        assert len(told) == TRIES
        assert {status for _, status in told[: len(near)]} == {400, 403}
        assert {status for _, status in told} <= {400, 403, 429}
        assert not is_played(made.address(f"{FRONT}?token={web.token()}"))


def test_nobody_plays_without_a_token(web: Web, tmp_path: Path) -> None:
    with running(web, tmp_path) as made, publishing(made.address(STREAM_KEY)):
        on_air(web, made)
        bad = ["", "?token=", "?token=wrong", f"?token={web.token(GARDEN)}", "?token=wrong&addr=127.0.0.1"]
        bad += [f"?token=wrong-{number}" for number in range(TRIES - len(bad))]
        assert [is_played(made.address(f"{FRONT}{end}")) for end in bad] == [False] * TRIES
        assert 204 not in {status for _, status in web.calls.told}


def test_a_token_plays_its_camera(web: Web, tmp_path: Path) -> None:
    with running(web, tmp_path) as made, publishing(made.address(STREAM_KEY)):
        on_air(web, made)
        assert pictures(made.address(f"{FRONT}?token={web.token()}")) == 5


def test_from_afar_the_key_does_not_play_and_a_token_does(web: Web, tmp_path: Path) -> None:
    with running(web, tmp_path) as made, made.from_afar(AFAR) as port:
        far = f"rtmp://127.0.0.1:{port}/live/"
        with publishing(f"{far}{STREAM_KEY}"):
            on_air(web, made)
            for end in (STREAM_KEY, f"{STREAM_KEY}?addr=127.0.0.1", FRONT):
                assert not is_played(f"{far}{end}"), end
            assert pictures(f"{far}{FRONT}?token={web.token()}") == 5


@pytest.mark.skipif(STUNNEL is None, reason="stunnel4 is not installed")
def test_through_tls_it_is_the_same(web: Web, tmp_path: Path) -> None:
    with running(web, tmp_path, tls=True) as made, publishing(made.tls_address(STREAM_KEY)):
        on_air(web, made)
        assert pictures(made.tls_address(f"{FRONT}?token={web.token()}")) == 5
        assert not is_played(made.tls_address(FRONT))
        assert not is_played(made.tls_address(f"{FRONT}?token=wrong"))
        assert publish(made.tls_address("wrong"), 5).wait(120) != 0


def test_a_second_publisher_of_one_key_is_sent_away_and_the_first_goes_on(web: Web, tmp_path: Path) -> None:
    with running(web, tmp_path) as made, publishing(made.address(STREAM_KEY)) as camera:
        on_air(web, made)
        assert publish(made.address(STREAM_KEY), 5).wait(120) != 0
        assert camera.poll() is None
        assert pictures(made.address(STREAM_KEY)) == 5


def test_a_revoked_token_and_a_key_taken_away_end_what_runs(web: Web, tmp_path: Path) -> None:
    with running(web, tmp_path, update_every="1s") as made, publishing(made.address(STREAM_KEY)) as camera:
        on_air(web, made)
        with av.open(made.address(f"{FRONT}?token={web.token()}"), timeout=(30.0, 30.0), options=AT_ONCE) as container:
            packets = container.demux(video=0)
            next(packets)
            [key] = web.accounts.tokens()
            web.accounts.revoke(key.id)
            assert comes_to_an_end(packets)
        assert camera.poll() is None
        web.stream_keys.clear()
        assert camera.wait(120) != 0


def test_where_doorstep_does_not_answer_nobody_publishes(web: Web, tmp_path: Path) -> None:
    with web.served() as port:
        pass
    with intake(tmp_path, port) as made:
        assert publish(made.address(STREAM_KEY), 5).wait(120) != 0
        assert not is_played(made.address(STREAM_KEY))

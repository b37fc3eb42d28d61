"""`doorstep publish` as a whole: against nginx, outages, wrong keys and public addresses; and how small it stays."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from doorstep.clock import SystemClock
from doorstep.core.camera import CameraId
from doorstep.core.media import Codec, Packet
from doorstep.publish.destination import parse_destination
from doorstep.publish.publisher import Publisher
from doorstep.publish.uplink import Uplink
from doorstep.sources.address import RtmpListenAddress
from doorstep.sources.rtmp_door import PushedCamera
from doorstep.sources.rtmp_listen import RtmpListenSource
from doorstep.sources.rtmp_listener import RtmpListener
from fakes.footage import real_stream
from fakes.free_port import free_port
from fakes.motion_house import house
from fakes.nginx_rtmp import MODULE, NGINX, missing
from fakes.rtmp_ingest import Ingest
from fakes.server_process import command, wait_for
from fakes.taps import ListTap

KEY = "secret-key"
FFMPEG = shutil.which("ffmpeg")
SECONDS, RATE = 8, 25
HEAVY = {  # pydantic is none of them: typer brings its own need of it
    *("onnxruntime", "sqlalchemy", "alembic", "fastapi", "starlette", "uvicorn", "aiortc", "httpx"),
    *("argon2", "aiosmtplib"),
}

needs_ffmpeg = pytest.mark.skipif(FFMPEG is None, reason="ffmpeg is not installed")
needs_nginx = pytest.mark.skipif(missing() is not None, reason=missing() or "")
T = TypeVar("T")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds with a key frame a second, B-frames between them."""
    if FFMPEG is None:
        pytest.skip("ffmpeg is not installed")
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    picture = ["-f", "lavfi", "-i", f"testsrc2=s=320x240:r={RATE}", "-t", str(SECONDS), "-pix_fmt", "yuv420p"]
    encoder = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", str(RATE), "-sc_threshold", "0"]
    subprocess.run([FFMPEG, "-v", "error", *picture, *encoder, str(path)], check=True, timeout=300)
    return path


def hashes(path: Path) -> list[str]:
    """Of every picture of a file, in order, as another program reads them."""
    assert FFMPEG is not None
    words = [FFMPEG, "-v", "error", "-i", str(path), "-map", "0:v", "-c", "copy", "-f", "framehash", "-"]
    told = subprocess.run(words, check=True, capture_output=True, text=True, timeout=300).stdout
    return [line.rsplit(",", 1)[1].strip() for line in told.splitlines() if not line.startswith("#")]


@dataclass(slots=True)
class Nginx:
    """Records all that is published to it."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        (self.folder / "recorded").mkdir(exist_ok=True)
        (self.folder / "nginx.conf").write_text(
            f"load_module {MODULE};\ndaemon off;\nmaster_process off;\npid {self.folder}/nginx.pid;\n"
            "events { worker_connections 64; }\n"
            f"rtmp {{ server {{ listen 127.0.0.1:{self.port}; application live {{ live on; record all; "
            f"record_path {self.folder}/recorded; record_unique on; record_suffix -%s.flv; }} }} }}\n"
        )
        words = [str(NGINX), "-c", str(self.folder / "nginx.conf"), "-p", str(self.folder)]
        words += ["-e", str(self.folder / "nginx.log")]
        self.process = subprocess.Popen(words, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(60)
            self.process = None

    def recorded(self) -> list[Path]:
        return sorted((self.folder / "recorded").glob("*.flv"), key=lambda path: path.stat().st_mtime_ns)

    def recorded_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.recorded())


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[Nginx]:
    server = Nginx(tmp_path, free_port())
    server.start()
    yield server
    server.kill()


@contextmanager
def publishing(*words: str, log: Path, environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as written:
        process = subprocess.Popen(
            command("publish", *words), stdout=written, stderr=written, env={**os.environ, **(environment or {})}
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait(60)


def finished(*words: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command("publish", *words),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, **(environment or {})},
    )


async def seen(true: Callable[[], bool], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.02)


@needs_ffmpeg
@needs_nginx
def test_every_picture_reaches_nginx_once_and_in_order(film: Path, nginx: Nginx, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with publishing(
        "--to", f"rtmp://127.0.0.1:{nginx.port}/live/{KEY}", "--from", f"file://{film}", log=log
    ) as process:
        assert process.wait(SECONDS * 10) == 0, log.read_text()
    (recorded,) = wait_for(nginx.recorded, 60.0)
    expected = hashes(film)
    wait_for(lambda: len(hashes(recorded)) == len(expected), 60.0)
    assert hashes(recorded) == expected
    assert KEY not in log.read_text()


@needs_ffmpeg
@needs_nginx
def test_no_picture_is_lost_while_nginx_is_away(film: Path, nginx: Nginx, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with publishing(
        "--to", f"rtmp://127.0.0.1:{nginx.port}/live/{KEY}", "--from", f"file://{film}", log=log
    ) as process:
        wait_for(lambda: nginx.recorded_bytes() > 20_000, 30.0)
        nginx.kill()
        wait_for(lambda: b"not publishing" in log.read_bytes(), 30.0)
        time.sleep(3.0)  # the outage itself, not a wait for something
        nginx.start()
        assert process.wait(SECONDS * 10) == 0, log.read_text()
    wait_for(lambda: len(nginx.recorded()) == 2, 60.0)
    expected = hashes(film)
    wait_for(lambda: hashes(nginx.recorded()[1])[-1:] == expected[-1:], 60.0)
    before, after = map(hashes, nginx.recorded())
    assert before == expected[: len(before)]
    assert after == expected[-len(after) :]
    assert len(before) + len(after) >= len(expected), "a hole"
    assert len(before) + len(after) <= len(expected) + 2 * RATE, "more than what was under way was sent twice"
    assert len(after) % RATE == 0, "the second part does not begin with a key frame"


@needs_ffmpeg
def test_nothing_heavy_is_imported_while_it_publishes(film: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"

    async def story() -> None:
        async with Ingest(KEY) as ingest:
            to = f"rtmp://127.0.0.1:{ingest.port}/live/{KEY}"
            with publishing(
                *("--to", to, "--from", f"file://{film}?loop"), log=log, environment={"PYTHONPROFILEIMPORTTIME": "1"}
            ):
                await seen(lambda: len(ingest.frames) > 2 * RATE)

    asyncio.run(story())
    imported = set(re.findall(r"^import time:.*\| +([\w.]+)$", log.read_text(), re.MULTILINE))
    assert "doorstep.publish.uplink" in imported
    assert {name for name in imported if name.partition(".")[0] in HEAVY} == set()
    own = {name.split(".")[1] for name in imported if name.startswith("doorstep.")}
    assert own & {"web", "catalog", "accounts", "stores", "shelves", "notifiers", "live", "config"} == set()


def test_sigterm_says_good_bye_to_the_server(film: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"

    async def story() -> None:
        async with Ingest(KEY) as ingest:
            to = f"rtmp://127.0.0.1:{ingest.port}/live/{KEY}"
            with publishing("--to", to, "--from", f"file://{film}?loop", log=log) as process:
                await seen(lambda: len(ingest.frames) > RATE)
                process.send_signal(signal.SIGTERM)
                assert await asyncio.to_thread(process.wait, 20) == 0
                await seen(lambda: ingest.publications[0].ended_properly)

    asyncio.run(story())
    assert "stopped" in log.read_text()


def test_sigterm_ends_it_also_while_nobody_answers(film: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with publishing(
        "--to", f"rtmp://127.0.0.1:{free_port()}/live/{KEY}", "--from", f"file://{film}?loop", log=log
    ) as it:
        wait_for(lambda: "not publishing" in log.read_text(), 30.0)
        it.terminate()
        assert it.wait(120) == 0


def test_a_wrong_key_is_told_once_and_stands_in_no_line(film: Path, tmp_path: Path) -> None:
    log, to = tmp_path / "log", tmp_path / "to"

    async def story() -> None:
        async with Ingest("another") as ingest:
            to.write_text(f"rtmp://127.0.0.1:{ingest.port}/live/{KEY}\n")
            with publishing("--to-file", str(to), "--from", f"file://{film}?loop", log=log) as process:
                await seen(lambda: "refused" in log.read_text())
                assert process.poll() is None
                assert ingest.refused == 1
                words = await asyncio.to_thread(Path(f"/proc/{process.pid}/cmdline").read_bytes)
                assert KEY.encode() not in words
            assert ingest.frames == []

    asyncio.run(story())
    assert log.read_text().count("not publishing") == 1
    assert KEY not in log.read_text()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--to", f"rtmp://8.8.8.8/live/{KEY}"], "--insecure"),
        (["--to", f"ftp://hub/live/{KEY}"], "--to: must begin with rtmp"),
        ([], "--to: say where"),
        ([f"rtmp://127.0.0.1/live/{KEY}"], "the address stands behind --to"),
        (["--to", f"rtmp://127.0.0.1/live/{KEY}", "--from", "rtsp://camera/x"], "--from"),
        (["--to", f"rtmp://127.0.0.1/live/{KEY}", "--motion", "https://hub/m"], "--motion: needs"),
        (["--to", f"rtmp://127.0.0.1/live/{KEY}", "--mask", "0,0 1"], "--mask"),
        (["--to", f"rtmp://127.0.0.1/live/{KEY}", "--rotation", "45"], "--rotation"),
        (["--to-file", "/nowhere/to"], "--to-file"),
    ],
)
def test_wrong_usage_is_one_sentence_and_a_two(words: list[str], sentence: str, film: Path) -> None:
    source = [] if "--from" in words else ["--from", f"file://{film}"]
    told = finished(*words, *source, environment={"DOORSTEP_MOTION_TOKEN": ""})
    assert told.returncode == 2, told.stderr
    assert sentence in told.stderr
    assert KEY not in told.stderr + told.stdout
    assert "Traceback" not in told.stderr


def test_motion_in_the_published_picture_is_told(film: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"

    async def story() -> None:
        async with Ingest(KEY) as ingest:
            to = f"rtmp://127.0.0.1:{ingest.port}/live/{KEY}"
            with (
                house() as heard,
                publishing(
                    *("--to", to, "--from", f"file://{film}?loop", "--motion", heard.url),
                    log=log,
                    environment={"DOORSTEP_MOTION_TOKEN": "geheim"},
                ),
            ):
                await seen(lambda: bool(heard.asked))
                sent = len(ingest.frames)
                await seen(lambda: len(ingest.frames) > sent + RATE)
                assert len(heard.asked) == 1
                assert heard.asked[0][1]["Authorization"] == "Bearer geheim"

    asyncio.run(story())
    assert "motion reported" in log.read_text()
    assert "geheim" not in log.read_text()


@asynccontextmanager
async def own_listener() -> AsyncIterator[tuple[int, RtmpListenSource]]:
    camera = CameraId("front-door")
    address = RtmpListenAddress("127.0.0.1", 0, "live", tls=False)
    listener = RtmpListener(address, [PushedCamera(camera, KEY)], SystemClock())
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(listener.run())
        yield await listener.listening(), RtmpListenSource(listener, camera)
        running.cancel()


def test_our_own_listener_takes_what_we_publish(film: Path, tmp_path: Path) -> None:
    async def story() -> None:
        async with own_listener() as (port, source):
            to = f"rtmp://127.0.0.1:{port}/live/{KEY}"
            with publishing("--to", to, "--from", f"file://{film}?loop", log=tmp_path / "log"):
                packets = await first_packets(source, 3 * RATE)
        times = [packet.dts for packet in packets]
        assert times == sorted(set(times))

    asyncio.run(story())


def test_what_waited_through_an_outage_does_not_drown_our_own_listener() -> None:
    """Many small pictures, as a dark porch gives them: more of them than the listener lets wait."""
    fmt, pictures = real_stream(Codec.H264)
    small = min((picture for picture in pictures if not picture.key), key=lambda picture: len(picture.data))
    rate, seconds = 30, 40

    async def story() -> None:
        async with own_listener() as (port, source):
            to = parse_destination(f"rtmp://127.0.0.1:{port}/live/{KEY}", {})
            clock = SystemClock()
            publisher = Publisher("listener", partial(Uplink.open, to, insecure=False), clock)
            publisher.take(fmt)
            began = clock.monotonic() - seconds
            for number in range(rate * seconds):
                time = number * fmt.timescale // rate
                shown = pictures[0] if number % rate == 0 else small
                publisher.take(replace(shown, pts=time, dts=time, arrived=began + number / rate))
            async with asyncio.TaskGroup() as tasks:
                sending = tasks.create_task(publisher.run())
                packets = await first_packets(source, rate * seconds)
                sending.cancel()
        assert [packet.key for packet in packets].count(True) == seconds

    asyncio.run(story())


@needs_ffmpeg
def test_system_bs_one_liner_reaches_our_listener(film: Path, tmp_path: Path) -> None:
    """`rpicam-vid -t 0 --inline --codec h264 -o - | ffmpeg -i - -c copy -f flv rtmp://…`: no times in what is piped."""
    assert FFMPEG is not None
    raw = tmp_path / "film.h264"
    baseline = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "0", "-g", str(RATE), "-bsf:v", "dump_extra"]
    subprocess.run([FFMPEG, "-v", "error", "-i", str(film), *baseline, "-f", "h264", str(raw)], check=True, timeout=300)

    async def story() -> None:
        async with own_listener() as (port, source):
            words = ["-v", "error", "-re", "-i", "-", "-c", "copy", "-f", "flv", f"rtmp://127.0.0.1:{port}/live/{KEY}"]
            with piped(raw, *words):
                packets = await first_packets(source, 4 * RATE)
        times = [packet.dts for packet in packets]
        assert times == sorted(set(times))
        assert packets[0].key
        assert sum(packet.key for packet in packets) == 4
        assert len({packet.data for packet in packets}) == len(packets)

    asyncio.run(story())


@contextmanager
def piped(raw: Path, *words: str) -> Iterator[None]:
    """`cat raw | ffmpeg words`."""
    with raw.open("rb") as source:
        process = subprocess.Popen([str(FFMPEG), *words], stdin=source)
    try:
        yield
    finally:
        process.kill()
        process.wait(60)


async def first_packets(source: RtmpListenSource, count: int) -> list[Packet]:
    packets: list[Packet] = []
    async with asyncio.timeout(60), aclosing(source.stream(ListTap())) as items:
        async for item in items:
            if isinstance(item, Packet):
                packets.append(item)
                if len(packets) == count:
                    break
    return packets

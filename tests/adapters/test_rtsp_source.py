"""Real cameras over RTSP: every picture once and in order, and every way in which one can fail."""

import asyncio
import socket
import socketserver
import ssl
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import aclosing, closing, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from pathlib import Path

import pytest

from doorstep.clock import SystemClock
from doorstep.core.errors import SourceLost, SourceRefused
from doorstep.core.media import AudioPacket, Codec, Packet, StreamItem, VideoFormat
from doorstep.core.settings import Transport
from doorstep.media.container import Patience
from doorstep.media.nal import split_length_prefixed
from doorstep.sources.address import RtspAddress
from doorstep.sources.rtsp import RtspSource
from fakes.certificates import OPENSSL, certificate
from fakes.free_port import free_port
from fakes.rtsp_camera import CameraOptions, RtspCamera, indices_in, missing_in, needs_camera
from fakes.taps import ListTap
from fakes.tries import soon_enough

PLAIN = CameraOptions()
PATIENT = Patience(opening=60.0, reading=60.0)
IMPATIENT = Patience(opening=2.0, reading=2.0)


@contextmanager
def camera(options: CameraOptions = PLAIN) -> Iterator[RtspCamera]:
    needs_camera()
    with RtspCamera(options) as running:
        yield running


def source(
    url: str, transport: Transport = Transport.TCP, *, audio: bool = False, patience: Patience = PATIENT
) -> RtspSource:
    return RtspSource(RtspAddress(url), transport=transport, audio=audio, clock=SystemClock(), patience=patience)


def read(made: RtspSource, seconds: float, tap: ListTap | None = None) -> list[StreamItem]:
    """Everything until that much video is there; never for longer than a minute more than ten times as long."""
    items: list[StreamItem] = []
    stop = threading.Event()
    alarm = threading.Timer(10 * seconds + 60, stop.set)
    alarm.start()
    try:
        with closing(made.read(tap or ListTap(), stop)) as stream:
            for item in stream:
                items.append(item)
                if _length(items) >= seconds:
                    break
    finally:
        alarm.cancel()
    return items


def _length(items: list[StreamItem]) -> float:
    first, fmt, last = items[min(1, len(items) - 1)], items[0], items[-1]
    if isinstance(first, Packet) and isinstance(last, Packet) and isinstance(fmt, VideoFormat):
        return (last.dts + last.duration - first.dts) / fmt.timescale
    return 0.0


@contextmanager
def talker(*answers: str, tls: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[str]]]:
    """A server that says the same to every question; its port, and what it was asked.  {port} in it is its own."""
    asked: list[str] = []

    class Talk(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            try:
                if tls is not None:
                    self.request = tls.wrap_socket(self.request, server_side=True)
                    self.rfile = self.request.makefile("rb")
                while question := "".join(iter(lambda: self.rfile.readline().decode().strip("\r\n") + "\n", "\n")):
                    if question.isspace():
                        return
                    asked.append(question)
                    count = next(line for line in question.splitlines() if line.startswith("CSeq"))
                    words = [word.format(port=server.server_address[1]) for word in answers]
                    self.request.sendall("\r\n".join([words[0], count, *words[1:], "", ""]).encode())
            except (OSError, StopIteration):
                return
            finally:
                self.rfile.close()
                self.request.close()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_address[1], asked
        finally:
            server.shutdown()
            thread.join()


def test_a_redirection_in_circles_ends_as_soon_as_a_camera_that_does_not_answer() -> None:
    with talker("RTSP/1.0 302 Moved", "Location: rtsp://127.0.0.1:{port}/b") as (port, asked):
        began = SystemClock().monotonic()
        with pytest.raises(SourceLost) as caught:
            read(source(f"rtsp://owner:p4ss@127.0.0.1:{port}/a", patience=IMPATIENT), seconds=1)
    assert SystemClock().monotonic() - began < 10 * IMPATIENT.opening
    assert len(asked) > 1
    assert "p4ss" not in str(caught.value)


@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
def test_rtsps_asks_for_no_certificate_that_somebody_signed(tmp_path: Path) -> None:
    """Cameras sign their own: documented in the guide, and said to FFmpeg, whose default may change."""
    context = certificate(tmp_path).server_context()
    with (
        talker("RTSP/1.0 404 Not Found", tls=context) as (port, asked),
        pytest.raises(SourceRefused, match="no stream"),
    ):
        read(source(f"rtsps://owner:p4ss@127.0.0.1:{port}/a"), seconds=1)
    assert asked


@pytest.mark.parametrize("b_frames", [0, 2])
@pytest.mark.parametrize("gop", [1.0, 4.0])
def test_every_picture_comes_once_and_in_order(gop: float, b_frames: int) -> None:
    with camera(CameraOptions(gop=gop, b_frames=b_frames)) as running:
        items = read(source(running.url), seconds=5.0)
    fmt, *packets = items
    assert isinstance(fmt, VideoFormat)
    assert (fmt.codec, fmt.width, fmt.height) == (Codec.H264, 320, 240)
    indices = indices_in(items)
    assert len(indices) == len(packets) >= 124
    assert not missing_in(indices)
    shown = sorted(packet.pts for packet in packets if isinstance(packet, Packet))
    assert {two - one for one, two in pairwise(shown)} == {fmt.timescale // 25}


@pytest.mark.parametrize(
    "options",
    [CameraOptions(), CameraOptions(b_frames=2), CameraOptions(codec="hevc"), CameraOptions(codec="hevc", b_frames=3)],
    ids=["h264", "h264 reordered", "hevc", "hevc reordered"],
)
def test_packets_are_what_the_port_promises(options: CameraOptions) -> None:
    with camera(options) as running:
        fmt, *rest = read(source(running.url), seconds=2.5)
    packets = [item for item in rest if isinstance(item, Packet)]
    assert isinstance(fmt, VideoFormat)
    assert fmt.codec == Codec(options.codec)
    assert packets[0].key
    assert len(packets) == len(rest)
    assert any(packet.key for packet in packets[1:])
    for packet in packets:
        assert packet.duration == fmt.timescale // 25
        assert packet.pts >= packet.dts
        assert split_length_prefixed(packet.data, 4)
    for one, two in pairwise(packets):
        assert two.dts - one.dts == fmt.timescale // 25
        assert two.arrived >= one.arrived


def test_pictures_come_over_udp_as_well() -> None:
    with camera() as running:
        items = read(source(running.url, Transport.UDP), seconds=3.0)
    assert not missing_in(indices_in(items))


def test_a_picture_a_second_lasts_a_second() -> None:
    with camera(CameraOptions(fps=1.0, gop=2.0)) as running:
        _, *packets = read(source(running.url), seconds=3.5)
    assert [packet.duration for packet in packets if isinstance(packet, Packet)][-1] == 90_000


def test_frames_that_are_wanted_are_shown() -> None:
    tap = ListTap(rule=lambda _at: True)
    with camera() as running:
        items = read(source(running.url), 2.0, tap)
    assert len(tap.frames) >= len(items) - 10


@pytest.mark.parametrize("sound", ["pcmu", "aac"])
def test_sound_comes_on_the_same_time_line_where_it_is_switched_on(sound: str) -> None:
    with camera(CameraOptions(audio=sound)) as running:
        silent = read(source(running.url), seconds=0.5)
        items = read(source(running.url, audio=True), seconds=3.0)
    assert not [item for item in silent if isinstance(item, AudioPacket)]
    fmt, heard = items[0], [item for item in items if isinstance(item, AudioPacket)]
    assert isinstance(fmt, VideoFormat)
    assert fmt.audio is not None
    seen = [item.pts / fmt.timescale for item in items if isinstance(item, Packet)]
    assert sum(packet.duration for packet in heard) / fmt.audio.sample_rate > 2.0
    assert heard[-1].pts / fmt.audio.sample_rate == pytest.approx(seen[-1], abs=0.5)
    assert all(two.pts > one.pts for one, two in pairwise(heard))


@pytest.mark.parametrize("auth", ["basic", "digest"])
def test_name_and_password_open_a_camera(auth: str) -> None:
    with camera(CameraOptions(user="porch", password="se:cret".replace(":", ""), auth=auth)) as running:
        assert len(read(source(running.url), seconds=0.5)) > 5


@pytest.mark.parametrize("who", ["porch:wr0ng@", "nobody:wr0ng@", ""])
def test_a_wrong_password_is_refused_and_never_told(who: str) -> None:
    with camera(CameraOptions(user="porch", password="right")) as running:
        made = source(f"rtsp://{who}127.0.0.1:{running.port}/camera")
        with pytest.raises(SourceRefused, match="refused the user name or password") as refused:
            read(made, seconds=1.0)
    assert_nothing_told(refused.value)


def assert_nothing_told(error: BaseException | None) -> None:
    while error is not None:
        assert "wr0ng" not in str(error)
        error = error.__cause__


def test_a_stream_that_the_camera_does_not_have_is_refused() -> None:
    with camera() as running, pytest.raises(SourceRefused, match="no stream of this name"):
        read(source(f"rtsp://127.0.0.1:{running.port}/other"), seconds=1.0)


def test_an_unknown_host_is_lost() -> None:
    with pytest.raises(SourceLost, match=r"No machine is known by the name camera\.invalid"):
        read(source("rtsp://porch:wr0ng@camera.invalid/stream"), seconds=1.0)


def test_a_closed_port_is_lost() -> None:
    with pytest.raises(SourceLost, match="Nothing listens at"):
        read(source(f"rtsp://porch:wr0ng@127.0.0.1:{free_port()}/stream"), seconds=1.0)


def test_a_camera_that_never_answers_is_lost_in_time() -> None:
    clock = SystemClock()
    began = clock.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as hole, pytest.raises(SourceLost, match="does not answer") as lost:
        read(source(f"rtsp://porch:wr0ng@127.0.0.1:{hole.getsockname()[1]}/stream", patience=IMPATIENT), seconds=1.0)
    assert clock.monotonic() - began < 10 * IMPATIENT.opening
    assert_nothing_told(lost.value)


class _Page(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_a_web_page_where_a_camera_should_be_is_refused() -> None:
    with HTTPServer(("127.0.0.1", 0), _Page) as server:
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        with pytest.raises(SourceRefused, match="A web page answers"):
            read(source(f"rtsp://porch:wr0ng@127.0.0.1:{server.server_port}/stream"), seconds=1.0)
        server.shutdown()
        serving.join()


@pytest.mark.parametrize("fault", ["stop", "stall", "freeze"])
def test_a_camera_that_goes_away_is_lost_in_time(fault: str, capfd: pytest.CaptureFixture[str]) -> None:
    clock = SystemClock()
    with camera(CameraOptions(user="porch", password="wr0ng")) as running:
        items = source(running.url, patience=replace(PATIENT, reading=2.0)).read(ListTap(), threading.Event())
        for _ in range(30):
            next(items)
        getattr(running, fault)()
        began = clock.monotonic()
        with pytest.raises(SourceLost, match="opened again") as lost:
            deque(items, maxlen=0)
    took = clock.monotonic() - began
    print(f"{fault}: {took:.2f} s")
    assert took < 10 * IMPATIENT.reading
    assert_nothing_told(lost.value)
    told = capfd.readouterr()
    assert "wr0ng" not in told.out + told.err


def test_a_camera_that_is_back_is_read_again() -> None:
    with camera() as running:
        made = source(running.url)
        assert len(read(made, seconds=0.5)) > 5
        running.stop()
        with pytest.raises(SourceLost):
            read(made, seconds=0.5)
        running.start()
        assert len(read(made, seconds=0.5)) > 5


def test_closing_releases_the_thread_within_a_second() -> None:
    before = threading.active_count()

    async def open_and_close(made: RtspSource) -> float:
        loop = asyncio.get_running_loop()
        async with aclosing(made.stream(ListTap())) as stream:
            for _ in range(5):
                await anext(stream)
            began = loop.time()
        return loop.time() - began

    with camera() as running:
        assert soon_enough(lambda: asyncio.run(open_and_close(source(running.url))), 1.0)
    assert threading.active_count() <= before

"""Cameras that send what no camera should: a clear state, in bounded time and memory."""

import base64
import itertools
import socket
import threading
import tracemalloc
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import av
import pytest
from av.container import InputContainer

from doorstep.clock import SystemClock
from doorstep.core.errors import SourceError, SourceLost
from doorstep.core.media import Codec, Packet, StreamItem, VideoFormat
from doorstep.core.settings import Transport
from doorstep.media.container import Patience
from doorstep.media.demux import Live, demux
from doorstep.media.nal import H264, join_annex_b, nal_type, split_length_prefixed
from doorstep.media.packetize import read_record
from doorstep.sources.address import RtspAddress
from doorstep.sources.rtsp import RtspSource
from fakes.clock import FakeClock
from fakes.taps import ListTap
from media.make_clips import Recipe, make_video

PATIENCE = Patience(opening=1.0, reading=1.0)
SECONDS = 60 * (PATIENCE.opening + PATIENCE.reading)


# ------------------------------------------------------------------------------------- packets, without a network


@dataclass
class Bytes:
    """One packet as FFmpeg would give it, of any bytes."""

    data: bytes
    pts: int
    is_keyframe: bool = True
    dts: int | None = None
    duration: int = 0
    stream_index: int = 0

    @property
    def size(self) -> int:
        return len(self.data)

    def __bytes__(self) -> bytes:
        return self.data

    def has_sidedata(self, _kind: str) -> bool:
        return False


@dataclass
class Container:
    """A camera by RTP of one H.264 stream, which tells no parameter sets beforehand."""

    packets: Iterator[Bytes]
    read_timeout: float = 5.0
    stream: Any = field(
        default_factory=lambda: SimpleNamespace(
            index=0,
            time_base=None,
            average_rate=25,
            disposition=0,
            codec_context=SimpleNamespace(name="h264", extradata=b"", has_b_frames=False),
        )
    )

    @property
    def streams(self) -> SimpleNamespace:
        return SimpleNamespace(video=[self.stream], audio=[])

    def demux(self, *_: object) -> Iterator[Bytes]:
        return self.packets


def read(packets: Iterator[Bytes]) -> Iterator[StreamItem]:
    container = cast("InputContainer", Container(packets))
    return demux(container, FakeClock(), what="The camera", live=Live.SHOWN_ONLY)


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], list[bytes]]:
    """Access units with start codes and their parameter sets, of a picture of this width."""
    folder = tmp_path_factory.mktemp("hostile")

    def units(width: int) -> list[bytes]:
        path = folder / f"{width}.mp4"
        if not path.exists():
            make_video(path, Recipe(width=width, frames=12, gop=12))
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            _, sets = read_record(Codec.H264, stream.codec_context.extradata or b"")
            raw = [bytes(packet) for packet in container.demux(stream) if packet.size]
        first, *rest = [split_length_prefixed(data, 4) for data in raw]
        return [join_annex_b(unit) for unit in ([*sets, *first], *rest)]

    return units


def of_a_picture(unit: bytes) -> bool:
    return nal_type(Codec.H264, unit) not in {H264.SPS, H264.PPS}


def test_parameter_sets_that_repeat_change_nothing(clips: Callable[[int], list[bytes]]) -> None:
    gop = clips(160)
    packets = (Bytes(data, 3600 * number, number % 12 == 0) for number, data in enumerate(gop * 20))
    items = list(read(packets))
    assert [type(item) for item in items].count(VideoFormat) == 1
    assert len(items) == 1 + 240


def test_other_parameter_sets_begin_a_new_connection(clips: Callable[[int], list[bytes]]) -> None:
    day, night = clips(160), clips(320)
    packets = (Bytes(data, 3600 * number, number % 12 == 0) for number, data in enumerate(day + night + day))
    formats = [item.width for item in read(packets) if isinstance(item, VideoFormat)]
    assert formats == [160, 320, 160]


def test_a_thousand_changes_of_the_format_end_the_stream_soon(clips: Callable[[int], list[bytes]]) -> None:
    keys = [clips(160 + 16 * number)[0] for number in range(4)]
    packets = (Bytes(data, 3600 * number) for number, data in enumerate(itertools.islice(itertools.cycle(keys), 1000)))
    with pytest.raises(SourceLost, match="its format changes all the time"):
        list(read(packets))


def test_a_thousand_changes_at_a_camera_s_own_pace_take_no_memory(clips: Callable[[int], list[bytes]]) -> None:
    gops = [clips(160), clips(320)]

    def changes() -> Iterator[Bytes]:
        times = itertools.count(0, 3600)
        for number in range(1000):
            for place, data in enumerate(gops[number % 2]):
                yield Bytes(data, next(times), place == 0)

    items = read(changes())
    next(items)
    tracemalloc.start()
    try:
        formats = sum(isinstance(item, VideoFormat) for item in items)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert formats == 999
    assert most < 2**20


def bit_string(*numbers: int) -> str:
    """`ue(v)` of each."""
    return "".join(f"{number + 1:b}".zfill(2 * (number + 1).bit_length() - 1) for number in numbers)


def sps_of(width: int, height: int) -> bytes:
    """A baseline sequence parameter set of a picture that large (H.264, 7.3.2.1.1)."""
    head = bit_string(0, 0, 0, 0, 1) + "0" + bit_string(width // 16 - 1, height // 16 - 1)
    bits = head + "1" + "1" + "0" + "0" + "1"
    bits += "0" * (-len(bits) % 8)
    return bytes([0x67, 66, 0, 51]) + int(bits, 2).to_bytes(len(bits) // 8)


@pytest.mark.parametrize(
    ("width", "height", "says"),
    [(16000, 16000, "a picture of 16000x16000 is too large"), (65536, 64, "outside 1..16384")],
)
def test_an_absurd_resolution_ends_the_stream(width: int, height: int, says: str) -> None:
    data = join_annex_b([sps_of(width, height), b"\x68\xce\x3c\x80", b"\x65\x88\x84" + bytes(50)])
    with pytest.raises(SourceLost, match=says):
        list(read(iter([Bytes(data, 0)])))


def test_a_giant_picture_ends_the_stream(clips: Callable[[int], list[bytes]]) -> None:
    whole = clips(160)
    giant = whole[1] + b"\x01" * (17 * 2**20)
    packets = iter([Bytes(whole[0], 0), Bytes(giant, 3600, is_keyframe=False)])
    items = read(packets)
    assert isinstance(next(items), VideoFormat)
    assert isinstance(next(items), Packet)
    with pytest.raises(SourceLost, match="one picture of 17 MiB is too large"):
        next(items)


def test_empty_and_truncated_packets_are_passed_over_or_kept_whole(clips: Callable[[int], list[bytes]]) -> None:
    whole = clips(160)
    cut = [whole[0], b"", b"\x00\x00\x01", whole[1][:9], b"\xff" * 40, whole[2][:-5], whole[3]]
    packets = (Bytes(data, 3600 * number, number == 0) for number, data in enumerate(cut))
    _, *kept = read(packets)
    assert len(kept) == 4
    for packet in kept:
        assert isinstance(packet, Packet)
        assert split_length_prefixed(packet.data, 4)


@pytest.mark.parametrize("length", [1, 2, 3, 5, 6])
def test_a_truncated_parameter_set_ends_the_stream(length: int) -> None:
    slices = b"\x65\x88\x84" + bytes(range(1, 30))
    data = join_annex_b([sps_of(160, 120)[:length], b"\x68\xce\x3c\x80", slices])
    with pytest.raises(SourceLost, match="cannot be understood"):
        list(read(iter([Bytes(data, 0)])))


def test_a_stream_without_a_key_frame_is_left() -> None:
    packets = (Bytes(b"\x00\x00\x01\x41\x9a\x00", 3600 * number, is_keyframe=False) for number in itertools.count())
    with pytest.raises(SourceLost, match="no key frame came"):
        list(read(packets))


# --------------------------------------------------------------------------------------------- a server that lies


@contextmanager
def lying_server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """What listens where a camera should be; every connection is answered in a thread of its own."""
    threads: list[threading.Thread] = []
    open_connections: list[socket.socket] = []

    def serve(connection: socket.socket) -> None:
        with connection:
            try:
                answer(connection)
            except OSError:  # the reader had enough
                return

    def listen(server: socket.socket) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            open_connections.append(connection)
            thread = threading.Thread(target=serve, args=(connection,), daemon=True)
            threads.append(thread)
            thread.start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        listener = threading.Thread(target=listen, args=(server,), daemon=True)
        listener.start()
        try:
            yield f"rtsp://porch:wr0ng@127.0.0.1:{server.getsockname()[1]}/stream"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            listener.join(timeout=60)
            for connection in open_connections:
                connection.close()
            for thread in threads:
                thread.join(timeout=60)


def request(connection: socket.socket) -> tuple[str, str]:
    """The method and sequence number of the next request."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        piece = connection.recv(1)
        if not piece:
            raise ConnectionError
        head += piece
    lines = head.decode("latin-1").split("\r\n")
    number = next(line.split(":")[1].strip() for line in lines if line.lower().startswith("cseq"))
    return lines[0].split()[0], number


def reply(connection: socket.socket, number: str, *headers: str, body: bytes = b"") -> None:
    lines = ["RTSP/1.0 200 OK", f"CSeq: {number}", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    connection.sendall("\r\n".join([*lines, "", ""]).encode() + body)


def sdp(sets: list[bytes]) -> bytes:
    encoded = ",".join(base64.b64encode(unit).decode() for unit in sets)
    lines = [
        "v=0",
        "o=- 0 0 IN IP4 127.0.0.1",
        "s=x",
        "t=0 0",
        "m=video 0 RTP/AVP 96",
        "a=rtpmap:96 H264/90000",
        f"a=fmtp:96 packetization-mode=1;sprop-parameter-sets={encoded}",
        "a=control:track1",
    ]
    return "\r\n".join([*lines, ""]).encode()


def conversation(connection: socket.socket, description: bytes, play: Callable[[socket.socket], None]) -> None:
    """What a camera says until it plays."""
    while True:
        method, number = request(connection)
        match method:
            case "OPTIONS":
                reply(connection, number, "Public: DESCRIBE, SETUP, PLAY, TEARDOWN")
            case "DESCRIBE":
                reply(connection, number, "Content-Type: application/sdp", body=description)
            case "SETUP":
                reply(connection, number, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1", "Session: 1")
            case "PLAY":
                reply(connection, number, "Session: 1")
                play(connection)
            case _:
                reply(connection, number, "Session: 1")


def rtp(number: int, payload: bytes, *, marker: bool = True) -> bytes:
    """Interleaved (RFC 2326, 10.12; RFC 3550, 5.1); a picture each fortieth of a second."""
    head = bytes([0x80, (0x80 if marker else 0) | 96]) + (number % 65536).to_bytes(2) + (number * 2250).to_bytes(4)
    packet = head + bytes(4) + payload
    return b"$\x00" + len(packet).to_bytes(2) + packet


GOOD_SETS = [sps_of(160, 128), b"\x68\xce\x3c\x80"]


def garbage(connection: socket.socket) -> None:
    for number in range(20_000):
        connection.sendall(rtp(number, bytes((number * 7 + place) % 256 for place in range(200))))


def empty(connection: socket.socket) -> None:
    for number in range(20_000):
        connection.sendall(rtp(number, b""))


def endless_picture(connection: socket.socket) -> None:
    """Fragments (RFC 6184, 5.8) of one slice that never ends, with one time: 64 MiB of it."""
    connection.sendall(rtp(1, b"\x7c\x85" + bytes(1000), marker=False))
    middle = [b"\x7c\x05" + b"\x55" * 60_000 for _ in range(1100)]
    for number, payload in enumerate(middle, start=2):
        packet = bytearray(rtp(number, payload, marker=False))
        packet[8:12] = (2250).to_bytes(4)
        connection.sendall(packet)


def not_interleaved(connection: socket.socket) -> None:
    for _ in range(2000):
        connection.sendall(b"<html>" * 100)


def half_a_packet(connection: socket.socket) -> None:
    connection.sendall(b"$\x00\xff\xff\x80")
    connection.recv(1)


@pytest.mark.parametrize("play", [garbage, empty, endless_picture, not_interleaved, half_a_packet])
@pytest.mark.parametrize("sets", [GOOD_SETS, [sps_of(16000, 16000), GOOD_SETS[1]], [b"\x67", b"\x68"]])
def test_a_camera_that_lies_ends_in_a_sentence(sets: list[bytes], play: Callable[[socket.socket], None]) -> None:
    with lying_server(lambda connection: conversation(connection, sdp(sets), play)) as url:
        fails_in_time(url)


def slow_loris(connection: socket.socket) -> None:
    """One byte of an answer every now and then, for ever."""
    request(connection)
    for byte in itertools.cycle(b"RTSP/1.0 200 OK\r\nX: "):
        connection.sendall(bytes([byte]))
        if threading.Event().wait(0.2):
            return


def endless_header(connection: socket.socket) -> None:
    request(connection)
    connection.sendall(b"RTSP/1.0 200 OK\r\n")
    for _ in range(4096):
        connection.sendall(b"X-Nothing: " + b"a" * 16_000 + b"\r\n")


def giant_body(connection: socket.socket) -> None:
    request(connection)
    connection.sendall(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 2147483000\r\n\r\n")
    for _ in range(1024):
        connection.sendall(b"v=0\r\n" * 1000)


def hang_up(connection: socket.socket) -> None:
    request(connection)


@pytest.mark.parametrize("answer", [slow_loris, endless_header, giant_body, hang_up])
def test_a_server_that_speaks_no_rtsp_ends_in_a_sentence(answer: Callable[[socket.socket], None]) -> None:
    with lying_server(answer) as url:
        fails_in_time(url)


def fails_in_time(url: str) -> None:
    clock = SystemClock()
    source = RtspSource(RtspAddress(url), transport=Transport.TCP, audio=False, clock=clock, patience=PATIENCE)
    began = clock.monotonic()
    stop = threading.Event()
    alarm = threading.Timer(SECONDS, stop.set)
    alarm.start()
    try:
        with pytest.raises(SourceError) as failed:
            deque(source.read(ListTap(), stop), maxlen=0)
    finally:
        alarm.cancel()
    print(f"{clock.monotonic() - began:.2f} s: {failed.value}")
    assert clock.monotonic() - began < SECONDS
    assert "wr0ng" not in str(failed.value)
    assert str(failed.value).endswith(".")
    assert failed.value.__cause__ is None

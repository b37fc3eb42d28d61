"""Cameras that send JPEG pictures over HTTP, well and badly."""

import asyncio
import ssl
import subprocess
import threading
from collections.abc import Callable
from contextlib import aclosing
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.clock import SystemClock
from doorstep.core.errors import MediaInvalid, SourceError, SourceLost, SourceRefused
from doorstep.core.media import Packet, VideoFormat
from doorstep.ports import Wish
from doorstep.sources import wire
from doorstep.sources.address import MjpegAddress
from doorstep.sources.jpeg_splitter import LARGEST_PICTURE, MOST_BETWEEN, JpegSplitter
from doorstep.sources.mjpeg import MjpegSource
from fakes.masked_pictures import MASK, assert_masked, loud_picture, take, take_until
from fakes.mjpeg_camera import (
    PASSWORD,
    USER,
    MjpegCamera,
    Reply,
    behind_basic,
    behind_digest,
    jpeg_of,
    mjpeg_camera,
    plain,
    raw,
    stream,
)
from fakes.taps import ListTap
from fakes.tries import soon_enough

WIDTH, HEIGHT = 96, 160
PICTURES = [jpeg_of(loud_picture(WIDTH, HEIGHT, number)) for number in range(4)]
OK = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=x\r\n\r\n"
TOKENED = f"{USER}:{quote(PASSWORD, safe='')}"


def source(url: str, **options: object) -> MjpegSource:
    return MjpegSource(MjpegAddress(url), clock=SystemClock(), **options)  # type: ignore[arg-type]


def failure_of(camera: MjpegCamera, url: str = "") -> SourceError:
    with pytest.raises(SourceError) as caught:
        take(source(url or camera.url()), 10_000)
    return caught.value


# ------------------------------------------------------------------------------------------------- finding pictures


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    pieces, place = [], 0
    for size in sizes:
        pieces.append(data[place : place + size])
        place += size
    return [*pieces, data[place:]]


def split(pieces: list[bytes]) -> list[bytes]:
    splitter = JpegSplitter()
    return [picture for piece in pieces for picture in splitter.feed(piece)]


@given(st.lists(st.integers(0, 3000), max_size=12), st.lists(st.binary(max_size=40), min_size=5, max_size=5))
def test_pictures_are_found_however_the_bytes_are_cut(sizes: list[int], between: list[bytes]) -> None:
    # Between two pictures may stand anything that does not look like the beginning of one.
    harmless = [each.replace(b"\xff", b"") for each in between]
    whole = b"".join(gap + picture for gap, picture in zip(harmless, PICTURES, strict=False)) + harmless[-1]
    assert split(cut(whole, sizes)) == PICTURES


def test_a_picture_in_a_picture_is_not_taken_for_its_end() -> None:
    thumbnail = PICTURES[1]
    exif = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2) + thumbnail
    whole = PICTURES[0][:2] + exif + PICTURES[0][2:]
    assert split([whole + PICTURES[2]]) == [whole, PICTURES[2]]


def test_a_picture_that_is_cut_off_is_left_out() -> None:
    assert split([PICTURES[0][:-200] + b"\r\n--frame\r\n\r\n" + PICTURES[1]]) == [PICTURES[1]]
    assert split([PICTURES[0][:30] + b"\r\n--frame\r\n\r\n" + PICTURES[1] + PICTURES[2]])[-1] == PICTURES[2]


@given(st.binary(max_size=4000), st.lists(st.integers(0, 500), max_size=10))
def test_no_bytes_break_it(garbage: bytes, sizes: list[int]) -> None:
    found = split([*cut(garbage + b"\xff\xd8\xff" + garbage, sizes)])
    assert all(each.startswith(b"\xff\xd8\xff") and each.endswith(b"\xff\xd9") for each in found)


@given(st.integers(0, len(PICTURES[0]) - 1), st.binary(min_size=1, max_size=8))
def test_a_damaged_length_costs_at_most_what_a_segment_may_hold(place: int, damage: bytes) -> None:
    damaged = PICTURES[0][:place] + damage + PICTURES[0][place + len(damage) :]
    rest = PICTURES[3] * (2**17 // len(PICTURES[3]))
    assert split([damaged + rest])[-1] == PICTURES[3]


def test_endless_noise_and_endless_pictures_are_given_up() -> None:
    with pytest.raises(MediaInvalid, match="no JPEG"):
        split([b"." * 5000] * (MOST_BETWEEN // 5000 + 2))
    endless = JpegSplitter()
    endless.feed(PICTURES[0][:-2])
    for _ in range(LARGEST_PICTURE // 2**20 - 1):
        assert endless.feed(b"\x01" * 2**20) == []
    with pytest.raises(MediaInvalid, match="larger than 8 MiB"):
        endless.feed(b"\x01" * 2**20)


def test_damage_without_end_is_given_up() -> None:
    with pytest.raises(MediaInvalid, match="in a row"):
        split([b"\xff\xd8\xff\xe0\x00\x02." * 1000])


# ------------------------------------------------------------------------------------------------------- good streams

GOOD: dict[str, Reply] = {
    "usual": stream(PICTURES),
    "without length": stream(PICTURES, with_length=False),
    "chunked": stream(PICTURES, chunked=True),
    "boundary without dashes": stream(PICTURES, boundary=b"frame", content_type="multipart/x-mixed-replace"),
    "quoted": stream(PICTURES, boundary=b"----x", content_type='multipart/x-mixed-replace;boundary="--x"'),
    "no boundary": stream(PICTURES, boundary=b"", content_type="application/octet-stream"),
    "no type": stream(PICTURES, content_type=""),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_camera_is_read_whatever_its_habits(name: str) -> None:
    with mjpeg_camera({"/stream": GOOD[name]}) as camera:
        fmt, *packets = take(source(camera.url()), 12)
    assert isinstance(fmt, VideoFormat)
    assert (fmt.width, fmt.height) == (WIDTH, HEIGHT)
    assert isinstance(packets[0], Packet)
    assert packets[0].key
    assert packets[0].pts == 0


def test_times_are_those_of_arrival_and_a_key_frame_comes_each_second() -> None:
    with mjpeg_camera({"/stream": stream(PICTURES, every=0.04)}) as camera:
        fmt, *packets = take(source(camera.url()), 60)
    assert isinstance(fmt, VideoFormat)
    whole = [packet for packet in packets if isinstance(packet, Packet)]
    for one, two in pairwise(whole):
        assert two.pts > one.pts
        assert two.pts - one.pts == pytest.approx((two.arrived - one.arrived) * 90_000, abs=100)
    keys = [packet.pts / 90_000 for packet in whole if packet.key]
    assert len(keys) >= 2
    assert all(0.9 < two - one < 1.3 for one, two in pairwise(keys))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_nothing_under_a_mask_is_seen_anywhere(rotation: int) -> None:
    tap = ListTap(rule=lambda _at: True)
    with mjpeg_camera({"/stream": stream(PICTURES)}) as camera:
        items = take(source(camera.url(), masks=(MASK,), rotation=rotation), 25, tap)
    fmt = items[0]
    assert isinstance(fmt, VideoFormat)
    assert (fmt.width, fmt.height) == ((HEIGHT, WIDTH) if rotation in {90, 270} else (WIDTH, HEIGHT))
    assert_masked(items, tap.frames)


def test_another_size_is_another_connection() -> None:
    mixed = [PICTURES[0], PICTURES[1], jpeg_of(loud_picture(64, 48)), jpeg_of(loud_picture(64, 48, 1))]
    with mjpeg_camera({"/stream": stream(mixed, every=0.05)}) as camera:
        items = take_until(
            source(camera.url()), lambda items: sum(isinstance(item, VideoFormat) for item in items) == 3
        )
    formats = [(item.width, item.height) for item in items if isinstance(item, VideoFormat)]
    assert formats == [(WIDTH, HEIGHT), (64, 48), (WIDTH, HEIGHT)]
    for one, two in pairwise(items):
        if isinstance(one, VideoFormat) and isinstance(two, Packet):
            assert two.key


class SlowTap(ListTap):
    """Keeps whoever shows it a picture waiting, as a slow machine does."""

    def wants(self, at: float) -> Wish:
        threading.Event().wait(0.05)
        return self.rule(at)


def test_who_is_too_slow_leaves_pictures_out_and_never_queues_them() -> None:
    numbered = []
    for number in range(120):
        packed = loud_picture(64, 48)
        packed[:48] = 60 + number
        numbered.append(jpeg_of(packed))
    tap = SlowTap(rule=lambda _at: True)
    with mjpeg_camera({"/stream": stream(numbered, every=0.005)}) as camera:
        take(source(camera.url()), 12, tap)
    seen = [bytes(frame.luma().pixels)[0] - 60 for frame in tap.frames]
    assert seen[9] - seen[0] > 25


def test_sizes_that_change_all_the_time_are_lost() -> None:
    mixed = [PICTURES[0], jpeg_of(loud_picture(64, 48))]
    with mjpeg_camera({"/stream": stream(mixed, every=0.01)}) as camera:
        assert "all the time" in str(failure_of(camera))


def test_damaged_pictures_are_left_out() -> None:
    broken = PICTURES[0][:2] + b"\xff\xfe\x00\x04xx" + b"\xff\xd9"
    with mjpeg_camera({"/stream": stream([broken, PICTURES[1]])}) as camera:
        assert len(take(source(camera.url()), 5)) == 5


def test_closing_while_the_camera_is_silent_takes_no_time() -> None:
    async def close(url: str) -> float:
        loop = asyncio.get_running_loop()
        async with aclosing(source(url).stream(ListTap())) as items:
            await anext(items)
            before = loop.time()
        return loop.time() - before

    with mjpeg_camera({"/stream": raw(OK, PICTURES[0], hold=True)}) as camera:
        assert soon_enough(lambda: asyncio.run(close(camera.url())), 1.0)
    assert not [thread for thread in threading.enumerate() if thread.name == "mjpeg"]


# ------------------------------------------------------------------------------------------------- users and passwords


@pytest.mark.parametrize(
    "challenge",
    [
        'Digest realm="x", nonce="n", qop="auth", algorithm=SHA-512-256',
        'Digest realm="x", nonce="n", qop="auth-int"',
        "Digest",
        'Digest realm="x", nonce',
        'Digest realm="x"',
    ],
)
def test_a_password_that_is_asked_for_in_an_unknown_way_is_refused(challenge: str) -> None:
    with mjpeg_camera({"/stream": plain(401, WWW_Authenticate=challenge)}) as camera:
        error = failure_of(camera, camera.url(user=TOKENED))
    assert isinstance(error, SourceRefused)
    assert "not understood" in str(error)
    assert quote(PASSWORD, safe="") not in str(error)


@pytest.mark.parametrize("host", ["a" * 70 + ".example", "camera..example"])
def test_a_name_that_cannot_be_one_is_refused(host: str) -> None:
    with pytest.raises(SourceRefused, match="not an address"):
        take(source(f"http://{host}/stream"), 1)


@pytest.mark.parametrize("guard", [behind_basic, behind_digest])
def test_user_and_password_come_from_the_address(guard: Callable[[Reply], Reply]) -> None:
    with mjpeg_camera({"/stream": guard(stream(PICTURES))}) as camera:
        assert len(take(source(camera.url(user=TOKENED)), 3)) == 3
        assert camera.asked[0] == ("/stream", None)  # nothing is sent that was not asked for
        refused = failure_of(camera, camera.url(user=f"{USER}:wrong"))
        unknown = failure_of(camera)
    assert isinstance(refused, SourceRefused)
    assert "does not accept" in str(refused)
    assert "wrong" not in str(refused)
    assert isinstance(unknown, SourceRefused)
    assert "asks for a password" in str(unknown)


# -------------------------------------------------------------------------------------------------------- bad streams

BAD: list[tuple[Reply, type[SourceError], str]] = [
    (plain(200, b"<html>", Content_Type="text/html; charset=utf-8"), SourceRefused, "web page"),
    (plain(200, PICTURES[0], Content_Type="image/jpeg"), SourceRefused, "single picture"),
    (plain(200, b"{}", Content_Type="application/json"), SourceRefused, "check the address"),
    (plain(404), SourceRefused, "404"),
    (plain(403), SourceRefused, "password"),
    (plain(503), SourceLost, "asked again"),
    (plain(302, Location="http://elsewhere.test/stream"), SourceRefused, "another place"),
    (plain(302, Location="/stream"), SourceRefused, "circles"),
    (plain(302), SourceRefused, "circles"),
    (plain(302, Location="ftp://["), SourceRefused, "another place"),
    (raw(b"SSH-2.0-OpenSSH_9.2\r\n"), SourceRefused, "HTTP"),
    (raw(b"HTTP/1.0 200 OK\r\nX: " + b"y" * 100_000), SourceRefused, "HTTP"),
    (raw(b"HTTP/1.0 200 OK\r\nContent-Type: multi"), SourceRefused, "HTTP"),
    (raw(OK, b"." * 200_000), SourceRefused, "no JPEG"),
    (raw(OK, *(PICTURES[0][:-2] + b"\x01" * 2**20,) * 1, *(b"\x01" * 2**20,) * 8), SourceRefused, "8 MiB"),
    (raw(OK, PICTURES[0]), SourceLost, "ended"),
    (stream([PICTURES[0][:2] + b"\xff\xfe\x00\x04xx\xff\xd9"], every=0.001), SourceRefused, "damaged"),
]


@pytest.mark.parametrize(("reply", "kind", "words"), BAD)
def test_what_is_no_camera_is_said_plainly(reply: Reply, kind: type[SourceError], words: str) -> None:
    with mjpeg_camera({"/stream": reply}) as camera:
        failure = failure_of(camera, camera.url("/stream", user="u:secret"))
    assert isinstance(failure, kind)
    assert words in str(failure)
    assert "secret" not in str(failure)


def test_a_redirection_within_the_camera_is_followed() -> None:
    with mjpeg_camera({"/old": plain(302, Location="/stream"), "/stream": stream(PICTURES)}) as camera:
        assert len(take(source(camera.url("/old")), 3)) == 3


def test_a_closed_port_and_an_unknown_host_are_lost() -> None:
    with mjpeg_camera({}) as camera:
        url = camera.url()
    with pytest.raises(SourceLost, match="nothing listens"):
        take(source(url), 1)
    with pytest.raises(SourceLost, match="nobody knows"):
        take(source("http://no-such-camera.invalid/"), 1)


@pytest.mark.parametrize("said", [b"", b"HTTP/1.0 200 ", OK, OK + PICTURES[0][:50]])
def test_a_camera_that_falls_silent_is_lost(said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LONGEST_SILENCE_SECONDS", 0.3)
    with mjpeg_camera({"/stream": raw(said, hold=True)}) as camera:
        assert isinstance(failure_of(camera), SourceLost)


def test_what_speaks_no_tls_is_said_plainly() -> None:
    with mjpeg_camera({"/stream": stream(PICTURES)}) as camera:
        failure = failure_of(camera, camera.url(scheme="https"))
    assert isinstance(failure, SourceRefused)


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(cert)),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with mjpeg_camera({"/stream": stream(PICTURES)}, tls=context) as camera:
        failure = failure_of(camera, camera.url(scheme="https"))
    assert isinstance(failure, SourceRefused)
    assert "certificate" in str(failure)

"""A bucket's server that keeps everybody waiting without ever falling silent; and lines that are slow but honest."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from ssl import SSLContext

import pytest

from doorstep.core.cloud_settings import AccessKey, S3Settings
from doorstep.core.errors import StoreRefused, StoreUnavailable
from doorstep.stores.s3 import S3Store
from doorstep.stores.s3_part import (
    GIVES_WAY_SECONDS,
    GRACE_SECONDS,
    HUNG_SECONDS,
    LEAVING_PIECE,
    LINGER_SECONDS,
    Gate,
    SentPart,
)
from doorstep.stores.s3_sending import PART_BYTES
from fakes.certificates import certificate
from fakes.clock import FakeClock
from fakes.s3_stores import body_of, film, store_of, unheard

KEY = "front-door/2026/11/21/20261121_140203.mp4"
FILM = film(200_000)
ANSWER_SECONDS = 0.5
EVERY = 0.1
"""Seconds between two pieces: the library's own limit is never met."""
BOUND = 20.0
"""Ten times what a call may take: the machine is shared."""
DRIPS = 600
"""For a minute, three times the bound; whoever waits for all of it fails."""

Speak = Callable[[socket.socket, threading.Event], None]


@contextmanager
def server(speak: Speak, tls: SSLContext | None = None) -> Iterator[str]:
    """Speaks so with each that comes; its address."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        # As on a line: what was sent and not yet taken is little.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)

        def accept() -> None:
            while True:
                try:
                    line, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=meet, args=(line,), daemon=True).start()

        def meet(line: socket.socket) -> None:
            line.settimeout(60)
            with suppress(OSError), tls.wrap_socket(line, server_side=True) if tls else line as met:
                speak(met, ended)

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield f"{'https' if tls else 'http'}://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            ended.set()
            listening.shutdown(socket.SHUT_RDWR)
            accepting.join(30)


def store_at(endpoint: str, answer_seconds: float = ANSWER_SECONDS, **more: object) -> S3Store:
    key = AccessKey("AKIDRECORDER12345678", "secret")
    settings = replace(S3Settings("the-bucket", endpoint=endpoint, recorder=key, viewer=key), **more)  # type: ignore[arg-type]
    return store_of(settings, answer_seconds=answer_seconds)


def in_time(call: Callable[[], object], seconds: float = BOUND) -> object:
    """What it returns or raises; fails where it goes on for longer."""
    done: Future[object] = Future()

    def run() -> None:
        try:
            done.set_result(call())
        except BaseException as error:  # noqa: BLE001 - raised below
            done.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return done.result(seconds)


def head_of(line: socket.socket) -> bytes:
    """What is asked, without its body."""
    head = b""
    while b"\r\n\r\n" not in head:
        piece = line.recv(1)
        if not piece:
            raise ConnectionResetError
        head += piece
    return head


def whole_request(line: socket.socket) -> bytes:
    """What is asked, once all of it came."""
    head = head_of(line)
    if b"100-continue" in head:
        line.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    found = re.search(rb"Content-Length: (\d+)", head)
    left = int(found[1]) if found else 0
    while left > 0:
        left -= len(line.recv(min(left, 1 << 16))) or left
    return head


def drip(line: socket.socket, ended: threading.Event, *pieces: bytes) -> None:
    for number in range(DRIPS):
        line.sendall(pieces[number % len(pieces)])
        if ended.wait(EVERY):
            return


def in_the_status(line: socket.socket, ended: threading.Event) -> None:
    whole_request(line)
    line.sendall(b"HTTP/1.1 200 O")
    drip(line, ended, b"K")


def in_its_headers(line: socket.socket, ended: threading.Event) -> None:
    whole_request(line)
    line.sendall(b"HTTP/1.1 200 OK\r\n")
    drip(line, ended, b"X-Wait: 1\r\n")


def in_one_header(line: socket.socket, ended: threading.Event) -> None:
    whole_request(line)
    line.sendall(b"HTTP/1.1 200 OK\r\nX-Wait: ")
    drip(line, ended, b"x")


def with_promises(line: socket.socket, ended: threading.Event) -> None:
    whole_request(line)
    drip(line, ended, b"HTTP/1.1 100 Continue\r\n\r\n")


def in_its_body(line: socket.socket, ended: threading.Event) -> None:
    whole_request(line)
    head = b'HTTP/1.1 206 Partial Content\r\nETag: "x"\r\nContent-Range: bytes 0-3/4\r\n'
    line.sendall(head + b"Content-Length: 1000\r\nConnection: close\r\n\r\n")
    drip(line, ended, b"x")


def in_a_refusal(line: socket.socket, ended: threading.Event) -> None:
    whole_request(line)
    line.sendall(b"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n")
    drip(line, ended, b"1\r\n \r\n")


def before_the_body(line: socket.socket, ended: threading.Event) -> None:
    head_of(line)
    line.sendall(b"HTTP/1.1 100 Con")
    drip(line, ended, b"t")


def behind_its_go_ahead(line: socket.socket, ended: threading.Event) -> None:
    head_of(line)
    line.sendall(b"HTTP/1.1 100 Continue\r\n")
    drip(line, ended, b"X-Wait: 1\r\n")


def ends_behind_its_go_ahead(line: socket.socket, _ended: threading.Event) -> None:
    head_of(line)
    line.sendall(b"HTTP/1.1 100 Continue\r\n")


DRIPPING = {
    speak.__name__: speak
    for speak in (in_the_status, in_its_headers, in_one_header, with_promises, in_its_body, in_a_refusal)
}
WITH_BODY = {"in_its_body", "in_a_refusal"}
"""What asks for the size gets none."""
CALLS: dict[str, Callable[[S3Store], object]] = {
    "send": lambda store: store.send(KEY, body_of(FILM), None, unheard),
    "read": lambda store: store.read(KEY, 0, 1000),
    "size": lambda store: store.size(KEY),
    "keys": lambda store: list(store.keys()),
}


def assert_bounded(call: Callable[[], object]) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        in_time(call)
    assert not isinstance(caught.value, StoreRefused)
    assert re.fullmatch(r"The bucket's server [^\n]{20,160} later\.|The bucket cannot[^\n]+later\.", str(caught.value))


@pytest.mark.parametrize(
    ("where", "name"),
    [(where, name) for where in DRIPPING for name in CALLS if name != "size" or where not in WITH_BODY],
)
def test_an_answer_that_drips_is_waited_for_in_bounded_time(where: str, name: str) -> None:
    with server(DRIPPING[where]) as endpoint:
        assert_bounded(lambda: CALLS[name](store_at(endpoint)))


@pytest.mark.parametrize("speak", [before_the_body, behind_its_go_ahead, ends_behind_its_go_ahead])
def test_a_go_ahead_that_drips_or_breaks_off_is_waited_for_in_bounded_time(speak: Speak) -> None:
    with server(speak) as endpoint:
        assert_bounded(lambda: CALLS["send"](store_at(endpoint)))


@pytest.mark.parametrize("speak", [in_its_headers, before_the_body])
def test_the_same_over_tls(speak: Speak, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = certificate(tmp_path)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(made.certificate))
    with server(speak, made.server_context()) as endpoint:
        assert_bounded(lambda: CALLS["send"](store_at(endpoint)))


def test_no_thread_stays_behind() -> None:
    with server(in_its_headers) as endpoint:
        for call in CALLS.values():
            assert_bounded(lambda: call(store_at(endpoint)))  # noqa: B023 - of this round
    with server(lambda line, _ended: sent_at_once(line)) as endpoint:
        assert store_at(endpoint).read(KEY, 0, 4) == b"film"
    for thread in threading.enumerate():
        if thread.name == "bucket's line":
            thread.join(10)
            assert not thread.is_alive()


def sent_at_once(line: socket.socket) -> None:
    whole_request(line)
    line.sendall(b"HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-3/4\r\nContent-Length: 4\r\n\r\nfilm")


# Slow, but honest.

SLOW_FILM = film(3_000_000)


def takes_slowly(line: socket.socket, ended: threading.Event) -> None:
    """A megabyte a second: the whole takes six times as long as an answer may."""
    head = head_of(line)
    line.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    found = re.search(rb"Content-Length: (\d+)", head)
    left = int(found[1]) if found else 0
    while left > 0:
        taken = 0
        while taken < min(left, 100_000):
            taken += len(line.recv(min(left, 100_000) - taken))
        left -= taken
        ended.wait(0.1)
    line.sendall(b'HTTP/1.1 200 OK\r\nETag: "x"\r\nContent-Length: 0\r\n\r\n')


def test_a_body_that_leaves_for_longer_than_an_answer_may_take_is_not_cut() -> None:
    with server(takes_slowly) as endpoint:
        assert in_time(lambda: store_at(endpoint).send(KEY, body_of(SLOW_FILM), None, unheard), 60) is True


def test_waiting_at_the_gate_is_not_the_servers_time() -> None:
    with server(takes_slowly) as endpoint:
        store = store_at(endpoint, max_kbit=400.0)  # four seconds
        assert in_time(lambda: store.send(KEY, body_of(FILM), None, unheard), 60) is True


def test_an_object_that_comes_slowly_comes_whole() -> None:
    def gives_slowly(line: socket.socket, ended: threading.Event) -> None:
        head_of(line)
        size = len(SLOW_FILM)
        head = f"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-{size - 1}/{size}\r\nContent-Length: {size}"
        line.sendall(f"{head}\r\n\r\n".encode())
        for at in range(0, size, 100_000):
            line.sendall(SLOW_FILM[at : at + 100_000])
            ended.wait(0.1)

    with server(gives_slowly) as endpoint:
        assert in_time(lambda: store_at(endpoint).read(KEY, 0, len(SLOW_FILM)), 60) == SLOW_FILM


MAKING_ANSWER_SECONDS = 1.0


def completes_slowly(line: socket.socket, ended: threading.Event) -> None:
    """As Amazon while it makes one object of many parts: 200 at once, a space now and then, and what came of it."""
    head = whole_request(line)
    if b"uploadId=" not in head:
        answer_at_once(line, b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>")
    elif head.startswith(b"PUT"):
        answer_at_once(line, b"")
    else:
        line.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<?xml version='1.0' encoding='UTF-8'?>\n")
        until = time.monotonic() + 3 * MAKING_ANSWER_SECONDS
        while time.monotonic() < until and not ended.wait(EVERY):
            line.sendall(b" ")
        line.sendall(b'<CompleteMultipartUploadResult><ETag>"x-1"</ETag></CompleteMultipartUploadResult>')


def answer_at_once(line: socket.socket, body: bytes) -> None:
    head = f'HTTP/1.1 200 OK\r\nETag: "x"\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n'
    line.sendall(head.encode() + body)


def test_an_object_that_is_long_made_of_its_parts_is_waited_for() -> None:
    with server(completes_slowly) as endpoint:
        store = store_at(endpoint, MAKING_ANSWER_SECONDS)
        assert in_time(lambda: store.send(KEY, body_of(film(PART_BYTES + 1)), None, unheard), 60) is True


# What runs goes before what is over.


def leaving(gate: Gate, *, hurries: bool = False) -> SentPart:
    part = SentPart(lambda _at, count: iter([b"x" * count]), 0, 1 << 20, gate, hurries=hurries)
    part.leave()
    return part


@pytest.fixture(name="clock")
def _clock() -> FakeClock:
    return FakeClock(datetime(2026, 11, 21, tzinfo=UTC))


def seconds_of_a_piece(clock: FakeClock, part: SentPart) -> float:
    began = clock.monotonic()
    assert len(part.read(1 << 20)) == LEAVING_PIECE
    return clock.monotonic() - began


def test_a_clip_gives_way_to_a_running_event_on_a_slow_line_but_never_for_good(clock: FakeClock) -> None:
    gate = Gate(clock, 0.0, clock.advance)
    clip, running = leaving(gate), leaving(gate, hurries=True)
    with gate.hurry():
        assert seconds_of_a_piece(clock, clip) == 0.0
        clock.advance(2.0)
        assert seconds_of_a_piece(clock, running) == 0.0
        assert seconds_of_a_piece(clock, clip) == GIVES_WAY_SECONDS
    # The next second of it is about to come.
    assert 0.0 < seconds_of_a_piece(clock, clip) <= LINGER_SECONDS + 0.5
    assert seconds_of_a_piece(clock, clip) == 0.0


def test_a_clip_gives_way_neither_on_a_fast_line_nor_to_what_hangs(clock: FakeClock) -> None:
    gate = Gate(clock, 0.0, clock.advance)
    clip = leaving(gate)
    for _ in range(10):
        with gate.hurry():
            clock.advance(0.3)
            assert seconds_of_a_piece(clock, clip) == 0.0
    with gate.hurry():
        clock.advance(HUNG_SECONDS)
        assert seconds_of_a_piece(clock, clip) == 0.0
    assert seconds_of_a_piece(clock, clip) == 0.0


def test_giving_way_is_not_slowness(clock: FakeClock) -> None:
    gate = Gate(clock, 0.0, clock.advance)
    clip = SentPart(lambda _at, count: iter([b"x" * count]), 0, 100, gate)
    clip.leave()
    began = clock.monotonic()
    for _ in range(100):
        with gate.hurry():
            clock.advance(0.5)
            assert clip.read(1) == b"x"
    assert clock.monotonic() - began > 5 * GRACE_SECONDS


def test_parts_of_running_events_hurry_and_clips_do_not() -> None:
    with server(takes_slowly) as endpoint:
        store = store_at(endpoint)
        hurried: list[str] = []
        gate, plain = store._gate, store._gate.hurry

        @contextmanager
        def hurry() -> Iterator[None]:
            hurried.append("part")
            with plain():
                yield

        gate.hurry = hurry  # type: ignore[method-assign]
        assert store.send(KEY, body_of(b"film"), None, unheard)
        assert hurried == []
        assert store.send("running/front-door/20261121/e/20261121T140203000-000001.mp4", body_of(b"x"), None, unheard)
        assert hurried == ["part"]

"""Readers for confined children that misbehave as hostile video makes libraries misbehave; chosen by the address.

Runs in the child: `Nursery(clock, readers="fakes.hostile_readers:reader_of", import_from=[tests])`.
"""

import ctypes
import json
import os
import signal
import socket
import stat
import threading
from collections.abc import Callable, Generator
from pathlib import Path

import av

from doorstep.app.camera_child import reader_of as usual_reader_of
from doorstep.clock import SystemClock
from doorstep.core.errors import SourceEnded, SourceLost, SourceRefused
from doorstep.core.media import Codec, Packet, StreamItem, VideoFormat
from doorstep.media.frame import DecodedFrame
from doorstep.ports import Clock, FrameTap
from doorstep.sources.confined_child import PONG, RemoteTap
from doorstep.sources.records import Kind, record
from doorstep.sources.source_spec import SourceSpec
from doorstep.sources.threaded import BlockingSource

FORMAT = VideoFormat(Codec.H264, 64, 48, 1000, b"record")


def packet(number: int, size: int = 10, arrived: float = 0.0) -> Packet:
    return Packet(bytes(size), 40 * number, 40 * number, 40, number == 0, arrived)


def reader_of(spec: SourceSpec) -> BlockingSource:
    """`rtsp://WHAT/…` is the misbehaviour of that name; other addresses are read as usual."""
    scheme, _, rest = spec.address.partition("://")
    what = rest.partition("/")[0].rpartition("@")[2]
    return Hostile(what, spec, SystemClock()) if scheme == "rtsp" else usual_reader_of(spec)


class Hostile:
    """Twenty packets as a camera sends them, then what its name says."""

    def __init__(self, what: str, spec: SourceSpec, clock: Clock) -> None:
        self._what = what
        self._spec = spec
        self._clock = clock

    def read(self, tap: FrameTap, stop: threading.Event) -> Generator[StreamItem]:
        self.tap = tap
        yield FORMAT
        for number in range(20):
            yield packet(number, arrived=self._clock.monotonic())
        if self._what == "spy":
            yield Packet(_findings(self._spec.address), 800, 800, 40, key=False, arrived=self._clock.monotonic())
        _DEEDS[self._what](self, stop)
        if self._what == "backwards":
            yield packet(3)
        if self._what == "giant":
            yield packet(30, size=40 * 2**20)
        number = 20
        while self._what == "steady" and not stop.wait(0.02):
            yield packet(number, arrived=self._clock.monotonic())
            number += 1


def _findings(address: str) -> bytes:
    """What a taken-over reader can get hold of, as JSON: each deed and what came of it."""
    secret = Path(address.partition("?")[2])
    parent = os.getppid()
    deeds: dict[str, Callable[[], object]] = {
        "read the data folder": secret.read_text,
        "list the data folder": lambda: list(secret.parent.iterdir()),
        "write a file": lambda: Path("/tmp/doorstep-was-here").write_text("x"),  # noqa: S108 - that is the deed
        "read its parent's environment": Path(f"/proc/{parent}/environ").read_bytes,
        "fork": os.fork,
        "start a program": lambda: os.execv("/bin/true", ["true"]),  # noqa: S606 - that is the deed
        "kill its parent": lambda: os.kill(parent, signal.SIGKILL),
        "trace its parent": lambda: _called("ptrace", 16, parent, 0, 0),
        "speak to the machine": lambda: socket.socket(socket.AF_UNIX),
        "listen": _listening,
        "call another port": lambda: socket.create_connection(("127.0.0.1", 9), 1),
        "make files public": lambda: secret.chmod(0o644),
    }
    found: dict[str, object] = {name: _outcome(deed) for name, deed in deeds.items()}
    found["environment"] = dict(os.environ)
    found["descriptors"] = [number for number in range(64) if _is_open(number)]
    return json.dumps(found).encode()


def _outcome(deed: Callable[[], object]) -> str:
    try:
        deed()
    except OSError as error:
        return error.__class__.__name__
    return "done"


def _called(name: str, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) == -1:
        raise OSError(ctypes.get_errno(), name)


def _listening() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _crash(_: Hostile, _stop: threading.Event) -> None:
    ctypes.string_at(0)


def _hang(_: Hostile, _stop: threading.Event) -> None:
    ctypes.PyDLL(None).sleep(600)  # holds Python's lock: nothing else runs in the process


def _stand_still(_: Hostile, _stop: threading.Event) -> None:
    ctypes.CDLL(None).sleep(600)


def _spin(_: Hostile, _stop: threading.Event) -> None:
    while True:
        pass


def _lose(_: Hostile, _stop: threading.Event) -> None:
    msg = "The camera\x1b[31m is gone\n."
    raise SourceLost(msg)


def _refuse(_: Hostile, _stop: threading.Event) -> None:
    msg = "The camera said no."
    raise SourceRefused(msg)


def _end(_: Hostile, _stop: threading.Event) -> None:
    msg = "That was all."
    raise SourceEnded(msg)


def _err(camera: Hostile, _stop: threading.Event) -> None:
    msg = f"cannot read {camera._spec.address}"
    raise ZeroDivisionError(msg)


def _leave(_: Hostile, _stop: threading.Event) -> None:
    os._exit(7)


def _wait(_: Hostile, stop: threading.Event) -> None:
    while not stop.wait(0.1):
        pass


def _nothing(_: Hostile, _stop: threading.Event) -> None:
    pass


def _forget_to_stop(_: Hostile, _stop: threading.Event) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    ctypes.PyDLL(None).sleep(600)


def _devour(_: Hostile, _stop: threading.Event) -> None:
    bytearray(10**10)


def _say_for_ever(words: bytes) -> None:
    """Over the connection to the parent, past all that speaks on it."""
    (line,) = (number for number in range(3, 64) if _is_open(number) and stat.S_ISSOCK(os.fstat(number).st_mode))
    while True:
        os.write(line, words)


def _chatter(_: Hostile, _stop: threading.Event) -> None:
    _say_for_ever(record(Kind.READY, b"again"))


def _answer(_: Hostile, _stop: threading.Event) -> None:
    _say_for_ever(record(Kind.PONG, PONG.pack(1.0, 1)))


def _give_up(_: Hostile, _stop: threading.Event) -> None:
    _say_for_ever(record(Kind.GIVEN_UP, bytes(4)))


def _show(camera: Hostile, _stop: threading.Event) -> None:
    """Pictures that nobody asked for, each in memory of its own."""
    assert isinstance(camera.tap, RemoteTap)
    while True:
        camera.tap.wanted = True
        camera.tap.put(DecodedFrame(av.VideoFrame(64, 48, "yuv420p"), at=1.0, captured_at=camera._clock.monotonic()))
        camera.tap.lender.close()


_DEEDS: dict[str, Callable[[Hostile, threading.Event], None]] = {
    "crash": _crash,
    "hang": _hang,
    "stand-still": _stand_still,
    "spin": _spin,
    "lose": _lose,
    "refuse": _refuse,
    "end": _end,
    "err": _err,
    "leave": _leave,
    "spy": _nothing,
    "wait": _wait,
    "steady": _nothing,
    "backwards": _nothing,
    "giant": _nothing,
    "deaf": _forget_to_stop,
    "devour": _devour,
    "chatter": _chatter,
    "answer": _answer,
    "give-up": _give_up,
    "show": _show,
}

"""The program that reads the Pi's camera, started, listened to and ended.  What its records mean: `picamera`."""

import json
import os
import re
import selectors
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from doorstep.core.errors import SourceLost, SourceRefused
from doorstep.ports import Clock
from doorstep.sources.picamera_child import HEADER, Kind

CHILD = Path(__file__).with_name("picamera_child.py")
LONGEST_OPENING_SECONDS = 20.0
LONGEST_SILENCE_SECONDS = 5.0
_LARGEST_RECORD = 32 * 2**20
_KINDS = frozenset(int(kind) for kind in Kind)
_LOOK_UP_SECONDS = 0.25
_GRACE_SECONDS = 0.4
_CHUNK = 256 * 1024
_KEPT_WORDS = 4096
_UNPRINTABLE = re.compile(r"[^ -~]+")
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "LIBCAMERA_LOG_LEVELS": "*:WARN"}


@dataclass(frozen=True, slots=True)
class Record:
    """What the program tells; `at` in microseconds of the sensor's clock."""

    kind: Kind
    key: bool
    at: int
    payload: bytes


class RecordReader:
    """Bytes in, records out."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, received: bytes) -> list[Record]:
        """The records that these bytes complete.  Raises SourceLost for what is none."""
        self._buffer += received
        records = []
        place = 0
        while len(self._buffer) - place >= HEADER.size:
            kind, key, length, at = HEADER.unpack_from(self._buffer, place)
            if kind not in _KINDS or length > _LARGEST_RECORD:
                msg = "The program that reads the Pi's camera talks nonsense; it will be started again."
                raise SourceLost(msg)
            end = place + HEADER.size + length
            if end > len(self._buffer):
                break
            payload = bytes(memoryview(self._buffer)[place + HEADER.size : end])
            records.append(Record(Kind(kind), bool(key), at, payload))
            place = end
        del self._buffer[:place]
        return records


class CameraProgram:
    """One run of the program; one thread, whose end also ends the program."""

    def __init__(self, python: str, stop: threading.Event, clock: Clock, picture_seconds: float) -> None:
        """Starts it: without this process's environment, and blind to whatever else Python would import.

        `picture_seconds` is how long the camera may take over a picture.
        """
        self._longest_silence = LONGEST_SILENCE_SECONDS + 3 * picture_seconds
        self._stop = stop
        self._clock = clock
        self._words = b""
        self._reader = RecordReader()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the system's Python and our own file
                [python, "-I", str(CHILD)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=_ENVIRONMENT,
                cwd="/",
                bufsize=0,
            )
        except OSError as error:
            msg = f"There is no {python}, which the Pi's camera needs; sudo apt install python3-picamera2."
            raise SourceRefused(msg) from error

    def tell(self, words: Mapping[str, object]) -> None:
        """A line of JSON; if the program is gone, reading tells why."""
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.write(json.dumps(words).encode() + b"\n")

    def records(self) -> Iterator[Record]:
        """Everything that it writes, until `stop` is set.  Raises SourceLost when it dies or falls silent."""
        out, error = self._process.stdout, self._process.stderr
        silence = LONGEST_OPENING_SECONDS
        with selectors.DefaultSelector() as selector:
            for pipe in (out, error):
                if pipe is not None:
                    selector.register(pipe, selectors.EVENT_READ)
            heard_at = self._clock.monotonic()
            while not self._stop.is_set():
                for ready, _ in selector.select(_LOOK_UP_SECONDS):
                    received = os.read(ready.fd, _CHUNK)
                    if not received:
                        selector.unregister(ready.fileobj)
                        if ready.fileobj is out:
                            raise self._died(error.fileno() if error is not None else None)
                    elif ready.fileobj is out:
                        yield from self._reader.feed(received)
                        heard_at, silence = self._clock.monotonic(), self._longest_silence
                    else:
                        self._hear(received)
                if self._clock.monotonic() - heard_at > silence:
                    msg = "The Pi's camera fell silent"
                    raise SourceLost(self._with_last_words(msg))

    def close(self) -> None:
        """End it, gently first; idempotent."""
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        for end in (self._process.terminate, self._process.kill):
            try:
                self._process.wait(_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                end()
        self._process.wait()

    def _hear(self, words: bytes) -> None:
        self._words = (self._words + words)[-_KEPT_WORDS:]

    def _died(self, error: int | None) -> SourceLost:
        if error is not None:
            os.set_blocking(error, False)
            with suppress(OSError):
                self._hear(os.read(error, _CHUNK))
        return SourceLost(self._with_last_words("The program that reads the Pi's camera ended"))

    def _with_last_words(self, what: str) -> str:
        """What libcamera complains of is its last line, cut to what can be shown."""
        lines = [line.strip() for line in self._words.decode("ascii", "replace").splitlines() if line.strip()]
        last = _UNPRINTABLE.sub(" ", lines[-1])[-160:] if lines else ""
        return f"{what} ({last}); it will be started again." if last else f"{what}; it will be started again."

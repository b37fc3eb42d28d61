"""What a box's tunnel key runs on the hub: `serve`.  Says how the hub is, answers questions, and ends who is silent.

What the box says is bounded in length, number and time; nothing of it is run, stored or passed on.
"""

import os
import selectors
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from doorstep.core.errors import HubWordInvalid
from doorstep.core.hub_status import (
    BOX_SILENT_AFTER_SECONDS,
    TOLD_EVERY_SECONDS,
    HubStatus,
    read_question,
    status_line,
)
from doorstep.hub_machine.hub_clock import HubClock
from doorstep.hub_machine.line_reader import LineReader, LineTooLong
from doorstep.hub_machine.reach_watch import ReachWatch

ANSWERS_A_SECOND: Final = 20
_MOST_UNSENT: Final = 65536
_CHUNK: Final = 4096
_SOON: Final = 1.0


@dataclass(frozen=True, slots=True)
class ServedBox:
    """Of whom and by what a `serve` tells: the bytes of the month, whether the box still is one of this hub's."""

    seen_from: str
    bytes_month: Callable[[], int]
    is_known: Callable[[], bool]


class Serving:
    """One session, on two file descriptors, until the box goes, is silent, says nonsense, or was revoked."""

    def __init__(self, served: ServedBox, watch: ReachWatch, clock: HubClock, ends: tuple[int, int]) -> None:
        self._served = served
        self._watch = watch
        self._clock = clock
        self._from_box, self._to_box = ends
        self._lines = LineReader()
        self._unsent = b""
        self._answers = ANSWERS_A_SECOND

    def run(self) -> str:
        """Blocks; answers why it is over, in words for the log."""
        with _nudges() as (nudged, nudge):
            self._watch.start(nudge)
            try:
                return self._until_over(nudged)
            except LineTooLong:
                return "The box sent what is no line."
            except HubWordInvalid:
                return "The box sent what no box sends."
            except (BrokenPipeError, ConnectionResetError):
                return "The box is gone."
            finally:
                self._watch.stop()

    def _until_over(self, nudged: int) -> str:
        for descriptor in (self._from_box, self._to_box):
            os.set_blocking(descriptor, False)
        now = self._clock.monotonic()
        heard, tell_at, refill_at = now, now, now + _SOON
        while True:
            now = self._clock.monotonic()
            if now >= refill_at:
                self._answers, refill_at = ANSWERS_A_SECOND, now + _SOON
            if now >= tell_at:
                if not self._served.is_known():
                    return "The box was revoked."
                self._tell(None)
                tell_at = now + TOLD_EVERY_SECONDS
            if now - heard >= BOX_SILENT_AFTER_SECONDS:
                return "The box is silent."
            self._send()
            until = min(tell_at, refill_at, heard + BOX_SILENT_AFTER_SECONDS)
            ready = self._wait(max(until - now, 0.0), nudged)
            if nudged in ready:
                os.read(nudged, _CHUNK)
                tell_at = now
            if self._from_box in ready:
                chunk = os.read(self._from_box, _CHUNK)
                if not chunk:
                    return "The box closed the session."
                heard = now if self._heard(chunk) else heard

    def _heard(self, chunk: bytes) -> bool:
        """Answers what was asked; whether a whole line came."""
        lines = list(self._lines.fed(chunk))
        for line in lines:
            self._answers -= 1
            self._tell(read_question(line))
        return bool(lines)

    def _tell(self, echo: int | None) -> None:
        reach = self._watch.latest
        status = HubStatus(
            at=max(int(self._clock.now()), 0),
            certificate_begins=reach.certificate_begins,
            certificate_ends=reach.certificate_ends,
            reached=reach.reached,
            why=reach.why,
            bytes_month=self._served.bytes_month(),
            seen_from=self._served.seen_from,
            echo=echo,
        )
        self._unsent += status_line(status)
        if len(self._unsent) > _MOST_UNSENT:
            raise BrokenPipeError

    def _send(self) -> None:
        with suppress(BlockingIOError):
            sent = os.write(self._to_box, self._unsent) if self._unsent else 0
            self._unsent = self._unsent[sent:]

    def _wait(self, seconds: float, nudged: int) -> set[int]:
        """Who can be read.  Nothing is read while answers wait to be sent, or too many were given this second."""
        with selectors.DefaultSelector() as selector:
            selector.register(nudged, selectors.EVENT_READ)
            if self._unsent:
                selector.register(self._to_box, selectors.EVENT_WRITE)
            elif self._answers > 0:
                selector.register(self._from_box, selectors.EVENT_READ)
            return {key.fd for key, _ in selector.select(seconds)}


@contextmanager
def _nudges() -> Iterator[tuple[int, Callable[[], None]]]:
    """A pipe for another thread to wake the loop with."""
    reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def nudge() -> None:
        with suppress(OSError):
            os.write(writing, b".")

    try:
        yield reading, nudge
    finally:
        os.close(writing)
        os.close(reading)

"""Whether a silent child waits for its camera or hangs: a pure rule over what it answers.  Asking is `confined`'s."""

from dataclasses import dataclass
from enum import Enum, auto

from doorstep.core.errors import MediaInvalid

PING_EVERY_SECONDS = 2.0
LONGEST_ANSWER_SECONDS = 5.0
LOOKED_AT_SECONDS = 6.0
_BUSY = 0.5  # of a core, with nothing to show for it
_STILL = 1.0  # times a second that somebody who waits for a network looks up


class Verdict(Enum):
    """What to do about the silence."""

    WAIT = auto()
    PING = auto()
    HANGS = auto()


@dataclass(frozen=True, slots=True)
class VitalSigns:
    """Of a child, at one answer: processor seconds, and how often its other threads went to sleep."""

    processor_seconds: float
    sleeps: int


class Pulse:
    """Of one child.  A reader that waits for packets neither burns the processor nor sleeps without looking up.

    A call that holds Python's lock answers no ping; one that spins is busy; one that is stuck in a lock or a sleep
    stands still, which is judged once packets have flowed, since looking up a name stands still as well.
    """

    def __init__(self, now: float) -> None:
        self._last_at = now  # of a part of the stream, or of a ping
        self._asked_at: float | None = None
        self._flowing = False
        self._first: tuple[float, VitalSigns] | None = None
        self._unanswered = 0

    def heard(self, now: float) -> None:
        """A part of the stream came."""
        self._last_at = now
        self._asked_at = None
        self._flowing = True
        self._first = None

    def answered(self, signs: VitalSigns, now: float) -> Verdict:
        """The answer to a ping.  Raises MediaInvalid for one that nobody asked for, beyond those on their way."""
        if not self._unanswered:
            msg = "it answers what nobody asked"
            raise MediaInvalid(msg)
        self._unanswered -= 1
        self._asked_at = None
        if self._first is None:
            self._first = (now, signs)
            return Verdict.WAIT
        began, first = self._first
        seconds = now - began
        if seconds < LOOKED_AT_SECONDS - 0.5:
            return Verdict.WAIT
        busy = (signs.processor_seconds - first.processor_seconds) / seconds >= _BUSY
        still = self._flowing and (signs.sleeps - first.sleeps) / seconds < _STILL
        return Verdict.HANGS if busy or still else Verdict.WAIT

    def silent(self, now: float) -> Verdict:
        """Nothing came for a moment; on PING the caller asks."""
        if self._asked_at is not None:
            return Verdict.HANGS if now - self._asked_at >= LONGEST_ANSWER_SECONDS else Verdict.WAIT
        if now - self._last_at >= PING_EVERY_SECONDS:
            self._asked_at = self._last_at = now
            self._unanswered += 1
            return Verdict.PING
        return Verdict.WAIT

"""A doorbell button: which changes of a contact are a press, and which presses ring.  Reading pins lives in `buttons`.

The two rules know nothing of each other: `Debounce` is for a contact that is wired to this machine, `Rings` is for
presses of any origin.
"""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

HELD_SECONDS = 0.01
"""What is closed for less is no finger: a spike that a long wire caught.  A quick tap is 0.05 s or more."""

STUCK_SECONDS = 30.0
SAME_PRESS_SECONDS = 0.3
"""Two presses nearer to each other than this are one: nobody's finger is so fast."""

STORM_SECONDS = 10.0
MOST_PRESSES = 10
"""More presses than this within STORM_SECONDS are a storm."""


@dataclass(frozen=True, slots=True)
class ButtonPress:
    """One debounced press; `began_at` is the monotonic second of its first contact."""

    began_at: float


@dataclass(frozen=True, slots=True)
class ButtonStuck:
    """The contact has been closed since then (monotonic seconds) without a pause: nobody can ring."""

    since: float


@dataclass(frozen=True, slots=True)
class ButtonFreed:
    """A button that was stuck has opened again."""


ButtonWord = ButtonPress | ButtonStuck | ButtonFreed


class Debounce:
    """However often a contact bounces, one press is one press.

    A press counts once the contact has been closed for HELD_SECONDS; the next one can follow only after it has been
    open for `settle` seconds.  A contact that is closed when we begin to look is no press until it has been open.
    Times are monotonic seconds; one that runs backwards counts as the newest known.
    """

    def __init__(self, settle: float) -> None:
        self._settle = settle
        self._closed: bool | None = None
        self._changed_at = 0.0
        self._burst_at: float | None = None  # the first contact since it was at rest
        self._told = False  # of this burst
        self._stuck = False

    def observe(self, *, closed: bool, at: float) -> tuple[ButtonWord, ...]:
        """What to tell, now that the contact is so; also when it is as before, at `due` at the latest."""
        at = max(at, self._changed_at)
        words = self._lasted(at)
        if closed is not self._closed:
            if self._closed is None:
                self._told = closed  # what is closed when we come may have been so for a year
            self._closed, self._changed_at = closed, at
            if closed and self._burst_at is None:
                self._burst_at = at
            if not closed and self._stuck:
                self._stuck = False
                words = (*words, ButtonFreed())
        return words

    @property
    def due(self) -> float | None:
        """When to observe again though nothing changes; None while only a change can matter."""
        if self._closed is None:
            return None
        if self._closed:
            if not self._told:
                return self._changed_at + HELD_SECONDS
            return None if self._stuck else self._changed_at + STUCK_SECONDS
        return self._changed_at + self._settle if self._told or self._burst_at is not None else None

    def _lasted(self, at: float) -> tuple[ButtonWord, ...]:
        """What follows from the contact having stayed as it was until `at`."""
        if self._closed is None:
            return ()
        if not self._closed:
            if at >= self._changed_at + self._settle:
                self._told, self._burst_at = False, None
            return ()
        words: tuple[ButtonWord, ...] = ()
        if not self._told and at >= self._changed_at + HELD_SECONDS:
            self._told = True
            words = (ButtonPress(max(self._burst_at or 0.0, self._changed_at - self._settle)),)
        if not self._stuck and at >= self._changed_at + STUCK_SECONDS:
            self._stuck = True
            words = (*words, ButtonStuck(self._changed_at))
        return words


class Ring(StrEnum):
    """What a press means."""

    RINGS = "rings"
    SAME = "same"  # it belongs to the press before it
    STORM = "storm"  # as SAME, and the first by which a storm is known
    IN_STORM = "in storm"


class Rings:
    """Which presses of one origin ring.  Keeps a bounded number of times, however many come.

    A press right behind another is the same one.  More than MOST_PRESSES within STORM_SECONDS are no visitor but a
    broken wire or a bad joke: nothing rings until there was silence for as long.
    """

    def __init__(self) -> None:
        self._presses: deque[float] = deque(maxlen=MOST_PRESSES)
        self._storm = False

    def pressed(self, at: float) -> Ring:
        """Monotonic seconds; presses are told in their order."""
        newest = self._presses[-1] if self._presses else None
        if newest is not None and at - newest >= STORM_SECONDS:
            self._storm = False
            self._presses.clear()
        many = len(self._presses) == MOST_PRESSES and at - self._presses[0] < STORM_SECONDS
        self._presses.append(at)
        if self._storm:
            return Ring.IN_STORM
        if many:
            self._storm = True
            return Ring.STORM
        same = newest is not None and at - newest < SAME_PRESS_SECONDS
        return Ring.SAME if same else Ring.RINGS

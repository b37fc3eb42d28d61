"""May the machine's clock be trusted?  When times wait for it, when retention by age rests.  Pure: reads no clock."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

JUMP = timedelta(hours=1)
"""A clock that was set by more than this is looked at twice before anything is deleted by its word."""

REST_AFTER_JUMP_SECONDS = 24 * 3600.0
"""So long retention by age rests after a jump: a day for somebody to notice, or for the clock to be set back."""

NOTICED_STEP = timedelta(seconds=2)
"""What is less is the slow correction of a clock that runs well, and lies within what `core/wall_time` follows."""

IMPOSSIBLE_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
"""No clock that shows less was ever set: Doorstep is younger."""

MOST_DAYS_AN_HOUR = 1.0
"""Retention by age deletes at most so many days of recordings in an hour, whatever the clock says."""

_DAY = timedelta(days=1)
_HOUR_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class ClockReading:
    """Both clocks at one moment, and whether the kernel calls the wall clock synchronised.

    `synchronised` is None where the kernel cannot tell (a container without the call): then it is trusted.
    """

    wall: datetime
    monotonic: float
    synchronised: bool | None

    @property
    def booted_at(self) -> datetime:
        """When the monotonic clock stood at 0, by this wall clock: differs between readings when it was set."""
        return self.wall - timedelta(seconds=self.monotonic)


@dataclass(frozen=True, slots=True)
class Dating:
    """A guess was wrong by this much, or right: all that was told by it, and nothing else, was `correction` later."""

    correction: timedelta

    def dated(self, told: datetime) -> datetime:
        """The true time of what was told to be at `told`."""
        return told + self.correction


@dataclass(frozen=True, slots=True)
class Guess:
    """Whose guess a time is: of this start of the machine, which began at `booted_at` by the clock that told it.

    So the time less `booted_at` is the monotonic time of the boot, and the truth is known once `booted_at` is.
    """

    boot: str
    booted_at: datetime

    def dating_by(self, truth: "Guess") -> Dating:
        """What is to be done with the times that were told by this guess; what is hardly wrong stays."""
        return _dating(self.booted_at, truth.booted_at)


@dataclass(frozen=True, slots=True)
class ClockState:
    """What is known of the clock.

    `guessed_boot` is set while the clock was never synchronised since the machine booted: the beginning of the boot by
    which times are told until then, and which a `Dating` corrects.  `may_have_drifted` means that it was synchronised
    once and is no more: its times stay.  `jumped_at` is the monotonic time of the last jump.
    """

    newest: ClockReading
    guessed_boot: datetime | None = None
    jumped_at: float | None = None

    @property
    def may_have_drifted(self) -> bool:
        """Synchronised once, and no longer."""
        return self.newest.synchronised is False and self.guessed_boot is None


def first_state(reading: ClockReading, newest_row: datetime | None = None) -> ClockState:
    """At the start of the program.

    A clock that begins in 1970 would make what is recorded now the oldest of all, and the first that goes when there is
    too much: then the guess is that it is now a moment after `newest_row`, the newest that was ever recorded.
    """
    if reading.synchronised is not False:
        return ClockState(reading)
    wall = reading.wall
    if newest_row is not None and wall < IMPOSSIBLE_BEFORE:
        wall = max(wall, newest_row + timedelta(seconds=1))
    return ClockState(reading, wall - timedelta(seconds=reading.monotonic))


def next_state(state: ClockState, reading: ClockReading) -> tuple[ClockState, Dating | None]:
    """After a newer reading of the same boot; a Dating whenever what was told by a guess becomes known better.

    That is when the clock is synchronised for the first time, were the guess right or not, and at a step before that
    (somebody set it by hand: nobody knows better).  A jump is a step of more than an hour, both ways, of a clock that
    was trusted.
    """
    if state.guessed_boot is not None:
        dating = _dating(state.guessed_boot, reading.booted_at)
        if reading.synchronised is not False:
            return replace(state, newest=reading, guessed_boot=None), dating
        if abs(reading.booted_at - state.newest.booted_at) <= NOTICED_STEP or not dating.correction:
            return replace(state, newest=reading), None
        return replace(state, newest=reading, guessed_boot=reading.booted_at), dating
    jumped = abs(reading.booted_at - state.newest.booted_at) > JUMP
    return replace(state, newest=reading, jumped_at=reading.monotonic if jumped else state.jumped_at), None


def _dating(guessed_boot: datetime, booted_at: datetime) -> Dating:
    wrong_by = booted_at - guessed_boot
    return Dating(wrong_by if abs(wrong_by) > NOTICED_STEP else timedelta(0))


def may_expire_by_age(state: ClockState) -> bool:
    """Whether retention by age may delete now: not while the clock is unsynchronised, nor within a day of a jump.

    Retention by bytes goes on: it needs order, not time.
    """
    if state.newest.synchronised is False:
        return False
    return state.jumped_at is None or state.newest.monotonic - state.jumped_at >= REST_AFTER_JUMP_SECONDS


@dataclass(frozen=True, slots=True)
class AgeLimit:
    """Up to which instant retention by age has come, and when (monotonic); kept between two rounds of the sweeper."""

    reached: datetime
    at: float


def next_age_limit(limit: AgeLimit | None, oldest: datetime | None, wanted: datetime, now: float) -> AgeLimit:
    """What began before `.reached` may go in this round: never more than a day's worth an hour.

    `oldest` is the beginning of the oldest recording, None where there is none; `wanted` is now less the days to
    keep; `now` is monotonic.  The first round begins at the oldest recording, and deletes nothing.  A stretch of more
    than a day without any recording takes an hour, for what is behind it is a day's worth again.  A limit that was
    reached under a clock that was set back does not hold: it follows `wanted` down at once.
    """
    if limit is None or oldest is None:
        return AgeLimit(wanted if oldest is None else min(oldest, wanted), now)
    passed = max(0.0, now - limit.at)
    if oldest > limit.reached + _DAY and wanted > limit.reached:
        return AgeLimit(min(oldest, wanted), now) if passed >= _HOUR_SECONDS else limit
    allowance = _DAY * (MOST_DAYS_AN_HOUR * min(passed, _HOUR_SECONDS) / _HOUR_SECONDS)
    return AgeLimit(min(wanted, limit.reached + allowance), now)


def clock_words(state: ClockState) -> tuple[str, str]:
    """What is wrong with the clock and what to do, for the owner; two empty strings where nothing is."""
    if state.guessed_boot is not None:
        what = (
            "The clock of this machine was not set since it started: times are a guess until it is, and put right then."
        )
        return what, "Connect it to the network, or give it a real-time clock. Nothing is deleted by age until then."
    if state.may_have_drifted:
        what = "The clock of this machine is no longer set over the network and may go wrong."
        return what, "Check its network and its time service. Nothing is deleted by age until then."
    if not may_expire_by_age(state):
        what = "The clock of this machine was set by more than an hour: for a day nothing is deleted by age."
        return what, "Check that the time is right now."
    return "", ""

"""Which stream fits a link: simulated ones, that carry so many bytes a second."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import assume, given
from hypothesis import strategies as st

from doorstep.core.camera import StreamKind
from doorstep.core.stream_choice import LIMITS, StreamChoice
from doorstep.core.viewer_link import ViewerLink

MAIN, SUB = StreamKind.MAIN, StreamKind.SUB
STEP = 0.1
LONGEST_WAIT = 4.0
SAID_BYTES, SAID_SECONDS = 32 << 10, 0.5
"""As a page says what came."""

looks = st.lists(
    st.tuples(st.floats(0.05, 1.0), st.floats(0.0, 6.0), st.booleans(), st.sampled_from([False] * 9 + [True])),
    max_size=400,
)


@dataclass
class Simulation:
    """A camera, a queue that is emptied at a key frame (each second), a link, and a viewer who says what came."""

    capacity: Callable[[float], float]
    rates: dict[StreamKind, float] = field(default_factory=lambda: {MAIN: 500_000.0, SUB: 60_000.0})
    choice: StreamChoice = field(default_factory=StreamChoice)
    link: ViewerLink = field(default_factory=ViewerLink)
    waiting: deque[tuple[float, int]] = field(default_factory=deque)
    seconds_of: dict[StreamKind, float] = field(default_factory=lambda: {MAIN: 0.0, SUB: 0.0})
    moves: list[tuple[float, StreamKind]] = field(default_factory=list)
    worst_behind: float = 0.0
    at: float = 0.0
    _came: float = 0.0
    _sent: int = 0
    _said: float = 0.0
    _said_at: float = 0.0

    def run(self, seconds: float) -> None:
        end = self.at + seconds
        while self.at < end:
            self._step()

    def _step(self) -> None:
        self.at += STEP
        stream = self.choice.stream
        skipped = bool(self.waiting) and self.at - self.waiting[0][0] > LONGEST_WAIT
        if skipped:
            self.waiting.clear()
        self.waiting.append((self.at, int(self.rates[stream] * STEP)))
        self._deliver()
        owed = self.at - self.waiting[0][0] if self.waiting else 0.0
        behind = max(self.link.behind(self.at), owed)
        self.worst_behind = max(self.worst_behind, behind)
        if self.choice.judge(self.at, behind, has_small=True, skipped=skipped) is not stream:
            self.waiting.clear()
            self.moves.append((self.at, self.choice.stream))
        self.seconds_of[self.choice.stream] += STEP

    def _deliver(self) -> None:
        self._came = min(float(self._sent), self._came + self.capacity(self.at) * STEP)
        if self._came - self._said >= SAID_BYTES or self.at - self._said_at >= SAID_SECONDS:
            self.link.got(self.at, int(self._came))
            self._said, self._said_at = self._came, self.at
        while self.waiting and self.link.has_room(self.at):
            owed_since, size = self.waiting.popleft()
            self.link.sent(self.at, size, owed_since)
            self._sent += size


def test_a_link_that_is_too_slow_for_the_main_stream_gets_the_small_one_within_seconds() -> None:
    simulation = Simulation(lambda _at: 200_000.0)
    simulation.run(15)
    assert [stream for _, stream in simulation.moves] == [SUB]
    assert simulation.moves[0][0] < 8


def test_it_is_tried_again_after_a_calm_minute_and_after_each_failure_twice_as_late() -> None:
    simulation = Simulation(lambda _at: 200_000.0)
    simulation.run(3600)
    back = [at for at, stream in simulation.moves if stream is MAIN]
    left = [at for at, stream in simulation.moves if stream is SUB]
    waits = [round(returned - gone) for gone, returned in zip(left, back, strict=False)]
    assert [one // 60 for one in waits] == [1, 2, 4, 8, 16, 16]
    assert simulation.seconds_of[MAIN] < 100
    assert simulation.worst_behind < 8


def test_a_link_that_recovers_has_the_main_stream_again_after_a_minute_and_keeps_it() -> None:
    simulation = Simulation(lambda at: 100_000.0 if 10 < at < 40 else 2_000_000.0)
    simulation.run(600)
    (gone, to_small), (returned, to_main) = simulation.moves
    assert (to_small, to_main) == (SUB, MAIN)
    assert 10 < gone < 18
    assert LIMITS.back_after <= returned - gone < LIMITS.back_after + 40


def test_a_hiccup_that_is_caught_up_with_moves_nobody() -> None:
    simulation = Simulation(lambda at: 0.0 if 10 < at < 12.5 else 3_000_000.0)
    simulation.run(60)
    assert simulation.moves == []
    assert simulation.worst_behind > LIMITS.behind


def test_a_link_that_fails_long_after_its_return_waits_a_minute_again() -> None:
    simulation = Simulation(lambda at: 100_000.0 if 10 < at < 20 or 500 < at < 510 else 2_000_000.0)
    simulation.run(900)
    waits = [one[0] - other[0] for other, one in zip(simulation.moves[::2], simulation.moves[1::2], strict=True)]
    assert [round(one / 60) for one in waits] == [1, 1]


@given(st.floats(20_000.0, 5_000_000.0), st.floats(100_000.0, 1_500_000.0))
def test_who_can_have_the_main_stream_has_it_and_nobody_else(capacity: float, rate: float) -> None:
    assume(not 0.8 < capacity / rate < 1.2)
    simulation = Simulation(lambda _at: capacity, {MAIN: rate, SUB: 40_000.0})
    simulation.run(300)
    if capacity > rate:
        assert simulation.moves == []
        assert simulation.worst_behind < LIMITS.behind
    else:
        assert simulation.seconds_of[MAIN] < 75
        assert simulation.worst_behind < LONGEST_WAIT + 262_144 / capacity + 3


@given(looks)
def test_it_moves_only_for_a_reason(drawn: list[tuple[float, float, bool, bool]]) -> None:
    choice, at = StreamChoice(), 0.0
    seen: list[tuple[float, float]] = []
    calm_since = 0.0
    for passed, behind, has_small, skipped in drawn:
        at += passed
        before = choice.stream
        seen.append((at, behind))
        after = choice.judge(at, behind, has_small=has_small, skipped=skipped)
        if behind >= LIMITS.calm or before is MAIN:
            calm_since = at
        if not has_small:
            assert after is MAIN
        elif before is MAIN and after is SUB and not skipped:
            lately = [late for when, late in seen if at - when <= LIMITS.slow_after]
            assert min(lately) >= LIMITS.behind
        elif before is SUB and after is MAIN:
            assert at - calm_since >= LIMITS.back_after - 1.0


def test_who_was_sent_nothing_for_a_while_was_not_calm() -> None:
    choice = StreamChoice(SUB)
    assert choice.judge(0.0, 0.0, has_small=True) is SUB
    assert choice.judge(3600.0, 0.0, has_small=True) is SUB
    for second in range(3601, 3660):
        assert choice.judge(float(second), 0.0, has_small=True) is SUB
    assert choice.judge(3660.0, 0.0, has_small=True) is MAIN


def test_where_the_small_stream_ends_the_main_one_goes_on() -> None:
    choice = StreamChoice()
    assert choice.judge(1.0, 0.0, has_small=True, skipped=True) is SUB
    assert choice.judge(2.0, 5.0, has_small=False) is MAIN

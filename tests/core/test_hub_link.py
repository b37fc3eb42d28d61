"""The way to the hub as a rule: what is so, when to ask, when it is half open, and when to try again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from doorstep.core.hub_link import STEADY_SECONDS, HubLink, HubState
from doorstep.core.hub_status import SILENT_AFTER_SECONDS, HubStatus
from doorstep.core.hub_tunnel import OWNER_MUST_ACT, HubReason

HUB = "door.example.org"
WALL = 1_795_000_000.0
STATUS = HubStatus(int(WALL), int(WALL) + 86400, reached=True, bytes_month=7, seen_from="203.0.113.5")


def up(now: float = 0.0) -> HubLink:
    link = HubLink(HUB, now)
    link.started(now)
    link.heard(STATUS, now, WALL)
    return link


def test_the_first_line_makes_it_up() -> None:
    link = HubLink(HUB, 0.0)
    assert (link.view.state, link.delay(0.0, 1.0)) == (HubState.CONNECTING, 0.0)
    link.started(1.0)
    link.heard(STATUS, 2.0, WALL)
    view = link.view
    assert (view.state, view.since, view.reason) == (HubState.UP, 2.0, "")
    assert (view.reached, view.bytes_month, view.seen_from, view.clock_ahead) == (True, 7, "203.0.113.5", 0.0)
    link.heard(STATUS, 7.0, WALL + 5)
    assert link.view.since == 2.0


def test_a_lost_way_says_why_and_stays_down_while_it_is_tried_again() -> None:
    link = up()
    link.ended(HubReason.CLOSED, 10.0)
    link.started(11.0)
    link.ended(HubReason.NOT_LISTENING, 12.0)
    view = link.view
    assert (view.state, view.since, view.why) == (HubState.DOWN, 10.0, HubReason.NOT_LISTENING)
    assert HUB in view.reason
    assert (view.reached, view.round_trip_ms) == (None, None)
    assert view.bytes_month == 7


def test_the_round_trip_is_from_question_to_its_answer() -> None:
    link = up()
    number = link.question(1.0)
    assert number is not None
    took = []
    for echo, at in ((None, 1.01), (number, 1.025), (number + 7, 3.0)):
        link.heard(HubStatus(int(WALL), echo=echo), at, WALL)
        took.append(link.view.round_trip_ms)
    assert took == [None, pytest.approx(25.0), pytest.approx(25.0)]


def test_it_asks_every_four_seconds_and_only_where_somebody_hears() -> None:
    link = HubLink(HUB, 0.0)
    link.started(0.0)
    assert link.question(1.0) is None
    link.heard(STATUS, 1.0, WALL)
    asked = [now for now in range(1, 30) if link.question(float(now)) is not None]
    assert asked == [1, 5, 9, 13, 17, 21, 25, 29]


def test_twelve_seconds_of_silence_are_half_open() -> None:
    link = up()
    assert not link.is_silent(SILENT_AFTER_SECONDS - 0.1)
    assert link.is_silent(SILENT_AFTER_SECONDS)
    link.ended(HubReason.SILENT, 12.0)
    assert link.should_let_go


def test_a_connection_that_is_being_made_has_longer() -> None:
    """A hub may have several addresses, and the first of them lead nowhere."""
    link = up()
    link.ended(HubReason.CLOSED, 5.0)
    link.started(6.0)
    assert not link.is_silent(25.9)
    assert link.is_silent(26.0)


def test_who_was_told_to_go_need_not_let_go() -> None:
    link = up()
    link.ended(HubReason.CLOSED, 1.0)
    assert not link.should_let_go
    link.ended(HubReason.PORT_TAKEN, 2.0)
    assert link.should_let_go


def test_who_was_not_served_lets_go_for_others_may_hold_the_boxs_seats() -> None:
    link = up()
    link.ended(HubReason.HUB_FAILS, 1.0)
    assert link.should_let_go


def test_it_comes_again_within_five_seconds_for_ten_minutes() -> None:
    link = up()
    now, waits = 0.0, list[float]()
    while now < 3000.0:
        link.ended(HubReason.NOT_LISTENING, now)
        waits.append(link.delay(now, 1.0))
        now += waits[-1]
    assert waits[:5] == [0.5, 1.0, 2.0, 3.0, 3.0]
    assert max(wait for wait, at in zip(waits, _times(waits), strict=True) if at < 600) == 3.0
    assert waits[-1] == 60.0
    link.heard(STATUS, now, WALL)
    link.ended(HubReason.CLOSED, now + STEADY_SECONDS)
    assert link.delay(now + STEADY_SECONDS, 1.0) == 0.5


def test_what_only_comes_and_goes_is_one_outage_and_is_asked_for_less_often() -> None:
    """A hub whose program fails again and again is not asked each second for ever, and the door counts as lost."""
    link, now, tries = up(), 60.0, 0
    link.ended(HubReason.HUB_FAILS, now)
    while now < 3660.0:
        tries, now = tries + 1, now + link.delay(now, 1.0) + 1.0
        link.started(now)
        link.heard(STATUS, now, WALL)
        link.ended(HubReason.HUB_FAILS, now + 1.0)
    assert tries < 250
    assert (link.view.state, link.view.since) == (HubState.DOWN, 60.0)


def _times(waits: list[float]) -> list[float]:
    return [sum(waits[:number]) for number in range(len(waits))]


@given(st.sampled_from(sorted(OWNER_MUST_ACT)), st.floats(0, 1))
def test_a_hub_that_refuses_is_not_asked_on_and_on(reason: HubReason, jitter: float) -> None:
    link = up()
    waits = []
    for _ in range(8):
        link.ended(reason, 1.0)
        waits.append(link.delay(1.0, jitter))
    assert waits[0] >= 2.5
    assert 30.0 <= waits[-1] <= 60.0


def test_not_being_reached_has_a_beginning() -> None:
    link = up()
    unreached = HubStatus(int(WALL), reached=False, why="It answers 502.")
    link.heard(unreached, 5.0, WALL)
    link.heard(unreached, 10.0, WALL)
    assert (link.view.unreached_since, link.view.reached_why) == (5.0, "It answers 502.")
    link.heard(STATUS, 15.0, WALL)
    assert link.view.unreached_since is None


class Link(RuleBasedStateMachine):
    """Whatever happens in whichever order."""

    @initialize()
    def begin(self) -> None:
        self.link, self.now, self.heard_at = HubLink(HUB, 0.0), 0.0, None

    @rule(seconds=st.floats(0, 100))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def started(self) -> None:
        self.link.started(self.now)

    @rule(reached=st.none() | st.booleans(), echo=st.none() | st.integers(0, 20))
    def heard(self, reached: bool | None, echo: int | None) -> None:
        self.link.heard(HubStatus(int(WALL), reached=reached, echo=echo), self.now, WALL)
        assert self.link.view.state is HubState.UP

    @rule(reason=st.sampled_from(HubReason))
    def ended(self, reason: HubReason) -> None:
        self.link.ended(reason, self.now)
        assert self.link.view.state is HubState.DOWN

    @rule()
    def asked(self) -> None:
        if self.link.question(self.now) is not None:
            assert self.link.view.state is HubState.UP

    @invariant()
    def holds(self) -> None:
        view = self.link.view
        assert 0.0 <= view.since <= self.now
        assert bool(view.reason) is (view.state is HubState.DOWN) is (view.why is not None)
        assert view.round_trip_ms is None or view.round_trip_ms >= 0.0
        assert view.unreached_since is None or view.reached is False
        assert 0.0 <= self.link.delay(self.now, 1.0) <= 60.0


TestLink = Link.TestCase

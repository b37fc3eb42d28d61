"""When somebody is there: confirmation, keeping, zones, and those who do not move."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from doorstep.core.detection import PERSON, Box, Detection, Thresholds
from doorstep.core.tracking import SURE_SCORE, Presence, Sighting
from doorstep.core.zone import Zone

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
YOLOX = Thresholds(open=0.35, keep=0.22)
LEFT_HALF = Zone("path", ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def person(score: float, left: float = 0.4, height: float = 0.5, top: float = 0.3, label: str = PERSON) -> Detection:
    return Detection(label, score, Box(left, top, left + 0.2, top + height))


def presence(*zones: Zone, stationary_after: float = 300.0) -> Presence:
    return Presence(YOLOX, zones=zones, forget_after=10.0, stationary_after=stationary_after)


def look(watched: Presence, seconds: float, *detections: Detection) -> Sighting | None:
    return watched.observe(after(seconds), detections)


def present(watched: Presence) -> bool:
    """Asked anew each time: a type checker takes a property for a constant."""
    return watched.somebody


# --------------------------------------------------------------------------------------------------- confirmation


def test_nobody_is_there_at_first() -> None:
    watched = presence()
    assert not watched.somebody
    assert look(watched, 0.0) is None


def test_one_hit_is_not_enough_but_keeps_the_looks_going() -> None:
    watched = presence()
    assert look(watched, 0.0, person(0.5)) is None
    assert watched.somebody


def test_two_hits_in_three_looks_are_somebody_seen_since_the_first() -> None:
    watched = presence()
    look(watched, 0.0, person(0.4))
    look(watched, 0.25)
    assert look(watched, 0.5, person(0.5)) == Sighting(after(0.5), after(0.0), 0.5, person(0.5).box)


def test_two_hits_in_four_looks_are_not() -> None:
    watched = presence()
    look(watched, 0.0, person(0.4))
    look(watched, 0.25)
    look(watched, 0.5)
    assert look(watched, 0.75, person(0.4)) is None


def test_hit_that_is_not_confirmed_lets_the_looks_end() -> None:
    watched = presence()
    look(watched, 0.0, person(0.4))
    for tenth in range(1, 4):
        look(watched, tenth / 10)
    assert not watched.somebody


def test_one_hit_without_doubt_is_enough() -> None:
    watched = presence()
    sighting = look(watched, 0.0, person(0.6))
    assert sighting is not None
    assert sighting.first_at == after(0.0)


def test_sure_hit_starts_where_the_weaker_one_before_it_was() -> None:
    watched = presence()
    look(watched, 0.0, person(0.4))
    sighting = look(watched, 0.25, person(0.9))
    assert sighting is not None
    assert sighting.first_at == after(0.0)


def test_weak_hits_alone_are_nobody() -> None:
    watched = presence()
    assert all(look(watched, tenth / 4, person(0.34)) is None for tenth in range(20))
    assert not watched.somebody


def test_hit_of_long_ago_confirms_nothing() -> None:
    watched = presence()
    look(watched, 0.0, person(0.4))
    assert look(watched, 60.0, person(0.4)) is None
    sighting = look(watched, 60.25, person(0.4))
    assert sighting is not None
    assert sighting.first_at == after(60.0)


# -------------------------------------------------------------------------------------------------------- keeping


def test_weak_hits_are_sightings_while_somebody_is_there() -> None:
    watched = presence()
    look(watched, 0.0, person(0.7))
    sighting = look(watched, 0.25, person(0.22))
    assert sighting is not None
    assert (sighting.at, sighting.first_at, sighting.score) == (after(0.25), after(0.0), 0.22)
    assert look(watched, 0.5, person(0.21)) is None
    assert watched.somebody


def test_presence_is_over_when_nobody_was_hit_for_long_enough() -> None:
    watched = presence()
    look(watched, 0.0, person(0.7))
    look(watched, 10.0)
    assert present(watched)
    look(watched, 10.1)
    assert not present(watched)
    assert look(watched, 10.2, person(0.3)) is None


def test_next_visit_has_a_beginning_of_its_own() -> None:
    watched = presence()
    look(watched, 0.0, person(0.7))
    sighting = look(watched, 30.0, person(0.7))
    assert sighting is not None
    assert sighting.first_at == after(30.0)


def test_best_of_several_persons_is_the_sighting() -> None:
    sighting = look(presence(), 0.0, person(0.6, left=0.1), person(0.9, left=0.6), person(0.7, left=0.35))
    assert sighting is not None
    assert sighting.box == person(0.9, left=0.6).box


def test_clock_that_was_set_back_forgets_everybody() -> None:
    watched = presence()
    look(watched, 100.0, person(0.7))
    assert look(watched, 0.0, person(0.4)) is None
    sighting = look(watched, 0.25, person(0.4))
    assert sighting is not None
    assert sighting.first_at == after(0.0)


# ------------------------------------------------------------------------------------------------ who counts at all


@pytest.mark.parametrize(
    "other",
    [person(0.9, height=0.07), person(0.9, label="dog"), person(0.9, left=0.6), person(0.9, left=0.41)],
    ids=["too low", "no person", "feet elsewhere", "feet just beside"],
)
def test_others_do_not_count(other: Detection) -> None:
    watched = presence(LEFT_HALF)
    assert look(watched, 0.0, other) is None
    assert not watched.somebody


def test_feet_in_one_of_the_zones_count() -> None:
    far = Zone("gate", ((0.9, 0.9), (1.0, 0.9), (1.0, 1.0)))
    assert look(presence(far, LEFT_HALF), 0.0, person(0.9, left=0.2)) is not None


def test_feet_on_the_lower_edge_of_the_picture_count() -> None:
    assert look(presence(LEFT_HALF), 0.0, person(0.9, left=0.2, top=0.5, height=0.5)) is not None


def test_least_height_can_be_chosen() -> None:
    watched = Presence(YOLOX, least_height=0.5, forget_after=10.0)
    assert look(watched, 0.0, person(0.9, height=0.4)) is None


# ------------------------------------------------------------------------------------------------ who does not move


def stand(watched: Presence, start: float, seconds: float, *detections: Detection) -> list[float]:
    """Look four times a second; when there was a sighting."""
    moments = [start + quarter / 4 for quarter in range(int(seconds * 4))]
    return [moment for moment in moments if look(watched, moment, *detections) is not None]


def test_whoever_does_not_move_for_five_minutes_is_nobody() -> None:
    watched = presence()
    assert stand(watched, 0.0, 400.0, person(0.9))[-1] == 299.75
    assert not watched.somebody


def test_statue_stays_nobody_when_it_is_looked_at_seldom() -> None:
    watched = presence()
    stand(watched, 0.0, 301.0, person(0.9))
    assert all(look(watched, 301.0 + 15 * index, person(0.9)) is None for index in range(200))
    assert not watched.somebody


def test_trembling_box_is_still() -> None:
    watched = presence(stationary_after=20.0)
    for quarter in range(100):
        trembling = person(0.9, left=0.46) if quarter % 10 < 2 else person(0.9, left=0.4 + quarter % 3 / 200)
        look(watched, quarter / 4, trembling)
    assert not watched.somebody


def test_statue_that_moves_is_somebody_again() -> None:
    watched = presence(stationary_after=20.0)
    stand(watched, 0.0, 21.0, person(0.9))
    sightings = stand(watched, 21.0, 5.0, person(0.9, left=0.47))
    assert sightings[0] == 21.5
    assert watched.somebody


def test_visitor_beside_a_statue_is_somebody() -> None:
    watched = presence(stationary_after=20.0)
    stand(watched, 0.0, 21.0, person(0.9))
    sighting = look(watched, 22.0, person(0.9), person(0.7, left=0.7))
    assert sighting is not None
    assert sighting.box == person(0.7, left=0.7).box


def test_visitor_before_a_statue_is_not_taken_for_it() -> None:
    watched = presence(stationary_after=20.0)
    stand(watched, 0.0, 21.0, person(0.9))
    sighting = look(watched, 22.0, person(0.7, left=0.45), person(0.9))
    assert sighting is not None
    assert sighting.box == person(0.7, left=0.45).box


def test_statue_that_a_visitor_hid_is_not_woken() -> None:
    watched = presence(stationary_after=20.0)
    stand(watched, 0.0, 21.0, person(0.9))
    look(watched, 22.0, person(0.9, left=0.47))
    look(watched, 22.25, person(0.9, left=0.5), person(0.9))
    assert look(watched, 22.5, person(0.9)) is None


def test_whoever_became_a_statue_leaves_no_hit_behind() -> None:
    watched = presence(stationary_after=5.0)
    stand(watched, 0.0, 5.25, person(0.5))
    assert not watched.somebody


def test_visitor_who_walks_about_stays_somebody() -> None:
    watched = presence(stationary_after=20.0)
    for quarter in range(400):
        assert look(watched, quarter / 4, person(0.9, left=0.1 + quarter // 20 % 8 / 10)) is not None


def test_visitor_who_stands_where_another_stood_before_has_his_own_five_minutes() -> None:
    watched = presence()
    stand(watched, 0.0, 200.0, person(0.9))
    assert len(stand(watched, 240.0, 200.0, person(0.9))) == 800


def test_statue_that_is_gone_for_long_is_forgotten() -> None:
    watched = presence(stationary_after=20.0)
    stand(watched, 0.0, 21.0, person(0.9))
    assert look(watched, 60.0, person(0.9)) is not None


# ------------------------------------------------------------------------------------------------ whatever happens

SEEN = st.lists(
    st.builds(person, st.sampled_from([0.1, 0.22, 0.3, 0.35, 0.5, 0.6, 0.9]), st.sampled_from([0.0, 0.05, 0.4, 0.8])),
    max_size=3,
)


class PresenceMachine(RuleBasedStateMachine):
    """Any looks at any times, against a model that counts hits and knows nothing of boxes."""

    @initialize()
    def begin(self) -> None:
        self.watched = presence(stationary_after=20.0)
        self.at = 0.0
        self.hit_at: list[float] = []
        self.kept_at = -1e9
        self.first_at: datetime | None = None

    @rule(step=st.sampled_from([0.25, 0.25, 0.25, 1.0, 5.0, 11.0, 15.0]), detections=SEEN)
    def look(self, step: float, detections: list[Detection]) -> None:
        self.at += step
        best = max((one.score for one in detections), default=0.0)
        goes_on = self.first_at is not None and self.watched.somebody and self.at - self.kept_at <= 10.0
        sighting = look(self.watched, self.at, *detections)
        if best >= YOLOX.open:
            self.hit_at.append(self.at)
        if best >= YOLOX.keep:
            self.kept_at = self.at
        if sighting is not None:
            assert sighting.at == after(self.at)
            assert YOLOX.keep <= sighting.score <= best
            assert any(sighting.box == one.box and sighting.score == one.score for one in detections)
            assert (goes_on and sighting.first_at == self.first_at) or self.begins(sighting)
        self.first_at = None if sighting is None and not self.watched.somebody else self.first_at
        self.first_at = self.first_at if sighting is None else sighting.first_at

    def begins(self, sighting: Sighting) -> bool:
        hits = [at for at in self.hit_at if after(at) == sighting.first_at]
        recent = (sighting.at - sighting.first_at).total_seconds() <= 10.0
        confirmed = sighting.first_at < sighting.at or sighting.score >= SURE_SCORE
        return bool(hits) and recent and confirmed and sighting.score >= YOLOX.open

    @rule(seconds=st.sampled_from([1.0, 20.0, 200.0]))
    def clock_is_set_back(self, seconds: float) -> None:
        self.at -= seconds
        assert look(self.watched, self.at) is None
        assert not self.watched.somebody
        self.first_at, self.kept_at = None, -1e9
        self.hit_at.clear()

    @invariant()
    def nobody_is_there_long_after_the_last_hit(self) -> None:
        assert not self.watched.somebody or self.at - self.kept_at <= 10.0


TestPresenceMachine = PresenceMachine.TestCase

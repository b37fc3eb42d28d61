"""When somebody is there: confirmation, keeping, zones, and those who do not move."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from doorstep.core.detection import PERSON, Box, Detection, Label, Thresholds
from doorstep.core.relevance import Relevance
from doorstep.core.tracking import (
    MOST_DETECTIONS,
    MOST_TRACKS,
    SURE_SCORE,
    Direction,
    Presence,
    Sighting,
    TrackSettings,
)
from doorstep.core.zone import Zone

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
YOLOX = Thresholds(open=0.35, keep=0.22)
LEFT_HALF = Zone("path", ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)))


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def person(
    score: float, left: float = 0.4, height: float = 0.5, top: float = 0.3, label: Label = Label.PERSON
) -> Detection:
    return Detection(label, score, Box(left, top, left + 0.2, top + height))


def presence(*zones: Zone, stationary_after: float = 300.0) -> Presence:
    return Presence(YOLOX, Relevance(zones), TrackSettings(10.0, stationary_after))


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
    assert look(watched, 0.5, person(0.5)) == Sighting(after(0.5), after(0.0), 0.5, person(0.5).box, visit=1)


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


# ------------------------------------------------------------------------------------------- tracks make a visit


def walk(watched: Presence, start: float, lefts: list[float], score: float = 0.9) -> list[Sighting]:
    """Four looks a second."""
    looked = [look(watched, start + number / 4, person(score, left)) for number, left in enumerate(lefts)]
    return [sighting for sighting in looked if sighting is not None]


OUT = [0.4, 0.5, 0.6, 0.7, 0.8]


def test_hits_in_two_places_are_no_two_hits_of_one_person() -> None:
    watched = presence()
    assert look(watched, 0.0, person(0.5, left=0.0)) is None
    assert look(watched, 0.25, person(0.5, left=0.8)) is None


def test_weak_box_elsewhere_is_no_sighting_of_who_is_there() -> None:
    watched = presence()
    look(watched, 0.0, person(0.9, left=0.0))
    assert look(watched, 0.25, person(0.3, left=0.8)) is None


def test_who_walks_too_fast_to_overlap_is_followed() -> None:
    watched = presence()
    looked = [look(watched, number / 2, person(0.5, left=number * 0.2, height=0.5)) for number in range(5)]
    assert [sighting is not None for sighting in looked] == [False, True, True, True, True]


def test_who_comes_after_the_last_walked_out_is_another_visit() -> None:
    watched = presence()
    assert {sighting.visit for sighting in walk(watched, 0.0, OUT)} == {1}
    for quarter in range(5, 14):
        look(watched, quarter / 4)
    assert not watched.somebody
    (sighting,) = walk(watched, 3.5, [0.8])
    assert (sighting.visit, sighting.first_at) == (2, after(3.5))


def test_who_is_lost_in_the_midst_of_the_picture_is_the_same_visit() -> None:
    watched = presence()
    walk(watched, 0.0, [0.4] * 5)
    for quarter in range(5, 24):
        look(watched, quarter / 4)
    (sighting,) = walk(watched, 6.0, [0.1])
    assert (sighting.visit, sighting.first_at) == (1, after(0.0))


def test_who_comes_back_at_once_has_not_left() -> None:
    watched = presence()
    walk(watched, 0.0, OUT)
    look(watched, 1.25)
    (sighting,) = walk(watched, 1.5, [0.8])
    assert (sighting.visit, sighting.first_at) == (1, after(0.0))


def test_a_visit_lasts_while_one_of_the_visitors_stays() -> None:
    watched = presence()
    for number, left in enumerate(OUT):
        look(watched, number / 4, person(0.9, left), person(0.8, left=0.0))
    for quarter in range(5, 20):
        look(watched, quarter / 4, person(0.8, left=0.0))
    sighting = look(watched, 5.0, person(0.8, left=0.0), person(0.9, left=0.8))
    assert sighting is not None
    assert (sighting.visit, sighting.first_at) == (1, after(0.0))


def test_looks_are_worth_most_where_somebody_is() -> None:
    watched = presence(stationary_after=5.0)
    stand(watched, 0.0, 6.0, person(0.9, left=0.0))
    assert list(watched.where) == []
    look(watched, 6.0, person(0.9, left=0.0), person(0.9, left=0.6), person(0.3, left=0.3))
    assert list(watched.where) == [person(0.9, left=0.6).box]


def test_who_stays_on_loiters() -> None:
    watched = Presence(YOLOX, Relevance(), TrackSettings(10.0, loitering_after=30.0))
    sightings = walk(watched, 0.0, [0.3, 0.4, 0.5, 0.4] * 40)
    assert next(sighting.at for sighting in sightings if sighting.loitering) == after(30.0)
    assert all(sighting.loitering == (sighting.at >= after(30.0)) for sighting in sightings)


def test_visitors_who_come_and_go_do_not_loiter_together() -> None:
    watched = Presence(YOLOX, Relevance(), TrackSettings(2.0, loitering_after=3.0))
    for quarter in range(80):
        turn, step = divmod(quarter, 8)
        left = (0.0 if turn % 2 else 0.7) + step / 100
        sighting = look(watched, quarter / 4, person(0.9, left))
        assert sighting is not None
        assert not sighting.loitering


def test_nobody_loiters_unless_it_is_asked() -> None:
    assert not any(sighting.loitering for sighting in walk(presence(), 0.0, [0.3, 0.4, 0.5, 0.4] * 100))


def test_a_sighting_says_where_and_where_to() -> None:
    watched = presence(LEFT_HALF)
    looked = [look(watched, number / 4, person(0.9, left=0.1, height=0.2 + number / 20)) for number in range(5)]
    assert looked[0] is not None
    assert (looked[0].zone, looked[0].direction) == ("path", None)
    assert looked[-1] is not None
    assert looked[-1].direction is Direction.ARRIVING


def test_a_model_gone_wild_costs_no_more_than_its_best_boxes() -> None:
    watched = presence()
    for number, (top, height) in enumerate([(0.3, 0.09), (0.3, 0.4), (0.9, 0.09)]):
        wild = [
            Detection(Label.PERSON, 0.3 + left / 10000, Box(left / 1000, top, left / 1000 + 0.001, top + height))
            for left in range(0, 999, 7)
        ]
        look(watched, number / 4, *wild)
        assert len(watched._tracks) <= min(MOST_TRACKS, (number + 1) * MOST_DETECTIONS)
    assert look(watched, 1.0, *wild, person(0.95, left=0.1)) is not None
    assert len(watched._tracks) <= MOST_TRACKS


# ------------------------------------------------------------------------------------------------ who counts at all


@pytest.mark.parametrize(
    "other",
    [person(0.9, height=0.07), person(0.9, label=Label.DOG), person(0.9, left=0.6), person(0.9, left=0.41)],
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
    watched = Presence(YOLOX, Relevance(least_heights=((PERSON, 0.5),)), TrackSettings(10.0))
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


# ----------------------------------------------------------------------------------- what only looks like a person

ELSEWHERE = Box(0.8, 0.0, 0.9, 0.1)


def in_doubt(watched: Presence, seconds: float, *moving: Box, left: float = 0.4) -> Sighting | None:
    return watched.observe(after(seconds), [person(0.55, left)], moving)


def test_what_looks_like_a_person_since_the_light_changed_is_nobody_until_it_moves() -> None:
    watched = presence()
    assert all(in_doubt(watched, 0.25 * number, ELSEWHERE) is None for number in range(40))
    seen = in_doubt(watched, 10.0, person(0.5).box)
    assert seen is not None
    assert seen.first_at >= after(9.5)


def test_one_motion_where_he_stands_is_enough_and_may_come_first() -> None:
    watched = presence()
    assert in_doubt(watched, 0.0, person(0.5).box) is None
    assert in_doubt(watched, 0.25) is not None


def test_who_walks_is_somebody_even_where_no_motion_was_noticed() -> None:
    watched = presence()
    looks = [in_doubt(watched, 0.25 * number, left=0.1 + 0.03 * number) for number in range(8)]
    assert looks[-1] is not None


def test_a_sure_look_needs_no_motion() -> None:
    assert presence().observe(after(0.0), [person(0.6)], ()) is not None

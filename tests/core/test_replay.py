"""What the rules would have made of what was seen: events, alerts, and what other settings change."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.cause import Cause
from doorstep.core.detection import PERSON, Box, Detection, Thresholds
from doorstep.core.region import WHOLE, RegionSettings
from doorstep.core.relevance import Relevance
from doorstep.core.replay import Moment, Replay, ReplayRules, replayed
from doorstep.core.replay_comparison import RealEvent, compared
from doorstep.core.replay_settings import Asked, Tried, around, tried_with
from doorstep.core.replay_words import happenings, state_words
from doorstep.core.settings import EventSettings
from doorstep.core.zone import Zone
from fakes.footage import CAMERA, NOON, seconds

RULES = ReplayRules(Thresholds(0.35, 0.22), EventSettings(), Relevance())
PORCH = Zone("porch", ((0.0, 0.0), (0.3, 0.0), (0.3, 1.0), (0.0, 1.0)))


def somebody(score: float, left: float = 0.4) -> Detection:
    return Detection(PERSON, score, Box(left, 0.2, left + 0.2, 0.8))


def moments(scores: Callable[[float], float], count: int, every: float = 1.0) -> list[Moment]:
    """A look `every` so many seconds; somebody is there where the score is more than 0."""
    found = []
    for at in (number * every for number in range(count)):
        seen = (somebody(scores(at)),) if scores(at) > 0 else ()
        found.append(Moment(NOON + seconds(at), 0.1, moving=True, found=seen))
    return found


def told_at(rules: ReplayRules, seen: Sequence[Moment]) -> list[float]:
    return [(at - NOON).total_seconds() for one in replayed(CAMERA, rules, seen) for at in one.told]


def between(*spans: tuple[float, float], score: float = 0.8) -> Callable[[float], float]:
    return lambda at: score if any(begin <= at < end for begin, end in spans) else 0.0


# ---------------------------------------------------------------------------------------------------- what follows


def test_a_visit_is_one_event_and_one_alert() -> None:
    (event,) = replayed(CAMERA, RULES, moments(between((10, 20)), 60))
    assert event.event.started_at == NOON + seconds(10)
    assert event.event.ended_at == NOON + seconds(24)
    assert event.event.causes == (Cause.PERSON,)
    assert event.told == (NOON + seconds(10),)


def test_the_cooldown_keeps_the_second_event_quiet() -> None:
    seen = moments(between((10, 20), (60, 70), (200, 210)), 300)
    assert len(replayed(CAMERA, RULES, seen)) == 3
    assert told_at(RULES, seen) == [10.0, 200.0]


def test_somebody_who_is_there_at_the_end_is_an_event_too() -> None:
    (event,) = replayed(CAMERA, RULES, moments(between((10, 20)), 15))
    assert event.event.ended_at == NOON + seconds(14)


def test_hours_between_two_recordings_are_no_visit() -> None:
    later = [replace(one, at=one.at + seconds(7200)) for one in moments(between((0, 5)), 10)]
    events = replayed(CAMERA, RULES, [*moments(between((5, 10)), 10), *later])
    assert [event.event.ended_at for event in events] == [NOON + seconds(14), NOON + seconds(7209)]


def test_a_frame_that_nobody_looked_at_is_no_sighting() -> None:
    seen = [replace(one, found=None) for one in moments(between((0, 30)), 30)]
    assert replayed(CAMERA, RULES, seen) == ()


def test_motion_alone_makes_an_event_where_it_is_recorded() -> None:
    rules = replace(RULES, events=EventSettings(record_on=frozenset({Cause.MOTION})))
    (event,) = replayed(CAMERA, rules, moments(lambda _: 0.0, 5))
    assert event.event.causes == (Cause.MOTION,)
    assert event.told == ()


@given(st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.4, 0.7]), max_size=60))
def test_who_asks_for_more_sure_sights_is_never_seen_more_often(scores: list[float]) -> None:
    seen = moments(lambda at: scores[int(at)], len(scores))
    strict = replace(RULES, thresholds=Thresholds(0.5, 0.22))
    loose = {one.event.started_at for one in replayed(CAMERA, RULES, seen)}
    assert bool(replayed(CAMERA, strict, seen)) <= bool(loose)


def test_what_is_too_weak_to_keep_is_as_if_it_were_not_there() -> None:
    seen = [replace(one, found=(*(one.found or ()), somebody(0.1, 0.1))) for one in moments(between((5, 9)), 30)]
    assert replayed(CAMERA, RULES, seen) == replayed(CAMERA, RULES, moments(between((5, 9)), 30))


# ----------------------------------------------------------------------------------------------------- where to look


def test_where_nothing_moves_it_looks_now_and_then() -> None:
    replay = Replay(CAMERA, RULES)
    assert [at for at in range(40) if replay.glance(float(at), 0.0, (), 1.5).crops] == [0, 15, 30]


def test_where_it_moves_a_little_a_crop_is_looked_at() -> None:
    replay = Replay(CAMERA, replace(RULES, regions=RegionSettings()))
    small = (Box(0.7, 0.1, 0.75, 0.2),)
    assert replay.glance(0.0, 0.1, small, 1.5).crops == (WHOLE,)
    (crop,) = replay.glance(0.25, 0.1, small, 1.5).crops
    assert crop.area < 0.5


def test_after_begin_the_first_frame_is_looked_at() -> None:
    replay = Replay(CAMERA, RULES)
    replay.glance(0.0, 0.0, (), 1.5)
    assert replay.glance(1.0, 0.0, (), 1.5).crops == ()
    replay.begin()
    assert replay.glance(2.0, 0.0, (), 1.5).crops == (WHOLE,)


# --------------------------------------------------------------------------------------------------------- in words


def words(seen: Sequence[Moment], rules: ReplayRules = RULES) -> list[tuple[float, str, str]]:
    replay = Replay(CAMERA, rules)
    steps = [*map(replay.see, seen), replay.end(seen[-1].at)]
    return [
        ((step.moment.at - NOON).total_seconds(), one.what, one.why)
        for step in steps
        for one in happenings(step, rules)
    ]


def test_why_an_event_opens_and_closes() -> None:
    found = words(moments(between((2, 4)), 30))
    assert [(at, what) for at, what, _ in found] == [(2.0, "opened"), (2.0, "told"), (13.0, "closed")]
    assert found[0][2] == "seen with 0.80; from 0.60 on one look is enough"
    assert "events.close_after is 10 s" in found[2][2]


def test_two_weaker_hits_are_told_with_their_threshold() -> None:
    found = words(moments(between((2, 5), score=0.4), 8))
    assert found[0] == (3.0, "opened", "2 of at most 3 looks with 0.35 or more, the first 1.00 s before")
    assert found[-1] == (7.0, "closed", "the video ends")


def test_why_nobody_is_told_again() -> None:
    found = words(moments(between((0, 3), (40, 43)), 45))
    assert (40.0, "kept quiet", "person, less than 120 s after the last") in found


def test_why_a_long_visit_becomes_two_events() -> None:
    rules = replace(RULES, events=EventSettings(longest=20.0))
    found = words(moments(between((0, 30)), 30), rules)
    assert (20.0, "closed", "it is 20 s long, events.longest") in found
    assert (20.0, "opened", "the visit goes on, in an event of its own") in found


def test_who_is_there_in_words() -> None:
    replay = Replay(CAMERA, RULES)
    found = [
        state_words(replay.see(moment), replay)
        for moment in moments(lambda at: {1: 0.4, 2: 0.4, 3: 0.3}.get(int(at), 0.0), 20)
    ]
    assert found[0] == "nobody counts"
    assert found[1] == "perhaps somebody: one more look decides"
    assert found[2].startswith("visit 1")
    assert found[4] == "looked for, not seen"
    assert found[-1] == "nobody counts"


# ------------------------------------------------------------------------------------------------- other settings


def test_the_neighbours_differ_from_the_present_each_by_one_setting() -> None:
    tried = list(around(RULES))
    assert all(one.rules != RULES and len(one.changes) == 1 for one in tried)
    assert len({one.words for one in tried}) == len(tried)
    assert "close_after 10 s" not in {one.words for one in tried}
    assert "no zones" not in {one.words for one in tried}
    assert "no zones" in {one.words for one in around(replace(RULES, relevance=Relevance((PORCH,))))}


def test_the_config_would_take_every_neighbour() -> None:
    for tried in around(RULES):
        events, thresholds = tried.rules.events, tried.rules.thresholds
        assert events.post_roll <= events.close_after
        assert thresholds.keep <= thresholds.open


def test_all_that_is_asked_for_at_once() -> None:
    present = replace(RULES, relevance=Relevance((PORCH,)))
    tried = tried_with(present, Asked(0.2, None, 3.0, 0.0, 0.3, no_zones=True))
    assert tried.rules.thresholds == Thresholds(0.2, 0.2)
    assert (tried.rules.events.close_after, tried.rules.events.post_roll) == (3.0, 3.0)
    assert tried.rules.relevance == Relevance((), ((PERSON, 0.3),))
    assert tried.words == "open 0.20, close_after 3 s, alert_cooldown 0 s, least height 0.30, no zones"
    assert not tried.can_be_set
    assert tried.changes[1].lines == ("close_after = 3", "post_roll = 3")
    assert tried_with(present, Asked()) == Tried(present)


# ---------------------------------------------------------------------------------------------------- a comparison


def real(begin: float, end: float, *, told: bool = True, nobody: bool = False) -> RealEvent:
    return RealEvent(f"e{begin:g}", NOON + seconds(begin), NOON + seconds(end), 0.7, told, nobody)


# A visitor, and a coat that the detector takes for somebody, weakly and often.
VISITOR_AND_COAT = moments(lambda at: 0.9 if 10 <= at < 20 else 0.4 if 300 <= at < 310 else 0.0, 600)


def test_a_setting_that_spares_a_coat_and_misses_nobody_is_better() -> None:
    strict = tried_with(RULES, Asked(least_height=0.7))
    sure = replace(tried_with(RULES, Asked(open=0.5)), changes=tried_with(RULES, Asked(close_after=20.0)).changes)
    found = compared(
        CAMERA, Tried(RULES), [strict, sure], VISITOR_AND_COAT, [real(10, 25), real(300, 315, nobody=True)]
    )
    assert (found.present.events, found.present.told, found.present.told_of_nobody) == (2, 2, 1)
    assert [one.id for one in found.others[0].missed] == ["e10"]
    assert [one.id for one in found.others[0].spared] == ["e300"]
    assert (found.others[1].missed, len(found.others[1].spared)) == ((), 1)
    assert found.best is found.others[1]
    assert found.marked == 1


def test_what_tells_who_it_is_is_advised_before_what_goes_by_time_alone() -> None:
    coats = moments(lambda at: 0.9 if 10 <= at < 20 else 0.4 if 300 <= at % 400 < 310 else 0.0, 800)
    sees_better = replace(tried_with(RULES, Asked(open=0.5)), changes=tried_with(RULES, Asked(no_zones=True)).changes)
    waits = tried_with(RULES, Asked(alert_cooldown=900.0))
    events = [real(10, 25), real(300, 315, nobody=True), real(700, 715, nobody=True)]
    both = compared(CAMERA, Tried(RULES), [waits, sees_better], coats, events)
    assert [row.told_of_nobody for row in both.others] == [0, 0]
    assert both.best is both.others[1]
    alone = compared(CAMERA, Tried(RULES), [waits], coats, events)
    assert alone.best is alone.others[0]


def test_what_no_key_can_set_is_no_advice() -> None:
    sure = tried_with(RULES, Asked(open=0.5))
    found = compared(CAMERA, Tried(RULES), [sure], VISITOR_AND_COAT, [real(300, 315, nobody=True)])
    assert found.others[0].told_of_nobody == 0
    assert found.best is None


def test_without_a_word_of_the_owner_nothing_is_better() -> None:
    found = compared(CAMERA, Tried(RULES), list(around(RULES)), VISITOR_AND_COAT, [real(10, 25), real(300, 315)])
    assert found.best is None


def test_by_what_the_key_frames_do_not_show_no_setting_is_judged() -> None:
    found = compared(CAMERA, Tried(RULES), list(around(RULES)), VISITOR_AND_COAT, [real(100, 105), real(10, 25)])
    assert [one.id for one in found.unseen] == ["e100"]
    assert not any(one.id == "e100" for row in found.others for one in row.missed)


def test_an_event_that_nobody_was_told_of_is_not_missed() -> None:
    strict = tried_with(RULES, Asked(least_height=0.7))
    found = compared(CAMERA, Tried(RULES), [strict], VISITOR_AND_COAT, [real(10, 25, told=False)])
    assert found.others[0].missed == ()


def test_whom_a_shorter_cooldown_tells_of_is_new() -> None:
    seen = moments(between((10, 20), (60, 70)), 100)
    found = compared(CAMERA, Tried(RULES), [tried_with(RULES, Asked(alert_cooldown=0.0))], seen, [real(10, 25)])
    assert [one.event.started_at for one in found.others[0].added] == [NOON + seconds(60)]
    assert (found.others[0].events, found.others[0].told) == (2, 2)


@pytest.mark.parametrize("seen", [[], VISITOR_AND_COAT[:1]])
def test_hours_in_which_nothing_was_seen_compare_too(seen: list[Moment]) -> None:
    ticks: list[int] = []
    found = compared(CAMERA, Tried(RULES), list(around(RULES)), seen, [], lambda: ticks.append(1))
    assert found.present.events == 0
    assert len(ticks) == len(found.others) + 1

"""What is kept of a replayed event: the looks since the first sighting, what moved, and the box of its best picture."""

from doorstep.core.cause import Cause
from doorstep.core.detection import PERSON, Box, Detection, Thresholds
from doorstep.core.explanation import MOST_LOOKS, SeeingModel
from doorstep.core.region import WHOLE
from doorstep.core.relevance import Relevance
from doorstep.core.replay import Moment, Replay, ReplayRules
from doorstep.core.replay_explanation import ExplainedEvent, ReplayExplanations
from doorstep.core.settings import EventSettings
from fakes.footage import CAMERA, NOON, seconds

RULES = ReplayRules(Thresholds(0.35, 0.22), EventSettings(), Relevance())
MODEL = SeeingModel("yolox-nano", None, "416x416", RULES.thresholds)
CROP = Box(0.25, 0.0, 1.0, 0.9)


def explained(moments: list[Moment], worth: dict[float, float] | None = None) -> list[ExplainedEvent]:
    """The events that are over by these moments and the end; `worth` of the picture at a second after noon."""
    replay, explanations = Replay(CAMERA, RULES), ReplayExplanations(MODEL)
    found = []
    for moment in moments:
        at = (moment.at - NOON).total_seconds()
        found.append(explanations.step(replay.see(moment), (CROP,), (worth or {}).get(at, 0.1)))
    found.append(explanations.step(replay.end(moments[-1].at), (WHOLE,), 0.0))
    return [one for one in found if one is not None]


def looks(scores: dict[int, float], count: int, *, moving_until: int = 1000) -> list[Moment]:
    """One a second; who walks on is a little further each time."""
    return [
        Moment(
            NOON + seconds(at),
            0.02 + at / 1000,
            moving=at < moving_until,
            found=(Detection(PERSON, scores[at], box_at(at)),) if at in scores else (),
        )
        for at in range(count)
    ]


def box_at(at: int) -> Box:
    return Box(0.3 + at / 1000, 0.2, 0.5 + at / 1000, 0.8)


def test_the_first_look_is_the_first_sighting() -> None:
    (one,) = explained(looks({1: 0.3, 5: 0.4, 6: 0.4, 7: 0.9}, 30))
    assert (one.event.started_at, one.explanation.event) == (NOON + seconds(5), one.event.id)
    assert [(look.after, look.score) for look in one.explanation.looks[:3]] == [(0.0, 0.4), (1.0, 0.4), (2.0, 0.9)]
    assert one.explanation.looks[0].crops == (CROP,)
    assert (one.explanation.opened_by, one.explanation.model) == (Cause.PERSON, MODEL)


def test_what_moved_lately_is_told_and_what_moved_long_ago_is_not() -> None:
    (lately,) = explained(looks({20: 0.9}, 25))
    assert lately.explanation.motion == 0.04
    (long_ago,) = explained(looks({20: 0.9}, 25, moving_until=10))
    assert long_ago.explanation.motion is None


def test_the_box_is_that_of_the_best_picture() -> None:
    (one,) = explained(looks(dict.fromkeys(range(5, 10), 0.9), 30), {6.0: 0.2, 8.0: 0.7, 9.0: 0.3})
    assert one.event.box == box_at(8)


def test_each_event_has_its_own() -> None:
    first, second = explained(looks({5: 0.9, 6: 0.9, 30: 0.8, 31: 0.8}, 60), {5.0: 0.9})
    assert first.event.box == box_at(5)
    assert second.event.box == box_at(30)
    assert second.explanation.looks[0].after == 0.0


def test_of_a_long_visit_a_bounded_number_of_looks_is_kept() -> None:
    (one,) = explained(looks(dict.fromkeys(range(250), 0.9), 250))
    assert len(one.explanation.looks) == MOST_LOOKS
    assert one.explanation.looks[-1].after == 249.0

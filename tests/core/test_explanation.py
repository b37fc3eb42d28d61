"""What is kept of the looks of an event: few, even, and the ones that matter."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.detection import Box, Detection, Label, Thresholds
from doorstep.core.errors import MediaInvalid
from doorstep.core.event import EventId
from doorstep.core.explanation import (
    LEAD,
    MOST_BOXES,
    MOST_CROPS,
    MOST_LOOKS,
    Explanation,
    KeptLook,
    SeeingModel,
    Verdict,
    kept_look,
    thinned,
)
from doorstep.core.explanation_json import BROKEN, explanation_of, explanation_text
from doorstep.core.feedback import Feedback, feedback_of, feedback_text, surplus
from doorstep.core.region import WHOLE
from doorstep.core.remote_use import DetectionPlace
from fakes.explained import explanation

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
EVENT = EventId("front-door-20261121T120000000")

scores = st.floats(0.0, 1.0)
corners = st.tuples(scores, scores, scores, scores)
boxes = corners.map(
    lambda four: Box(min(four[0], four[2]), min(four[1], four[3]), max(four[0], four[2]), max(four[1], four[3]))
)
detections = st.builds(Detection, st.sampled_from(Label), scores, boxes)
looks = st.builds(
    KeptLook,
    st.floats(-5.0, 3600.0),
    scores,
    st.sampled_from(DetectionPlace),
    st.lists(detections, max_size=3).map(tuple),
    st.lists(boxes, max_size=3).map(tuple),
)
models = st.builds(SeeingModel, st.text(), st.none() | st.text(), st.text(), st.builds(Thresholds, scores, scores))
series = st.builds(
    lambda number, random: [(random.uniform(0.01, 60.0), random.random()) for _ in range(number)],
    st.integers(1, 300),
    st.randoms(use_true_random=False),
)


def told(steps: list[tuple[float, float]]) -> list[KeptLook]:
    """Looks one behind the other."""
    found, after = [], 0.0
    for step, score in steps:
        found.append(KeptLook(after, score))
        after += step
    return found


@given(series)
def test_the_first_the_last_and_the_best_look_are_kept_always(steps: list[tuple[float, float]]) -> None:
    every, story = told(steps), Explanation(EVENT, Cause.PERSON)
    for number, look in enumerate(every, 1):
        story = story.looked(look)
        assert len(story.looks) == min(number, MOST_LOOKS)
        assert story.looks[:LEAD] == tuple(every[: min(LEAD, number)])
        assert story.looks[-1] == look
    assert max(look.score for look in story.looks) == max(look.score for look in every)
    places = [every.index(look) for look in story.looks]
    assert places == sorted(set(places))


@given(series, st.integers(LEAD + 2, 130))
def test_thinning_at_once_keeps_them_too(steps: list[tuple[float, float]], most: int) -> None:
    every = told(steps)
    kept = thinned(every, most)
    assert len(kept) == min(len(every), most)
    assert kept[: min(LEAD, len(every))] == tuple(every[:LEAD])
    assert kept[-1] == every[-1]
    assert max(every, key=lambda look: look.score) in kept
    assert thinned(kept, most) == kept


@pytest.mark.parametrize("number", [121, 240, 500, 1200, 3001])
def test_what_is_kept_of_an_even_series_is_even(number: int) -> None:
    story = Explanation(EVENT, Cause.PERSON)
    for step in range(number):
        story = story.looked(KeptLook(0.25 * step, 0.5))
    gaps = [later.after - earlier.after for earlier, later in zip(story.looks, story.looks[1:], strict=False)]
    assert max(gaps) <= 2.0 * 0.25 * number / (MOST_LOOKS - 1)


def test_a_burst_is_thinned_and_not_what_is_far_between() -> None:
    story = Explanation(EVENT, Cause.PERSON)
    sparse = [KeptLook(10.0 * step, 0.3) for step in range(60)]
    burst = [KeptLook(600.0 + 0.1 * step, 0.3) for step in range(600)]
    for look in (*sparse, *burst):
        story = story.looked(look)
    assert set(sparse) <= set(story.looks)


def test_the_best_look_stays_in_the_thickest_crowd() -> None:
    story = Explanation(EVENT, Cause.PERSON)
    best = KeptLook(99.1, 0.8)
    for step in range(500):
        crowd = (best, KeptLook(99.2, 0.5)) if step == 99 else ()
        for look in (KeptLook(float(step), 0.5), *crowd):
            story = story.looked(look)
    assert best in story.looks


def test_of_a_look_the_best_boxes_are_kept_in_few_digits() -> None:
    box = Box(0.123456, 0.2, 0.666666, 1.0)
    many = [Detection(Label.CAR, 0.2 + 0.01 * number, box) for number in range(20)]
    look = kept_look([*many, Detection(Label.PERSON, 0.33333, box)], [WHOLE])
    assert (look.score, look.where, look.crops) == (0.333, DetectionPlace.LOCAL, ())
    assert len(look.boxes) == MOST_BOXES
    assert look.boxes[0].score == 0.39
    assert look.boxes[0].box == Box(0.1235, 0.2, 0.6667, 1.0)


def test_the_score_of_a_look_is_the_visitors_not_the_cars() -> None:
    car = Detection(Label.CAR, 0.9, WHOLE)
    assert kept_look([car], [WHOLE]).score == 0.0
    assert kept_look([car], [WHOLE], 0.41).score == 0.41
    part = Box(0.1, 0.1, 0.5, 0.5)
    away = DetectionPlace.REMOTE
    assert kept_look([], [part] * 20, where=away) == KeptLook(0.0, 0.0, away, (), (part,) * MOST_CROPS)


@given(st.lists(detections, max_size=12), st.lists(boxes, max_size=3))
def test_whatever_was_found_can_be_kept(found: list[Detection], crops: list[Box]) -> None:
    look = kept_look(found, crops)
    assert 0.0 <= look.score <= 1.0
    assert explanation_of(explanation_text(Explanation(EVENT, Cause.PERSON).looked(look))).looks == (look,)


@given(
    st.lists(looks, max_size=4).map(tuple),
    st.sampled_from(Cause),
    st.none() | scores,
    st.none()
    | st.builds(SeeingModel, st.text(), st.none() | st.text(), st.text(), st.builds(Thresholds, scores, scores)),
    st.none() | st.sampled_from(Verdict),
    st.none() | boxes,
)
def test_an_explanation_comes_back_as_it_was(
    kept: tuple[KeptLook, ...],
    cause: Cause,
    motion: float | None,
    model: SeeingModel | None,
    verdict: Verdict | None,
    box: Box | None,
) -> None:
    story = Explanation(EVENT, cause, motion, model, kept, verdict)
    assert explanation_of(explanation_text(story), verdict) == story
    judged = Verdict.PERSON if verdict is None else verdict
    feedback = Feedback(EVENT, CameraId("front-door"), NOON, NOON, judged, box, explanation(EVENT))
    read = feedback_of(feedback_text(feedback))
    assert (read.verdict, read.box, read.judged_at, read.explanation.looks) == (
        judged,
        box,
        NOON,
        feedback.explanation.looks,
    )


WELL = json.loads(feedback_text(Feedback(EVENT, CameraId("a"), NOON, NOON, Verdict.PERSON, WHOLE, explanation(EVENT))))
WRONG = {
    "format": (0, 2, None),
    "started_at": (7.5, "noon", None),
    "judged_at": (7.5, "noon", None),
    "verdict": ("ghost", None, 1),
    "box": (7.5, "odd", [0, 0, 2, 2], [0, 0, 1]),
    "explanation": (None, 1, [], {}),
}


@pytest.mark.parametrize(
    "text",
    [
        *("", "null", "[]", "{", "3", '"x"', "[" * 5000, "{}"),
        *(json.dumps({**WELL, name: value}) for name, values in WRONG.items() for value in values),
    ],
)
def test_what_is_no_feedback_is_refused(text: str) -> None:
    with pytest.raises(MediaInvalid):
        feedback_of(text)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"model": {}}', "[" * 5000])
def test_what_is_no_explanation_is_refused(text: str) -> None:
    with pytest.raises(BROKEN):
        explanation_of(text)


ids = st.integers(0, 40).map(lambda number: EventId(f"{'ab'[number % 2]}-{number:04}"))


@given(st.dictionaries(ids, st.integers(1, 100), min_size=1), st.data(), st.integers(1, 20), st.integers(1, 900))
def test_the_oldest_feedback_goes_and_never_the_newest(
    sizes: dict[EventId, int], data: st.DataObject, most: int, most_bytes: int
) -> None:
    newest = data.draw(st.sampled_from(sorted(sizes)))
    gone = list(surplus(sizes, newest, most, most_bytes))
    left = {event: size for event, size in sizes.items() if event not in gone}
    assert newest in left
    assert list(left) == [newest] or (len(left) <= most and sum(left.values()) <= most_bytes)
    older = [event.rpartition("-")[2] for event in gone]
    assert older == sorted(older)
    assert all(max(older) <= event.rpartition("-")[2] for event in left.keys() - {newest} if older)
    if gone:  # none too many
        back = {**left, gone[-1]: sizes[gone[-1]]}
        assert len(back) > most or sum(back.values()) > most_bytes

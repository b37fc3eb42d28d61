"""What a remote detector answers is a list of persons within the picture, or no answer at all."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.detection import PERSON, Box, Detection
from doorstep.vision.remote_answer import MOST_PERSONS, as_document, parse_answer

PARTS = st.floats(0.0, 1.0)
NUMBERS = st.one_of(st.floats(), st.integers(), st.booleans(), st.none(), PARTS, PARTS, PARTS)
PERSONS = st.fixed_dictionaries({"box": st.lists(NUMBERS, min_size=3, max_size=5), "score": NUMBERS})
ANYTHING = st.recursive(st.one_of(NUMBERS, st.text()), lambda some: st.lists(some) | st.dictionaries(st.text(), some))


def answer(*persons: object) -> bytes:
    return json.dumps({"person_detected": bool(persons), "persons": persons, "model": "m", "ms": 1}).encode()


def understood(body: bytes) -> tuple[Detection, ...]:
    """None of them where it is refused."""
    try:
        return parse_answer(body).detections
    except ValueError:
        return ()


@given(st.one_of(st.binary(), ANYTHING.map(lambda value: json.dumps(value).encode())))
def test_what_is_no_answer_is_refused_with_one_kind_of_error(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of any words
        parse_answer(body)


@given(st.lists(PERSONS, max_size=5))
def test_whoever_is_believed_is_in_the_picture_and_the_best_come_first(persons: list[object]) -> None:
    found = understood(answer(*persons))
    assert all(one.box.area > 0.0 and 0.0 <= one.score <= 1.0 for one in found)
    assert all(one.score >= other.score for one, other in pairwise(found))


@given(st.lists(st.tuples(PARTS, PARTS, PARTS, PARTS, PARTS), max_size=5))
def test_what_is_served_is_understood(numbers: list[tuple[float, ...]]) -> None:
    boxes = [(Box(min(a, b), min(c, d), max(a, b), max(c, d)), score) for a, b, c, d, score in numbers]
    served = [Detection(PERSON, score, box) for box, score in boxes]
    found = parse_answer(json.dumps(as_document(served, "nano", 3.0)).encode())
    seen = [one for one in served if one.box.right - one.box.left > 1e-4 and one.box.height > 1e-4]
    assert len(seen) <= len(found.detections) <= len(served)
    assert found.model == "nano"


def test_a_box_that_hangs_a_little_over_the_edge_is_cut_and_one_without_area_is_nobody() -> None:
    found = understood(answer({"box": [-0.01, 0.1, 0.5, 1.01], "score": 0.9}, {"box": [0.5, 0, 0.5, 1], "score": 0.9}))
    assert [one.box for one in found] == [Box(0.0, 0.1, 0.5, 1.0)]


def test_a_crowd_beyond_belief_is_no_answer() -> None:
    one = {"box": [0.1, 0.1, 0.2, 0.2], "score": 0.5}
    assert len(understood(answer(*[one] * MOST_PERSONS))) == MOST_PERSONS
    assert understood(answer(*[one] * (MOST_PERSONS + 1))) == ()


def test_the_name_of_a_model_is_short_and_printable() -> None:
    told = {"person_detected": False, "persons": [], "model": "\x1b[31mred" + "x" * 500}
    name = parse_answer(json.dumps(told).encode()).model
    assert name.startswith("[31mred")
    assert len(name) == 80

"""Signatures of motion: made by one secret, over one body, at one time; and what was acted on already."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.motion_report import ReportQueue
from doorstep.core.signed_motion import (
    EXPIRES_SECONDS,
    FRESH_SECONDS,
    REMEMBERED_SECONDS,
    MotionSecret,
    SeenMarks,
    signature,
)

NOW = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
SECRET = MotionSecret("a secret of both ends")
BODY = b'{"at":null}'


@given(body=st.binary(max_size=200), secret=st.text(min_size=1, max_size=40, alphabet=st.characters(codec="utf-8")))
def test_what_a_secret_signed_it_verifies(body: bytes, secret: str) -> None:
    found = MotionSecret(secret).verified(MotionSecret(secret).sign(NOW, body), body)
    assert found is not None
    assert found.at == NOW
    assert found.is_fresh(NOW)


@given(body=st.binary(max_size=200), other=st.binary(max_size=200))
def test_no_other_body_secret_or_second_fits_a_signature(body: bytes, other: bytes) -> None:
    made = SECRET.sign(NOW, body)
    assert (SECRET.verified(made, other) is not None) == (body == other)
    assert MotionSecret("another").verified(made, body) is None
    later = made.replace(f"t={int(NOW.timestamp())}", f"t={int(NOW.timestamp()) + 1}")
    assert SECRET.verified(later, body) is None


@given(header=st.text(max_size=120))
def test_nothing_that_is_no_signature_is_taken_for_one(header: str) -> None:
    assert SECRET.verified(header, BODY) is None


GOOD = SECRET.sign(NOW, BODY)


@pytest.mark.parametrize(
    "header",
    [
        *("", f"{GOOD}0", GOOD.upper(), f" {GOOD}", f"{GOOD}\n", f"{GOOD},{GOOD}", f"t={'9' * 30},v1={'a' * 64}"),
        *(GOOD.replace("v1=", "v0="), GOOD.replace("t=1", "t=+1"), GOOD.replace("t=1", "t=01")),
        GOOD.replace("t=1", "t=\u0661"),
    ],
)
def test_a_signature_in_another_writing_does_not_hold(header: str) -> None:
    assert SECRET.verified(header, BODY) is None


def test_an_empty_secret_signs_for_nobody() -> None:
    assert MotionSecret("").verified(signature("", int(NOW.timestamp()), BODY), BODY) is None


def test_a_secret_is_in_no_repr() -> None:
    assert "both ends" not in repr(SECRET)


@given(seconds=st.integers(-1000, 1000))
def test_fresh_is_five_minutes_either_way_and_news_one(seconds: int) -> None:
    found = SECRET.verified(SECRET.sign(NOW, BODY), BODY)
    assert found is not None
    now = NOW + timedelta(seconds=seconds)
    assert found.is_fresh(now) == (-FRESH_SECONDS <= seconds <= FRESH_SECONDS)
    assert found.has_expired(now) == (seconds > EXPIRES_SECONDS or seconds < -FRESH_SECONDS)


def test_each_body_and_second_has_a_nonce_of_its_own() -> None:
    told = [
        SECRET.verified(SECRET.sign(at, body), body)
        for at in (NOW, NOW + timedelta(seconds=1))
        for body in (b"a", b"b")
    ]
    assert len({one.nonce for one in told if one}) == 4


def test_marks_are_remembered_for_longer_than_anything_is_tried_or_fresh() -> None:
    queue = ReportQueue()
    assert queue._longest_seconds + FRESH_SECONDS <= REMEMBERED_SECONDS
    seen = SeenMarks()
    seen.remember(["one"], 100.0)
    assert seen.knows(["another", "one"], 100.0 + REMEMBERED_SECONDS)
    assert not seen.knows(["one"], 100.1 + REMEMBERED_SECONDS)


@given(marks=st.lists(st.text(max_size=3), max_size=60), most=st.integers(1, 10))
def test_marks_are_bounded_and_the_newest_stay(marks: list[str], most: int) -> None:
    seen = SeenMarks(most)
    for at, mark in enumerate(marks):
        seen.remember([mark], float(at))
    newest = list(dict.fromkeys(reversed(marks)))
    assert [mark for mark in newest if seen.knows([mark], float(len(marks)))] == newest[:most]
    assert len(seen._seen) <= most


@given(
    noted=st.lists(st.tuples(st.floats(0, 5000), st.lists(st.text(max_size=3), max_size=2)), max_size=20),
    at=st.floats(0, 5000),
)
def test_what_a_former_run_noted_is_known_as_long_as_if_it_had_been_this_one(
    noted: list[tuple[float, list[str]]], at: float
) -> None:
    """Times that lie ahead are of another clock: they count as now."""
    noted.sort(key=lambda one: one[0])
    seen = SeenMarks()
    seen.take_up(noted, at)
    newest = {mark: min(then, at) for then, marks in noted for mark in marks}
    for mark, then in newest.items():
        assert seen.knows([mark], at) == (at - then <= REMEMBERED_SECONDS)


def test_what_is_remembered_is_noted_and_what_is_taken_up_is_not_noted_again() -> None:
    noted: list[tuple[tuple[str, ...], float]] = []
    seen = SeenMarks(note=lambda marks, at: noted.append((tuple(marks), at)))
    seen.take_up([(1.0, ["one"])], 5.0)
    seen.remember(["two", "three"], 6.0)
    assert noted == [(("two", "three"), 6.0)]
    assert seen.knows(["one"], 6.0)

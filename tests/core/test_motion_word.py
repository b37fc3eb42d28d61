"""A word of motion as it travels: there and back, and what strangers may send instead."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.camera import CameraId
from doorstep.core.motion_word import LONGEST_KEY, LONGEST_NOTE, MOST_BYTES, MotionWord, is_camera, motion_word

TEXT = st.text(st.characters(codec="utf-8"), max_size=100)
WORDS = st.builds(
    MotionWord,
    camera=st.sampled_from(["front-door", "garden", "a", ""]).map(CameraId),
    at=st.none() | st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    note=TEXT,
    key=TEXT,
    nonce=st.text("0123456789abcdef", max_size=64),
)


@given(WORDS)
def test_a_word_comes_back_as_it_went(word: MotionWord) -> None:
    found = motion_word(word.body())
    assert found is not None
    assert len(word.body()) <= MOST_BYTES
    if word.at is not None:
        assert found.at is not None
        assert timedelta() <= word.at - found.at < timedelta(milliseconds=1)
    assert (found.camera, found.note, found.key, found.nonce) == (word.camera, word.note, word.key, word.nonce)


def test_what_doorstep_publish_sends_is_a_word_without_a_camera() -> None:
    found = motion_word(b'{"at": "2026-11-21T14:00:00.000+01:00", "note": "motion score 0.250"}')
    assert found == MotionWord(CameraId(""), datetime(2026, 11, 21, 13, tzinfo=UTC), "motion score 0.250")


@pytest.mark.parametrize("body", [b"", b"  ", b"{}"])
def test_nothing_said_is_motion_now(body: bytes) -> None:
    assert motion_word(body) == MotionWord(CameraId(""))


@given(st.binary(max_size=MOST_BYTES + 10))
def test_no_bytes_break_it(body: bytes) -> None:
    motion_word(body)


@given(
    st.dictionaries(
        st.sampled_from(["camera", "at", "note", "key", "nonce", "x"]),
        st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=600), st.lists, max_leaves=3),
    )
)
def test_no_json_breaks_it_and_what_is_found_is_bounded(told: dict[str, object]) -> None:
    found = motion_word(json.dumps(told).encode())
    if found is not None:
        assert len(found.note) <= LONGEST_NOTE
        assert len(found.key) <= LONGEST_KEY
        assert found.camera == "" or is_camera(found.camera)
        assert found.at is None or found.at.tzinfo is not None


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 4000,
        b'"text"',
        b"[]",
        b'{"at": "2026-11-21T13:00:00"}',
        b'{"at": "yesterday"}',
        b'{"at": 1795266000}',
        b'{"at": "0001-01-01T00:00:00+14:00"}',
        b'{"camera": "../front-door"}',
        b'{"camera": "Front"}',
        b'{"note": "\\ud800"}',
        b'{"note": null}',
        b'{"key": 7}',
        b"\xff\xfe",
        b'{"note": "' + b"x" * 501 + b'"}',
        b" " * (MOST_BYTES + 1),
    ],
)
def test_what_is_no_word_is_none(body: bytes) -> None:
    assert motion_word(body) is None


def test_it_is_known_again_by_its_key_at_one_camera_and_by_its_nonce_anywhere() -> None:
    word = MotionWord(CameraId("garden"), key="k", nonce="n")
    assert word.marks == ("key garden k", "nonce n")
    assert MotionWord(CameraId("garden")).marks == ()


def test_times_travel_in_utc() -> None:
    at = datetime(2026, 11, 21, 14, tzinfo=timezone(timedelta(hours=1)))
    assert b'"2026-11-21T13:00:00.000Z"' in MotionWord(CameraId("a"), at).body()

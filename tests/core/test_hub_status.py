"""The lines of a tunnel's own session, strict and bounded."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.errors import HubWordInvalid
from doorstep.core.hub_status import (
    LONGEST_LINE,
    HubStatus,
    plain_words,
    question_line,
    read_question,
    read_status,
    status_line,
)

NUMBERS = st.integers(0, 2**53 - 1)
MAYBE = st.none() | NUMBERS
ADDRESSES = st.just("") | st.ip_addresses().map(str)
STATUSES = st.builds(
    HubStatus,
    at=NUMBERS,
    certificate_ends=MAYBE,
    reached=st.none() | st.booleans(),
    why=st.text(max_size=2000),
    bytes_month=NUMBERS,
    seen_from=ADDRESSES,
    echo=MAYBE,
    certificate_begins=MAYBE,
)
WHOLE: dict[str, Any] = {"v": 1, "at": 1, "certificate_ends": None, "reached": None, "why": "", "bytes_month": 0}


def line_of(**parts: Any) -> bytes:
    return json.dumps({**WHOLE, "seen_from": "", "echo": None, **parts}).encode()


@given(STATUSES)
def test_what_was_written_is_read(status: HubStatus) -> None:
    line = status_line(status)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert len(line) <= LONGEST_LINE
    read = read_status(line)
    assert read.why == plain_words(status.why)
    assert read == HubStatus(**{**{name: getattr(status, name) for name in HubStatus.__slots__}, "why": read.why})


@given(NUMBERS)
def test_a_question_keeps_its_number(number: int) -> None:
    assert read_question(question_line(number)) == number


@given(st.binary(max_size=5000))
def test_no_bytes_break_the_reading(line: bytes) -> None:
    for read in (read_status, read_question):
        with pytest.raises(HubWordInvalid):
            read(line)


@pytest.mark.parametrize(
    "wrong",
    [
        {"v": 2},
        {"v": None},
        {"at": None},
        {"at": -1},
        {"at": 1.5},
        {"at": True},
        {"at": 2**60},
        {"reached": "yes"},
        {"reached": 1},
        {"why": None},
        {"why": ["no"]},
        {"bytes_month": "1"},
        {"seen_from": "<script>"},
        {"seen_from": "example.org"},
        {"seen_from": 7},
        {"echo": -2},
        {"echo": "1"},
        {"certificate_ends": "soon"},
    ],
)
def test_a_field_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(HubWordInvalid):
        read_status(line_of(**wrong))


def test_a_field_that_is_new_does_no_harm() -> None:
    assert read_status(line_of(weather="fine")) == HubStatus(1)


def test_a_line_that_is_too_long_is_refused() -> None:
    with pytest.raises(HubWordInvalid):
        read_status(line_of(why="a" * LONGEST_LINE))


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(HubWordInvalid):
        read_question(b'{"n":' + b"[" * 4000)


@given(st.text(max_size=1000))
def test_words_of_the_other_end_are_one_short_line(text: str) -> None:
    words = plain_words(text)
    assert words.isprintable()
    assert len(words) <= 300
    assert words == words.strip()

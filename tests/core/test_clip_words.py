"""What stands beside a clip: one line of ASCII, there and back, and what a stranger may have put there."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.clip_words import MOST_LETTERS, ClipWords, clip_words
from doorstep.core.event import EventId

AT = datetime(2026, 11, 22, 5, 30, tzinfo=UTC)
WORDS = ClipWords(
    EventId("front-door-1"),
    CameraId("front-door"),
    "Haustür",
    AT,
    23.5,
    (Cause.PRESS, Cause.PERSON),
    "https://door.example.org/s/abc_DEF-123",
    ("front-door/2026/11/22/20261122_053000.jpg", "front-door/2026/11/22/20261122_053000.thumb.jpg"),
)


def changed(**fields: object) -> str:
    return quote(json.dumps(json.loads(unquote(WORDS.text())) | fields))


def test_it_is_one_line_of_ascii_that_comes_back() -> None:
    text = WORDS.text()
    assert text.isascii()
    assert text.isprintable()
    assert clip_words(text) == WORDS


@given(
    name=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=200),
    seconds=st.floats(0, 86400),
    causes=st.lists(st.sampled_from(Cause), unique=True).map(tuple),
    sealed=st.booleans(),
)
def test_any_name_fits_and_nothing_else_is_lost(
    name: str, seconds: float, causes: tuple[Cause, ...], sealed: bool
) -> None:
    words = ClipWords(WORDS.event, WORDS.camera, name, AT, seconds, causes, WORDS.link, WORDS.pictures, sealed)
    text = words.text()
    assert len(text) <= MOST_LETTERS
    assert text.isascii()
    assert text == text.strip()
    found = clip_words(text)
    assert found is not None
    assert name.startswith(found.name)
    assert (found.causes, found.link, found.pictures, found.sealed) == (causes, WORDS.link, WORDS.pictures, sealed)
    assert abs(found.seconds - seconds) <= 0.001


@given(st.text(max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    clip_words(text)


@given(
    st.dictionaries(
        st.sampled_from(["event", "camera", "name", "started_at", "seconds", "causes", "link", "pictures", "sealed"]),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=400), st.lists, max_leaves=4
        ),
    )
)
def test_no_json_breaks_it(told: dict[str, object]) -> None:
    clip_words(changed(**told))


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "%ff%fe", "[" * 3000, "x" * 5000),
        *(changed(seconds=seconds) for seconds in (float("nan"), -1, True, 1e300, "1")),
        *(changed(started_at=at) for at in ("2026-11-22T05:30:00", 5, "0001-01-01T00:00:00+14:00")),
        *(changed(name=None), changed(name="\ud800"), changed(event="x" * 301), changed(causes="press")),
    ],
)
def test_what_is_nothing_of_ours_is_none(text: str) -> None:
    assert clip_words(text) is None


@pytest.mark.parametrize(
    "link",
    [
        *("javascript:alert(1)", "data:text/html,x", "//evil", "https://", "https://a b", 'https://a"><script>'),
        *("https://door.example.org@evil.example", "https://döör", "ftp://host/", "https://h/\r\nBcc: x"),
    ],
)
def test_a_link_that_leads_nowhere_is_left_out(link: str) -> None:
    found = clip_words(changed(link=link))
    assert found is not None
    assert found.link == ""


def test_causes_of_a_later_version_are_left_out() -> None:
    found = clip_words(changed(causes=["press", "barking", 7, None]))
    assert found is not None
    assert found.causes == (Cause.PRESS,)


def test_a_name_stays_one_line() -> None:
    found = clip_words(changed(name="Door\r\nBcc: everybody"))
    assert found is not None
    assert "\n" not in found.name


def test_times_come_back_in_utc() -> None:
    found = clip_words(changed(started_at="2026-11-22T06:30:00+01:00"))
    assert found is not None
    assert found.started_at == AT
    assert found.started_at.utcoffset() == timedelta()

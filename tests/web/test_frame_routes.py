"""`frame.jpg` and `previews.jpg`: what is asked for, how the sheet is told, and plain words for what cannot be."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from doorstep.core.access import Role, Scope
from doorstep.core.errors import Overtaken, SpanUnavailable
from fakes.house import FRONT, GARDEN, JPEG, House

CAMERA = f"/api/v1/cameras/{FRONT}"
FRAME = f"{CAMERA}/frame.jpg?at=2026-11-21T12:00:00Z"
SHEET = f"{CAMERA}/previews.jpg?from=2026-11-21T12:00:17Z"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


def test_a_frame_says_when_it_was_shown(house: House) -> None:
    answer = house.get(FRAME)
    assert (answer.status_code, answer.content) == (200, JPEG)
    assert answer.headers["doorstep-shown-at"] == "2026-11-21T11:59:59.600Z"
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "private, no-store"
    assert house.past.frames == [(FRONT, NOON, 1280)]


def test_a_sheet_tells_its_layout_and_what_was_kept(house: House) -> None:
    answer = house.get(f"{SHEET}&every=10&count=4")
    assert (answer.status_code, answer.content) == (200, JPEG)
    assert answer.headers["doorstep-tiles"] == "160x90x6"
    assert answer.headers["doorstep-kept"] == "1010"
    assert answer.headers["doorstep-first-at"] == "2026-11-21T12:00:10.000Z"
    assert answer.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize(
    "path",
    [
        f"{CAMERA}/frame.jpg",
        f"{CAMERA}/frame.jpg?at=yesterday",
        f"{CAMERA}/frame.jpg?at=99999-01-01T00:00:00Z",
        f"{FRAME}&width=10",
        f"{FRAME}&width=100000",
        f"{FRAME}&width=wide",
        f"{CAMERA}/previews.jpg",
        f"{CAMERA}/previews.jpg?from=9999-12-31T23:59:59Z&every=3600&count=60",
        f"{SHEET}&every=0",
        f"{SHEET}&every=4000",
        f"{SHEET}&count=61",
        f"{SHEET}&count=-1",
        f"{SHEET}&count=many",
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(house: House, path: str) -> None:
    answer = house.get(path)
    assert answer.status_code == 400
    assert answer.json()["detail"]
    assert (house.past.frames, house.past.grids) == ([], [])


def test_where_nothing_was_kept_the_reason_is_told(house: House) -> None:
    house.past.fault = SpanUnavailable("The camera did not answer.")
    answer = house.get(FRAME)
    assert (answer.status_code, answer.json()["detail"]) == (404, "The camera did not answer.")


@pytest.mark.parametrize("path", [FRAME, SHEET])
def test_who_was_overtaken_may_ask_again(house: House, path: str) -> None:
    house.past.fault = Overtaken("A newer picture was asked for.")
    answer = house.get(path)
    assert (answer.status_code, answer.json()["code"]) == (503, "overtaken")
    assert answer.headers["retry-after"] == "1"


@pytest.mark.parametrize("path", [FRAME, SHEET])
def test_pictures_of_the_past_need_the_right_to_clips(house: House, path: str) -> None:
    assert house.ask("GET", path, house.session(Role.GUEST)).status_code == 403
    assert house.ask("GET", path, house.token(Scope.EVENTS_READ)).status_code == 403
    assert house.ask("GET", path, house.session(Role.FAMILY)).status_code == 200
    other = house.session(Role.FAMILY, frozenset({GARDEN}))
    assert house.ask("GET", path, other).status_code == 404

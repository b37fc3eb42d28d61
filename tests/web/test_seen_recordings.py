"""Who watched what, of recordings: one line for all that somebody saw of a camera within ten minutes."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from httpx import Response

from doorstep.core.access import Role, Scope
from doorstep.core.audit import SAVED_CLIP, WATCHED_RECORDING, AuditEntry
from doorstep.core.errors import SpanUnavailable
from doorstep.web.seen_recordings import MOST_LINES, TOGETHER_SECONDS, SeenRecordings
from fakes.house import FRONT, FRONT_EVENT, GARDEN, House

CLIP = f"/api/v1/cameras/{FRONT}/clip?start=2026-11-21T12:58:00Z&end=2026-11-21T12:59:00Z"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


def get(house: House, path: str, headers: dict[str, str] | None = None) -> Response:
    """As the same person every time."""
    return house.ask("GET", path, {**house.session(Role.OWNER), **(headers or {})})


def lines(house: House) -> list[AuditEntry]:
    return list(house.audit.entries(None, 100)[0])


def test_a_clip_in_many_ranges_is_one_line_with_its_span(house: House) -> None:
    for first in range(20):
        answer = get(house, CLIP, headers={"Range": f"bytes={first}-{first}"})
        assert answer.status_code == 206
    [line] = lines(house)
    assert (line.verb, line.camera) == (WATCHED_RECORDING, FRONT)
    assert line.way == "2026-11-21T12:58:00Z/2026-11-21T12:59:00Z"
    assert line.who
    assert line.address


def test_scrubbing_through_a_day_is_one_line_that_grows(house: House) -> None:
    for minute in range(30):
        at = f"2026-11-21T{10 + minute // 10}:{minute:02}:00Z"
        assert get(house, f"/api/v1/cameras/{FRONT}/previews.jpg?from={at}&every=10&count=4").status_code == 200
    [line] = lines(house)
    assert line.way == "2026-11-21T10:00:00Z/2026-11-21T12:29:20Z"


def test_a_large_picture_and_the_clip_of_an_event_are_watching_too(house: House) -> None:
    assert get(house, f"/api/v1/cameras/{FRONT}/frame.jpg?at=2026-11-21T12:00:00Z").status_code == 200
    [line] = lines(house)
    assert line.way == "2026-11-21T11:59:59Z/2026-11-21T11:59:59Z"
    house.clock.advance(TOGETHER_SECONDS + 1)
    assert get(house, f"/api/v1/events/{FRONT_EVENT}/clip.mp4").status_code == 200
    assert [line.verb for line in lines(house)] == [WATCHED_RECORDING] * 2


def test_after_ten_minutes_it_is_a_new_line(house: House) -> None:
    get(house, CLIP)
    house.clock.advance(TOGETHER_SECONDS - 1)
    get(house, CLIP)
    assert len(lines(house)) == 1
    house.clock.advance(2)
    get(house, CLIP)
    assert len(lines(house)) == 2


def test_a_token_has_a_line_of_its_own(house: House) -> None:
    assert house.ask("GET", CLIP, house.token(Scope.CLIP_READ)).status_code == 200
    assert house.ask("GET", CLIP, house.session(Role.FAMILY)).status_code == 200
    assert [line.who for line in lines(house)].count("Somebody") == 1
    assert {line.who for line in lines(house)} == {"Somebody", "family"}


@pytest.mark.parametrize("purpose", ["document", "empty"])
def test_a_download_is_a_saved_clip(house: House, purpose: str) -> None:
    get(house, CLIP, {"Sec-Fetch-Dest": purpose})
    [line] = lines(house)
    assert line.verb == SAVED_CLIP


def test_a_zip_is_saved_and_a_played_clip_is_not(house: House) -> None:
    get(house, f"{CLIP}&format=zip")
    get(house, CLIP, {"Sec-Fetch-Dest": "video"})
    assert {line.verb for line in lines(house)} == {SAVED_CLIP, WATCHED_RECORDING}


def test_a_picture_that_a_page_fetches_is_watched(house: House) -> None:
    get(house, f"/api/v1/cameras/{FRONT}/frame.jpg?at=2026-11-21T12:00:00Z", {"Sec-Fetch-Dest": "empty"})
    [line] = lines(house)
    assert line.verb == WATCHED_RECORDING


def test_who_got_nothing_has_no_line(house: House) -> None:
    guest = house.session(Role.GUEST, frozenset({GARDEN}))
    assert house.ask("GET", CLIP, guest).status_code in {403, 404}
    assert house.ask("HEAD", CLIP, house.owner()).status_code == 200
    house.past.fault = SpanUnavailable("The camera did not answer.")
    assert get(house, f"/api/v1/cameras/{FRONT}/frame.jpg?at=2026-11-21T12:00:00Z").status_code == 404
    assert lines(house) == []


def test_what_is_remembered_is_bounded_and_one_household_has_one_line(house: House) -> None:
    seen = SeenRecordings()
    for number in range(MOST_LINES * 2):
        entry = AuditEntry(f"{number}", NOON, f"person {number}", "192.0.2.1", WATCHED_RECORDING, FRONT)
        seen.add(house.parts, entry.who, entry, NOON, NOON)
    assert len(seen._lines) == MOST_LINES
    before = len(house.audit.entries(None, 10_000)[0])
    for number in range(50):
        entry = AuditEntry(f"a{number}", NOON, "Sam", f"2001:db8:1:2::{number:x}", SAVED_CLIP, FRONT)
        seen.add(house.parts, "Sam", entry, NOON, NOON)
    assert len(house.audit.entries(None, 10_000)[0]) == before + 1

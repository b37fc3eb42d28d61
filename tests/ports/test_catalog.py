"""The contract of `ports.Catalog`, held by the one in SQL and the one in memory."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.catalog.memory import MemoryCatalog
from doorstep.catalog.sql import SqlCatalog
from doorstep.core.alert import Alert, AlertId
from doorstep.core.camera import CameraId
from doorstep.core.clock_state import Dating, Guess
from doorstep.core.delivery import Delivery, DeliveryState
from doorstep.core.detection import Box
from doorstep.core.event import Cause, Event, EventId, Recording
from doorstep.core.explanation import Verdict
from doorstep.core.gap import Gap
from doorstep.core.ledger import LedgerEntry, Stage
from doorstep.core.recorded_span import RecordedSpan
from doorstep.core.redating import dated_delivery, dated_event, dated_gap, dated_span
from doorstep.core.timeline import brief
from doorstep.core.track import Direction
from doorstep.ports import Catalog, EventQuery
from fakes.catalogs import KINDS, new_engine
from fakes.explained import explanation

DOOR, YARD = CameraId("front-door"), CameraId("yard")
NOON = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(params=[*KINDS, "memory"])
def catalog(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Catalog]:
    if request.param == "memory":
        yield MemoryCatalog()
        return
    with new_engine(request.param, tmp_path) as engine:
        yield SqlCatalog(engine)


def an_event(number: int = 1, at: datetime = NOON, camera: CameraId = DOOR) -> Event:
    return Event(
        id=EventId(f"event-{number}"),
        camera=camera,
        started_at=at,
        last_seen_at=at + 3 * SECOND,
        ended_at=at + 13 * SECOND,
        causes=(Cause.PRESS, Cause.PERSON),
        score=0.93,
        pre_roll_seconds=6.4,
        recording=Recording(f"{camera}/{number}.mp4", at - 6 * SECOND, at + 8 * SECOND, 1_000_000 * number),
        has_still=True,
        ledger=(
            LedgerEntry(Stage.CAPTURED, at - timedelta(microseconds=7)),
            LedgerEntry(Stage.SENT, at, channel="email", cost_usd=0.0001),
        ),
        box=Box(1 / 3, 0.1, 0.5, 0.9),
        zone="path",
        direction=Direction.ARRIVING,
    )


def a_delivery(event: Event, channel: str = "email") -> Delivery:
    alert = Alert(
        id=AlertId(f"alert-{event.id}"),
        event=event.id,
        camera=event.camera,
        cause=Cause.PERSON,
        at=event.started_at,
        title="Somebody is at the front door",
        text="Seen at 12:00.",
        link="/alerts/1",
    )
    return Delivery(alert, channel, DeliveryState.DUE, 0, event.started_at)


def all_events(catalog: Catalog, query: EventQuery) -> list[Event]:
    """Page after page."""
    found: list[Event] = []
    while True:
        page, cursor = catalog.events(query)
        assert len(page) <= query.limit
        found += page
        if cursor is None:
            return found
        assert len(page) == query.limit
        query = replace(query, cursor=cursor)


def ids(events: Sequence[Event]) -> list[str]:
    return [event.id for event in events]


def test_an_event_comes_back_as_it_was(catalog: Catalog) -> None:
    bare = Event(EventId("bare"), YARD, NOON, NOON)
    for event in (an_event(), bare):
        catalog.save_event(event)
        assert catalog.event(event.id) == event
    assert catalog.event(EventId("unknown")) is None


def test_saving_again_replaces(catalog: Catalog) -> None:
    catalog.save_event(an_event())
    changed = replace(
        an_event(), causes=(Cause.LOITERING, Cause.PRESS), recording=None, score=None, ledger=(), camera=YARD
    )
    changed = replace(changed, has_still=False, box=None, zone="", direction=None)
    catalog.save_event(changed)
    assert catalog.event(changed.id) == changed
    assert ids(all_events(catalog, EventQuery())) == [changed.id]
    assert all_events(catalog, EventQuery(cause="person")) == []


def test_a_moment_is_the_same_wherever_it_was_read(catalog: Catalog) -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=-5)))
    catalog.save_event(an_event(at=elsewhere))
    found = catalog.event(EventId("event-1"))
    assert found is not None
    assert found.started_at == NOON
    assert ids(catalog.events(EventQuery(since=NOON, until=elsewhere + SECOND))[0]) == ["event-1"]


def test_events_are_listed_newest_first(catalog: Catalog) -> None:
    for number in (2, 1, 3):
        catalog.save_event(an_event(number, NOON + number * SECOND))
    assert ids(catalog.events(EventQuery())[0]) == ["event-3", "event-2", "event-1"]


def test_events_are_found_by_camera_span_and_cause(catalog: Catalog) -> None:
    catalog.save_event(an_event(1, NOON))
    catalog.save_event(an_event(2, NOON + SECOND, YARD))
    catalog.save_event(replace(an_event(3, NOON + 2 * SECOND), causes=(Cause.MOTION,)))

    def found(query: EventQuery) -> list[str]:
        return ids(catalog.events(query)[0])

    assert found(EventQuery(cameras=frozenset({DOOR}))) == ["event-3", "event-1"]
    assert found(EventQuery(cameras=frozenset({DOOR, YARD}))) == ["event-3", "event-2", "event-1"]
    assert found(EventQuery(cameras=frozenset())) == []
    assert found(EventQuery(since=NOON + SECOND)) == ["event-3", "event-2"]
    assert found(EventQuery(until=NOON + SECOND)) == ["event-1"]
    assert found(EventQuery(since=NOON + SECOND, until=NOON + 2 * SECOND)) == ["event-2"]
    assert found(EventQuery(cause="person")) == ["event-2", "event-1"]
    assert found(EventQuery(cause="motion")) == ["event-3"]
    assert found(EventQuery(cause="' OR 1=1 --")) == []


def test_a_deleted_event_is_not_listed_but_can_be_had(catalog: Catalog) -> None:
    deleted = replace(an_event(), deleted_at=NOON + 60 * SECOND)
    catalog.save_event(deleted)
    assert catalog.events(EventQuery()) == ([], None) or catalog.events(EventQuery()) == ((), None)
    assert catalog.event(deleted.id) == deleted
    assert catalog.deleted_events(NOON + 60 * SECOND, 10) == []
    assert ids(catalog.deleted_events(NOON + 61 * SECOND, 10)) == [deleted.id]
    catalog.save_event(replace(deleted, deleted_at=None))
    assert catalog.events(EventQuery())[0] == [], "what the pipeline learns late brings nothing back"
    assert catalog.mark_deleted(deleted.id, None)
    assert ids(catalog.events(EventQuery())[0]) == [deleted.id]


def test_marking_an_unknown_event_says_so(catalog: Catalog) -> None:
    assert not catalog.mark_deleted(an_event().id, NOON)


def test_an_event_that_is_there_can_be_marked_deleted(catalog: Catalog) -> None:
    catalog.save_event(an_event())
    assert catalog.mark_deleted(an_event().id, NOON + 60 * SECOND)
    assert ids(catalog.deleted_events(NOON + 61 * SECOND, 10)) == [an_event().id]


def test_what_was_deleted_first_is_over_first(catalog: Catalog) -> None:
    for number, deleted_after in ((1, 30), (2, 10), (3, 20)):
        deleted_at = NOON + deleted_after * SECOND
        catalog.save_event(replace(an_event(number, NOON + number * SECOND), deleted_at=deleted_at))
    assert ids(catalog.deleted_events(NOON + 60 * SECOND, 2)) == ["event-2", "event-3"]


@pytest.mark.parametrize("cursor", ["", "nonsense", "ü", "MjAyNg==", "MjAyNi0xMS0yMXxh", "//8="])
def test_behind_a_cursor_that_no_page_gave_out_there_is_nothing(catalog: Catalog, cursor: str) -> None:
    catalog.save_event(an_event())
    page, after = catalog.events(EventQuery(cursor=cursor))
    assert list(page) == []
    assert after is None


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(seconds=st.lists(st.integers(0, 5), max_size=12), limit=st.integers(1, 5))
def test_paging_shows_every_event_once_newest_first(catalog: Catalog, seconds: list[int], limit: int) -> None:
    for old in all_events(catalog, EventQuery()):
        catalog.forget_event(old.id)
    events = [an_event(number, NOON + second * SECOND) for number, second in enumerate(seconds)]
    for event in events:
        catalog.save_event(event)
    newest_first = sorted(events, key=lambda event: (event.started_at, event.id), reverse=True)
    assert ids(all_events(catalog, EventQuery(limit=limit))) == ids(newest_first)


def test_a_new_event_between_two_pages_moves_nothing(catalog: Catalog) -> None:
    for number in range(4):
        catalog.save_event(an_event(number, NOON + number * SECOND))
    first, cursor = catalog.events(EventQuery(limit=2))
    catalog.save_event(an_event(9, NOON + 9 * SECOND))
    second, _ = catalog.events(EventQuery(limit=2, cursor=cursor))
    assert ids(first) + ids(second) == ["event-3", "event-2", "event-1", "event-0"]


def test_events_that_still_run_are_unfinished_and_never_expire(catalog: Catalog) -> None:
    catalog.save_event(an_event(1))
    catalog.save_event(replace(an_event(2), ended_at=None))
    assert ids(catalog.unfinished_events()) == ["event-2"]
    assert ids(catalog.expired_events(NOON + SECOND, 10)) == ["event-1"]


def test_expired_events_come_oldest_first(catalog: Catalog) -> None:
    for number in (3, 1, 2):
        catalog.save_event(an_event(number, NOON + number * SECOND))
    assert catalog.mark_deleted(an_event(2).id, NOON + 5 * SECOND)
    assert ids(catalog.expired_events(NOON + 3 * SECOND, 10)) == ["event-1", "event-2"]
    assert ids(catalog.expired_events(NOON + 30 * SECOND, 2)) == ["event-1", "event-2"]


def test_recordings_are_counted(catalog: Catalog) -> None:
    assert catalog.recorded_bytes() == 0
    assert catalog.recording_keys() == frozenset()
    catalog.save_event(an_event(1))
    catalog.save_event(replace(an_event(2), deleted_at=NOON))
    catalog.save_event(replace(an_event(3), recording=None))
    huge = Recording("huge.mp4", NOON, NOON, 2**40)
    catalog.save_event(replace(an_event(4), recording=huge))
    assert catalog.recorded_bytes() == 3_000_000 + 2**40
    assert catalog.recording_keys() == {"front-door/1.mp4", "front-door/2.mp4", "huge.mp4"}


def test_forgetting_an_event_takes_its_deliveries_along(catalog: Catalog) -> None:
    event, other = an_event(1), an_event(2)
    catalog.save_event(event, [a_delivery(event)])
    catalog.save_event(other, [a_delivery(other)])
    catalog.forget_event(event.id)
    catalog.forget_event(event.id)
    assert catalog.event(event.id) is None
    assert catalog.deliveries_of(event.id) == []
    assert catalog.due_deliveries() == [a_delivery(other)]
    catalog.save_event(event)
    assert catalog.event(event.id) == event


def test_gaps_that_touch_the_span_are_found(catalog: Catalog) -> None:
    late = Gap(DOOR, NOON + 20 * SECOND, NOON + 30 * SECOND, "The disk was full.")
    early = Gap(DOOR, NOON, NOON + 10 * SECOND, "The camera was offline.")
    catalog.add_gap(late)
    catalog.add_gap(early)
    catalog.add_gap(Gap(YARD, NOON, NOON + 30 * SECOND, "elsewhere"))
    assert catalog.gaps(DOOR, NOON - SECOND, NOON + 60 * SECOND) == [early, late]
    assert catalog.gaps(DOOR, NOON + 5 * SECOND, NOON + 6 * SECOND) == [early]
    assert catalog.gaps(DOOR, NOON + 10 * SECOND, NOON + 20 * SECOND) == [early, late]
    assert catalog.gaps(DOOR, NOON + 11 * SECOND, NOON + 19 * SECOND) == []


def test_a_delivery_comes_back_without_its_snapshot(catalog: Catalog) -> None:
    event = an_event()
    owed = a_delivery(event)
    catalog.save_event(event, [replace(owed, alert=replace(owed.alert, snapshot=b"jpeg"))])
    assert catalog.deliveries_of(event.id) == [owed]


def test_deliveries_are_due_until_accepted_or_given_up(catalog: Catalog) -> None:
    later, earlier = an_event(1, NOON + SECOND), an_event(2, NOON)
    for event in (later, earlier):
        catalog.save_event(event, [a_delivery(event), a_delivery(event, "ntfy")])
    assert [owed.id for owed in catalog.due_deliveries()] == [
        "alert-event-2:email",
        "alert-event-2:ntfy",
        "alert-event-1:email",
        "alert-event-1:ntfy",
    ]
    catalog.save_delivery(replace(a_delivery(later), state=DeliveryState.ACCEPTED, attempts=1, outcome="accepted"))
    catalog.save_delivery(replace(a_delivery(earlier), state=DeliveryState.FAILED, attempts=9, outcome="gave up"))
    assert [owed.id for owed in catalog.due_deliveries()] == ["alert-event-2:ntfy", "alert-event-1:ntfy"]
    assert catalog.deliveries_of(earlier.id)[0].outcome == "gave up"


def test_saving_an_event_again_leaves_its_deliveries_as_they_are_unless_it_names_them(catalog: Catalog) -> None:
    event = an_event()
    accepted = replace(a_delivery(event), state=DeliveryState.ACCEPTED)
    catalog.save_event(event, [a_delivery(event)])
    catalog.save_event(event, [accepted])
    catalog.save_event(event)
    assert catalog.deliveries_of(event.id) == [accepted]


def test_a_delivery_needs_no_stored_event(catalog: Catalog) -> None:
    owed = a_delivery(an_event())
    catalog.save_delivery(owed)
    assert catalog.due_deliveries() == [owed]


# --------------------------------------------------------------------------------------------------- minute files


def a_minute(number: int, camera: CameraId = DOOR, *, whole: bool = True) -> RecordedSpan:
    begin = NOON + number * 60 * SECOND
    key = f"continuous/{camera}/2026/11/21/{number:03}.mp4"
    return RecordedSpan(key, camera, begin, begin + 60 * SECOND, 1000, whole)


def in_minutes(event: Event) -> Event:
    assert event.recording is not None
    return replace(event, recording=replace(event.recording, in_minutes=True))


def test_an_event_in_minutes_comes_back_as_it_was_and_has_no_file(catalog: Catalog) -> None:
    event = replace(in_minutes(an_event()), unfinished=True)
    catalog.save_event(event)
    assert catalog.event(event.id) == event
    assert catalog.recorded_bytes() == 0
    assert catalog.recording_keys() == frozenset()
    assert catalog.pictured_keys() == {"front-door/1.mp4"}
    assert catalog.recorded(DOOR, NOON - 60 * SECOND, NOON + 60 * SECOND) == []


def test_an_event_whose_recording_is_written_still_is_unfinished_and_stays(catalog: Catalog) -> None:
    catalog.save_event(replace(an_event(), unfinished=True))
    catalog.mark_deleted(an_event().id, NOON)
    assert ids(catalog.unfinished_events()) == ["event-1"]
    assert catalog.expired_events(NOON + 3600 * SECOND, 10) == []
    assert catalog.deleted_events(NOON + 3600 * SECOND, 10) == []
    catalog.save_event(an_event())
    assert catalog.unfinished_events() == []
    assert ids(catalog.deleted_events(NOON + 3600 * SECOND, 10)) == ["event-1"]


def test_a_minute_grows_is_whole_and_is_forgotten(catalog: Catalog) -> None:
    growing = a_minute(1, whole=False)
    catalog.save_span(growing)
    assert catalog.unfinished_spans() == [growing]
    catalog.save_span(a_minute(1))
    catalog.save_span(a_minute(0))
    assert catalog.unfinished_spans() == []
    assert catalog.recorded_bytes() == 2000
    assert catalog.recording_keys() == {a_minute(0).key, a_minute(1).key}
    catalog.forget_span(a_minute(1).key)
    catalog.forget_span(a_minute(1).key)
    assert catalog.recorded(DOOR, NOON, NOON + 3600 * SECOND) == [a_minute(0)]


def test_every_file_that_touches_a_span_is_found_oldest_first(catalog: Catalog) -> None:
    for number in (3, 1, 2, 0):
        catalog.save_span(a_minute(number))
    catalog.save_span(a_minute(1, YARD))
    visit = an_event(9, NOON + 90 * SECOND)
    catalog.save_event(visit)
    catalog.save_event(replace(an_event(8, NOON + 90 * SECOND), recording=None))
    found = catalog.recorded(DOOR, NOON + 60 * SECOND, NOON + 120 * SECOND)
    assert [span.key for span in found] == [a_minute(1).key, "front-door/9.mp4"]
    assert found[1] == RecordedSpan(
        "front-door/9.mp4", DOOR, NOON + 84 * SECOND, NOON + 98 * SECOND, 9_000_000, event_at=visit.started_at
    )
    catalog.save_event(replace(visit, ended_at=None))
    assert [span.whole for span in catalog.recorded(DOOR, NOON + 90 * SECOND, NOON + 91 * SECOND)] == [True, False]
    catalog.mark_deleted(visit.id, NOON)
    assert [span.key for span in catalog.recorded(DOOR, NOON + 90 * SECOND, NOON + 91 * SECOND)] == [a_minute(1).key]


def test_minutes_that_hold_an_event_are_not_loose(catalog: Catalog) -> None:
    for number in range(5):
        catalog.save_span(a_minute(number))
    catalog.save_span(a_minute(1, YARD))
    catalog.save_span(a_minute(5, whole=False))
    visit = in_minutes(an_event(1, NOON + 64 * SECOND))  # shown from 58 to 72
    catalog.save_event(visit)
    catalog.save_event(an_event(2, NOON + 200 * SECOND))
    loose = [a_minute(1, YARD), a_minute(2), a_minute(3), a_minute(4)]
    assert catalog.loose_spans(10) == loose
    assert catalog.loose_spans(2) == loose[:2]
    assert catalog.loose_spans(2, loose[1].starts_at) == loose[1:3]
    catalog.mark_deleted(visit.id, NOON)
    assert catalog.loose_spans(10) == loose, "it may still be restored"
    catalog.save_event(replace(visit, ended_at=None))
    assert catalog.loose_spans(10) == [a_minute(1, YARD)]
    catalog.forget_event(visit.id)
    assert catalog.loose_spans(10)[:2] == [a_minute(0), a_minute(1)]


def test_gaps_that_are_long_over_are_forgotten(catalog: Catalog) -> None:
    for number in range(3):
        begin = NOON + number * 60 * SECOND
        catalog.add_gap(Gap(DOOR, begin, begin + 30 * SECOND, "The camera was offline."))
    assert catalog.forget_gaps(NOON) == 0
    assert catalog.forget_gaps(NOON + 91 * SECOND) == 2
    assert [gap.starts_at for gap in catalog.gaps(DOOR, NOON, NOON + 3600 * SECOND)] == [NOON + 120 * SECOND]


def test_old_words_about_doorstep_itself_are_forgotten_but_for_what_is_due_and_what_proves_a_channel(
    catalog: Catalog,
) -> None:
    event = an_event(1)
    catalog.save_event(event, [replace(a_delivery(event, "ntfy"), state=DeliveryState.FAILED)])
    states = [DeliveryState.ACCEPTED, DeliveryState.ACCEPTED, DeliveryState.DUE, DeliveryState.FAILED]
    for number, state in enumerate([*states, DeliveryState.ACCEPTED]):
        at = NOON + number * 60 * SECOND
        alert = replace(a_delivery(event).alert, id=AlertId(f"trouble-{number}"), event=None, at=at)
        channel = "ntfy" if number == 4 else "email"
        catalog.save_delivery(replace(a_delivery(event, channel), alert=alert, state=state, next_at=at))
    proven = catalog.last_accepted()
    assert catalog.forget_deliveries(NOON) == 0
    assert catalog.forget_deliveries(NOON + 200 * SECOND) == 2
    left = [number for number in range(5) if catalog.delivery(f"trouble-{number}:{'ntfy' if number == 4 else 'email'}")]
    assert left == [1, 2, 4]
    assert catalog.last_accepted() == proven
    assert len(catalog.deliveries_of(event.id)) == 1


def test_a_timeline_holds_files_gaps_and_events_of_its_camera(catalog: Catalog) -> None:
    for number in range(4):
        catalog.save_span(a_minute(number))
        catalog.save_event(in_minutes(an_event(number, NOON + (number * 60 + 30) * SECOND)))
        begin = NOON + number * 60 * SECOND
        catalog.add_gap(Gap(DOOR, begin, begin + 10 * SECOND, "The camera was offline."))
    catalog.save_span(a_minute(0, YARD))
    catalog.save_event(an_event(7, NOON, YARD))
    catalog.mark_deleted(EventId("event-2"), NOON)
    found = catalog.timeline(DOOR, NOON + 60 * SECOND, NOON + 180 * SECOND, 10)
    assert list(found.spans) == [a_minute(1), a_minute(2)]
    assert [gap.starts_at for gap in found.gaps] == [NOON + 60 * SECOND, NOON + 120 * SECOND]
    assert ids(found.events) == ["event-1"]
    assert found.complete
    newest = catalog.timeline(DOOR, NOON, NOON + 3600 * SECOND, 2)
    assert [list(newest.spans), len(newest.gaps), ids(newest.events)] == [
        [a_minute(2), a_minute(3)],
        2,
        ["event-1", "event-3"],
    ]
    assert not newest.complete
    for since, until, most in ((60, 180, 10), (0, 3600, 2), (0, 3600, 20)):
        span = NOON + since * SECOND, NOON + until * SECOND
        assert catalog.brief_timeline(DOOR, *span, most) == brief(catalog.timeline(DOOR, *span, most))


def test_a_brief_timeline_is_the_same_with_marks(catalog: Catalog) -> None:
    whole = an_event(1, NOON)
    runs = replace(an_event(2, NOON + 60 * SECOND), ended_at=None, causes=(Cause.MOTION, Cause.PERSON, Cause.PRESS))
    recording = Recording("a.mp4", NOON, NOON + 20 * SECOND, 0)
    away = replace(an_event(3, NOON + 120 * SECOND), recording=recording)
    here = replace(an_event(4, NOON + 180 * SECOND), recording=replace(recording, key="b.mp4", size=7))
    for event in (whole, runs, away, here, in_minutes(an_event(5, NOON + 240 * SECOND))):
        catalog.save_event(event)
    span = NOON - 60 * SECOND, NOON + 600 * SECOND
    found = catalog.brief_timeline(DOOR, *span, 10)
    assert found == brief(catalog.timeline(DOOR, *span, 10))
    assert [mark.is_here for mark in found.marks if mark.id in {"event-3", "event-4", "event-5"}] == [False, True, True]


# ------------------------------------------------------------------------------------ told while the clock is not set

BOOTED = datetime(1970, 1, 1, tzinfo=UTC)
GUESS = Guess("this boot", BOOTED)
TRUTH = Guess("this boot", NOON)
LATER = Dating(NOON - BOOTED)


def minute_at(at: datetime) -> RecordedSpan:
    return RecordedSpan(f"continuous/front-door/{at:%H%M}.mp4", DOOR, at, at + 60 * SECOND, 9)


def test_what_is_told_by_a_guess_says_so(catalog: Catalog) -> None:
    guessed = replace(an_event(at=BOOTED + 60 * SECOND), guess=GUESS)
    catalog.save_event(guessed)
    assert catalog.event(guessed.id) == guessed


@pytest.mark.parametrize("known", [True, False])
def test_every_row_of_a_boot_is_dated_when_its_clock_is_set(catalog: Catalog, known: bool) -> None:
    at = BOOTED + 60 * SECOND
    event = replace(an_event(at=at), guess=GUESS, deleted_at=at + 90 * SECOND, ended_at=None)
    minute, gap = minute_at(at), Gap(DOOR, at, at + 5 * SECOND, "lost")
    told = replace(a_delivery(event), acknowledged_at=at + SECOND, opened_at=at + 2 * SECOND)
    catalog.save_event(event, [told])
    catalog.save_span(minute, GUESS)
    catalog.add_gap(gap, GUESS)

    for _ in range(2):  # whoever is not sure that it was done does it again
        catalog.redate(TRUTH, known=known)
    assert catalog.event(event.id) == dated_event(event, LATER, None if known else TRUTH)
    assert catalog.deliveries_of(event.id) == [dated_delivery(told, LATER)]
    assert [one.opened_at for one in catalog.deliveries_of(event.id)] == [NOON + 62 * SECOND]
    since, until = NOON, NOON + 3600 * SECOND
    assert catalog.gaps(DOOR, since, until) == [dated_gap(gap, LATER)]
    assert list(catalog.recorded(DOOR, since, until)) == [dated_span(minute, LATER)]
    catalog.redate(Guess("this boot", NOON + 3600 * SECOND), known=True)
    moved = [] if not known else [dated_gap(gap, LATER)]
    assert catalog.gaps(DOOR, since, NOON + 1800 * SECOND) == moved


def test_what_is_known_and_what_another_boot_guessed_stays(catalog: Catalog) -> None:
    right = an_event(1)
    earlier = replace(an_event(2, BOOTED + SECOND), guess=Guess("an earlier boot", BOOTED))
    for event in (right, earlier):
        catalog.save_event(event, [a_delivery(event)])
    catalog.save_span(minute_at(NOON))
    catalog.save_span(minute_at(BOOTED), Guess("an earlier boot", BOOTED))
    catalog.add_gap(Gap(DOOR, NOON, NOON + SECOND, "lost"))
    catalog.redate(Guess("this boot", NOON), known=True)
    for event in (right, earlier):
        assert catalog.event(event.id) == event
        assert catalog.deliveries_of(event.id) == [a_delivery(event)]
    assert catalog.loose_spans(9) == [minute_at(BOOTED), minute_at(NOON)]
    assert len(catalog.gaps(DOOR, NOON, NOON)) == 1


def test_each_row_is_dated_by_what_told_it_although_the_clock_was_set_by_hand_between(catalog: Catalog) -> None:
    by_hand = Guess("this boot", NOON - 3600 * SECOND)
    first, second = (
        replace(an_event(1, BOOTED + 10 * SECOND), guess=GUESS),
        replace(an_event(2, by_hand.booted_at + 20 * SECOND), guess=by_hand),
    )
    for event in (first, second):
        catalog.save_event(event)
    catalog.redate(TRUTH, known=True)
    found = [catalog.event(event.id) for event in (first, second)]
    assert [event and event.started_at for event in found] == [NOON + 10 * SECOND, NOON + 20 * SECOND]


def test_a_guess_that_was_right_is_one_no_more_and_nothing_moves(catalog: Catalog) -> None:
    event = replace(an_event(), guess=Guess("this boot", NOON + SECOND))
    catalog.save_event(event)
    catalog.redate(TRUTH, known=False)
    assert catalog.event(event.id) == event
    catalog.redate(TRUTH, known=True)
    assert catalog.event(event.id) == replace(event, guess=None)


def test_a_minute_that_is_whole_stays_what_it_was_told_by(catalog: Catalog) -> None:
    minute = minute_at(BOOTED)
    catalog.save_span(replace(minute, whole=False), GUESS)
    catalog.save_span(minute)
    catalog.redate(TRUTH, known=True)
    assert catalog.loose_spans(9) == [dated_span(minute, LATER)]


def test_a_month_of_guesses_is_dated(catalog: Catalog) -> None:
    for number in range(1203):
        catalog.add_gap(Gap(DOOR, BOOTED + number * SECOND, BOOTED + (number + 1) * SECOND, "lost"), GUESS)
    catalog.redate(TRUTH, known=True)
    assert len(catalog.gaps(DOOR, NOON, NOON + 1300 * SECOND)) == 1203
    assert catalog.gaps(DOOR, BOOTED, BOOTED + 1300 * SECOND) == []


def test_an_explanation_comes_back_and_is_replaced_without_its_verdict(catalog: Catalog) -> None:
    event = an_event()
    assert not catalog.save_explanation(explanation(event.id))  # nothing is kept of an event that nobody knows
    catalog.save_event(event)
    assert catalog.explanation(event.id) is None
    assert catalog.save_explanation(explanation(event.id, looks=1))
    assert catalog.judge(event.id, Verdict.NOT_A_PERSON)
    assert catalog.save_explanation(explanation(event.id))
    assert catalog.explanation(event.id) == replace(explanation(event.id), verdict=Verdict.NOT_A_PERSON)
    assert catalog.judge(event.id, Verdict.PERSON)
    assert catalog.explanation(event.id) == replace(explanation(event.id), verdict=Verdict.PERSON)


def test_what_somebody_says_while_looks_are_written_is_not_lost(catalog: Catalog) -> None:
    event = an_event()
    catalog.save_event(event)
    catalog.save_explanation(explanation(event.id))

    def look_on() -> None:
        for number in range(30):
            catalog.save_explanation(explanation(event.id, looks=1 + number % 3))

    with ThreadPoolExecutor(2) as pool:
        looking = [pool.submit(look_on) for _ in range(2)]
        for verdict in (Verdict.PERSON, Verdict.NOT_A_PERSON) * 15:
            assert catalog.judge(event.id, verdict)
            told = catalog.explanation(event.id)
            assert told is not None
            assert told.verdict is verdict
        for one in looking:
            one.result()


def test_what_is_not_explained_cannot_be_judged(catalog: Catalog) -> None:
    catalog.save_event(an_event())
    for event in (an_event().id, EventId("unknown")):
        assert not catalog.judge(event, Verdict.PERSON)
        assert catalog.explanation(event) is None


def test_an_explanation_stays_as_long_as_its_event_and_no_longer(catalog: Catalog) -> None:
    event = an_event()
    catalog.save_event(event)
    catalog.save_explanation(explanation(event.id))
    catalog.mark_deleted(event.id, NOON)
    assert catalog.explanation(event.id) is not None
    catalog.mark_deleted(event.id, None)
    catalog.save_event(replace(event, causes=(Cause.PERSON,), score=0.99))
    assert catalog.explanation(event.id) == explanation(event.id)
    catalog.forget_event(event.id)
    assert catalog.explanation(event.id) is None
    assert not catalog.save_explanation(explanation(event.id))
    catalog.save_event(event)
    assert catalog.explanation(event.id) is None


def test_looks_are_dated_with_their_event(catalog: Catalog) -> None:
    event = replace(an_event(at=BOOTED + 60 * SECOND), guess=GUESS)
    catalog.save_event(event)
    catalog.save_explanation(explanation(event.id))
    catalog.redate(TRUTH, known=True)
    dated, why = catalog.event(event.id), catalog.explanation(event.id)
    assert dated is not None
    assert dated.started_at == NOON + 60 * SECOND
    assert why == explanation(event.id)  # seconds behind the start, wherever that is


def test_a_delivery_is_found_by_its_id(catalog: Catalog) -> None:
    delivery = a_delivery(an_event())
    catalog.save_event(an_event(), [delivery])
    assert catalog.delivery(delivery.id) == delivery
    assert catalog.delivery("unknown") is None


def test_of_each_channel_the_last_alert_that_it_took_is_known(catalog: Catalog) -> None:
    deliveries = [
        replace(a_delivery(event, channel), state=state, next_at=NOON + after * SECOND)
        for event, channel, state, after in (
            (an_event(1), "email", DeliveryState.ACCEPTED, 9),
            (an_event(2), "email", DeliveryState.ACCEPTED, 5),
            (an_event(3), "email", DeliveryState.DUE, 60),
            (an_event(1), "push", DeliveryState.FAILED, 3),
        )
    ]
    for delivery in deliveries:
        catalog.save_delivery(delivery)
    assert catalog.last_accepted() == {"email": NOON + 9 * SECOND}

"""Several boxes on one catalog: each writes and works on its own rows, and reads what the others share."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from doorstep.catalog.account_records import SqlAccountRecords
from doorstep.catalog.engine import writing
from doorstep.catalog.rows import event_row
from doorstep.catalog.site_session import of_site
from doorstep.catalog.sites import settle, share_with
from doorstep.catalog.sql import SqlCatalog
from doorstep.catalog.sql_audit import SqlAuditLog
from doorstep.catalog.sql_recipients import SqlRecipientRecords
from doorstep.catalog.tables import EventRow
from doorstep.core.access import Account, Grant, Role, Scope
from doorstep.core.alert import Alert, AlertId
from doorstep.core.alert_preferences import AlertPreferences
from doorstep.core.audit import AuditEntry
from doorstep.core.camera import CameraId
from doorstep.core.clock_state import Guess
from doorstep.core.delivery import Delivery, DeliveryState
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.event import Cause, Event, EventId, Recording
from doorstep.core.explanation import Verdict
from doorstep.core.gap import Gap
from doorstep.core.push_subscription import PushSubscription
from doorstep.core.recorded_span import RecordedSpan
from doorstep.core.site import HOME, SiteName, named_at
from doorstep.ports import EventQuery
from fakes.catalogs import KINDS, new_url, opened
from fakes.explained import explanation

DOOR, YARD = CameraId("front-door"), CameraId("yard")
CABIN, SHED = SiteName("cabin"), SiteName("shed")
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FAR = NOON + timedelta(days=365)
ALL = EventQuery(shared=True)


@dataclass
class Boxes:
    """Three boxes on one catalog."""

    engines: dict[SiteName, Engine]

    def catalog(self, site: SiteName) -> SqlCatalog:
        return SqlCatalog(self.engines[site])

    @property
    def home(self) -> SqlCatalog:
        return self.catalog(HOME)

    @property
    def cabin(self) -> SqlCatalog:
        return self.catalog(CABIN)

    def share(self, site: SiteName, *readers: SiteName, camera: CameraId | None = None) -> None:
        share_with(self.engines[site], readers, camera)


@pytest.fixture(params=KINDS)
def boxes(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Boxes]:
    url = new_url(request.param, tmp_path)
    with ExitStack() as held:
        yield Boxes({site: held.enter_context(opened(url, site)) for site in (HOME, CABIN, SHED)})


def event(number: int = 1, camera: CameraId = DOOR, at: datetime | None = None) -> Event:
    when = NOON + number * SECOND if at is None else at
    recording = Recording(f"{camera}/{number}.mp4", when, when + 5 * SECOND, 1000)
    return Event(
        EventId(f"event-{number}"), camera, when, when, when + 9 * SECOND, (Cause.PERSON,), 0.9, 5.0, recording
    )


def delivery(of: Event, state: DeliveryState = DeliveryState.DUE, alert: str = "alert") -> Delivery:
    told = Alert(AlertId(alert), of.id, of.camera, Cause.PERSON, of.started_at, "title", "text", "/")
    return Delivery(told, "email", state, 0, of.started_at)


def ids(events: Sequence[Event]) -> list[str]:
    return [one.id for one in events]


def test_what_two_boxes_call_the_same_is_each_ones_own(boxes: Boxes) -> None:
    ours, theirs = event(1), replace(event(1), score=0.5)
    boxes.home.save_event(ours, [delivery(ours)])
    boxes.cabin.save_event(theirs, [delivery(theirs, DeliveryState.ACCEPTED)])
    boxes.home.save_span(RecordedSpan("minute.mp4", DOOR, NOON, NOON + 60 * SECOND, 7, whole=True))
    boxes.cabin.save_span(RecordedSpan("minute.mp4", DOOR, NOON, NOON + 60 * SECOND, 9, whole=False))
    boxes.home.save_explanation(explanation(ours.id))
    assert [catalog.event(ours.id) for catalog in (boxes.home, boxes.cabin)] == [ours, theirs]
    assert boxes.home.deliveries_of(ours.id) == [delivery(ours)]
    assert boxes.cabin.deliveries_of(ours.id) == [delivery(theirs, DeliveryState.ACCEPTED)]
    assert [span.size for span in boxes.home.loose_spans(9)] == [7]
    assert [span.size for span in boxes.cabin.unfinished_spans()] == [9]
    assert boxes.cabin.explanation(ours.id) is None


def test_a_box_takes_up_nothing_of_another(boxes: Boxes) -> None:
    theirs = replace(event(1), ended_at=None, unfinished=True)
    old, gone, test = event(2), event(3), replace(event(4), is_test=True)
    for one in (theirs, old, gone, test):
        boxes.cabin.save_event(one, [delivery(one, alert=f"alert-{one.id}")])
    boxes.cabin.mark_deleted(gone.id, NOON)
    boxes.cabin.save_delivery(delivery(event(9), DeliveryState.ACCEPTED, "other"))
    for whole in (True, False):
        boxes.cabin.save_span(RecordedSpan(f"{whole}.mp4", DOOR, NOON, NOON + 60 * SECOND, 7, whole=whole))
    boxes.cabin.add_gap(Gap(DOOR, NOON, NOON + SECOND, "lost"))
    boxes.share(CABIN, HOME)

    home = boxes.home
    assert (home.unfinished_events(), home.unfinished_spans(), home.due_deliveries()) == ([], [], [])
    assert (home.expired_events(FAR, 99), home.deleted_events(FAR, 99), home.loose_spans(99)) == ([], [], [])
    assert (home.recorded_bytes(), home.recording_keys(), home.pictured_keys()) == (0, frozenset(), frozenset())
    assert (home.recorded(DOOR, NOON, FAR), home.gaps(DOOR, NOON, FAR)) == ([], [])
    timeline = home.timeline(DOOR, NOON, FAR, 9)
    assert (list(timeline.spans), list(timeline.gaps), list(timeline.events)) == ([], [], [])
    assert (home.last_accepted(), home.deliveries_of(old.id)) == ({}, [])
    assert home.delivery(delivery(old, alert=f"alert-{old.id}").id) is None
    assert home.events(EventQuery(tests=True)) == ([], None)


def test_a_box_removes_nothing_of_another(boxes: Boxes) -> None:
    theirs, told = event(1), replace(delivery(event(1)), state=DeliveryState.FAILED)
    boxes.cabin.save_event(theirs, [told])
    health = replace(told, alert=replace(told.alert, id=AlertId("trouble"), event=None))
    boxes.cabin.save_delivery(health)
    boxes.cabin.save_span(RecordedSpan("minute.mp4", DOOR, NOON, NOON + 60 * SECOND, 7, whole=True))
    boxes.cabin.add_gap(Gap(DOOR, NOON, NOON + SECOND, "lost"))
    boxes.home.forget_event(theirs.id)
    boxes.home.forget_span("minute.mp4")
    assert (boxes.home.forget_gaps(FAR), boxes.home.forget_deliveries(FAR)) == (0, 0)
    assert not boxes.home.mark_deleted(theirs.id, NOON)
    assert boxes.cabin.event(theirs.id) == theirs
    assert boxes.cabin.deliveries_of(theirs.id) == [told]
    assert boxes.cabin.delivery(health.id) == health
    assert len(boxes.cabin.recorded(DOOR, NOON, FAR)) == 2
    assert len(boxes.cabin.gaps(DOOR, NOON, FAR)) == 1


def test_old_words_of_one_box_do_not_prove_the_channel_of_another(boxes: Boxes) -> None:
    word = replace(delivery(event(1), DeliveryState.ACCEPTED).alert, event=None)
    for number, catalog in ((1, boxes.home), (5, boxes.cabin)):
        told = replace(delivery(event(1), DeliveryState.ACCEPTED), alert=word, next_at=NOON + number * SECOND)
        catalog.save_delivery(told)
    newer = replace(delivery(event(1), DeliveryState.ACCEPTED), alert=replace(word, id=AlertId("newer")), next_at=FAR)
    boxes.home.save_delivery(newer)
    assert boxes.home.forget_deliveries(FAR) == 1
    assert boxes.cabin.forget_deliveries(FAR) == 0
    assert boxes.cabin.last_accepted() == {"email": NOON + 5 * SECOND}


def test_the_minutes_of_one_box_are_not_held_by_an_event_of_another(boxes: Boxes) -> None:
    for catalog in (boxes.home, boxes.cabin):
        catalog.save_span(RecordedSpan("minute.mp4", DOOR, NOON, NOON + 60 * SECOND, 7, whole=True))
    visit = event(1)
    assert visit.recording is not None
    boxes.cabin.save_event(replace(visit, recording=replace(visit.recording, in_minutes=True)))
    assert [span.key for span in boxes.home.loose_spans(9)] == ["minute.mp4"]
    assert boxes.cabin.loose_spans(9) == []


def test_a_clock_that_is_set_at_one_box_moves_nothing_at_another(boxes: Boxes) -> None:
    guess = Guess("the same boot", NOON - 3600 * SECOND)
    guessed = replace(event(1), guess=guess)
    for catalog in (boxes.home, boxes.cabin):
        catalog.save_event(guessed, [delivery(guessed)])
        catalog.add_gap(Gap(DOOR, NOON, NOON + SECOND, "lost"), guess)
    boxes.home.redate(Guess("the same boot", NOON), known=True)
    moved = boxes.home.event(guessed.id)
    assert moved is not None
    assert moved.started_at == guessed.started_at + 3600 * SECOND
    assert boxes.cabin.event(guessed.id) == guessed
    assert boxes.cabin.due_deliveries()[0].alert.at == guessed.started_at
    assert len(boxes.cabin.gaps(DOOR, NOON, NOON + SECOND)) == 1


def test_people_logins_devices_and_the_audit_log_are_each_boxs_own(boxes: Boxes) -> None:
    anna = Account("Anna", "hash", Role.OWNER, None, NOON)
    login = Grant("g1", "secret", "Firefox", "Anna", frozenset({Scope.ADMIN}), None, NOON, None)
    phone = PushSubscription("s1", "Anna", "g1", "Phone", "https://push.example.org/1", "key", "auth", NOON)
    entry = AuditEntry("a1", NOON, "Anna", "192.0.2.7", "watched", DOOR, "mse")
    home, cabin = boxes.engines[HOME], boxes.engines[CABIN]
    SqlAccountRecords(cabin).save_account(anna)
    SqlAccountRecords(cabin).save_grant(login)
    SqlRecipientRecords(cabin).save_subscription(phone)
    SqlRecipientRecords(cabin).save_preferences("Anna", AlertPreferences(troubles=False))
    SqlAuditLog(cabin).save_entries([entry])

    accounts, recipients = SqlAccountRecords(home), SqlRecipientRecords(home)
    assert (accounts.accounts(), accounts.account("Anna")) == ([], None)
    assert (accounts.grants(), accounts.grant("secret")) == ([], None)
    assert (recipients.subscriptions(), recipients.preferences()) == ([], {})
    assert SqlAuditLog(home).entries(None, 9) == ([], None)
    assert not accounts.remove_account("Anna")
    assert not accounts.revoke_grant("g1")
    assert not recipients.remove_subscription("s1")
    assert SqlAuditLog(home).forget_entries(FAR, 0) == 0
    accounts.save_account(replace(anna, role=Role.GUEST))
    accounts.save_grant(replace(login, name="other"))
    recipients.save_subscription(replace(phone, id="s2"))
    recipients.save_preferences("Anna", AlertPreferences())
    assert accounts.remove_account("Anna")

    assert SqlAccountRecords(cabin).accounts() == [anna]
    assert SqlAccountRecords(cabin).grants() == [login]
    assert SqlRecipientRecords(cabin).subscriptions() == [phone]
    assert SqlRecipientRecords(cabin).preferences() == {"Anna": AlertPreferences(troubles=False)}
    assert SqlAuditLog(cabin).entries(None, 9) == ([entry], None)


# ------------------------------------------------------------------------------------------------------------ shared


def at_cabin(name: str) -> CameraId:
    return CameraId(named_at(name, CABIN))


def test_what_is_not_shared_is_not_there(boxes: Boxes) -> None:
    boxes.cabin.save_event(event(1))
    boxes.share(CABIN, SHED)
    there = EventId("event-1@cabin")
    assert boxes.home.events(ALL) == ([], None)
    assert boxes.home.events(EventQuery(cameras=frozenset({at_cabin(DOOR)}))) == ([], None)
    assert boxes.home.event(there) is None
    assert boxes.home.event(EventId("event-1")) is None
    assert boxes.catalog(SHED).event(there) is not None


def test_what_is_shared_is_called_by_where_it_lies(boxes: Boxes) -> None:
    boxes.cabin.save_event(event(1))
    boxes.home.save_event(event(2))
    boxes.share(CABIN, HOME)
    page, cursor = boxes.home.events(ALL)
    assert cursor is None
    assert [(one.id, one.camera) for one in page] == [("event-2", DOOR), ("event-1@cabin", "front-door@cabin")]
    assert boxes.home.event(page[1].id) == page[1]
    assert page[1].causes == (Cause.PERSON,)
    assert page[1].recording is not None
    assert page[1].recording.key == "@cabin/front-door/1.mp4"  # no file that is here is called so
    assert boxes.cabin.events(ALL)[0] == [event(1)], "to read is one's own right, and gives none"


def test_without_asking_for_it_nothing_of_another_box_comes(boxes: Boxes) -> None:
    boxes.cabin.save_event(event(1))
    boxes.share(CABIN, HOME)
    assert boxes.home.events(EventQuery()) == ([], None)
    assert boxes.home.events(EventQuery(cameras=frozenset({DOOR}), shared=True)) == ([], None)
    assert boxes.home.events(EventQuery(cameras=frozenset(), shared=True)) == ([], None)


def test_a_camera_of_another_box_is_asked_for_by_its_name_here(boxes: Boxes) -> None:
    for camera in (DOOR, YARD):
        boxes.cabin.save_event(event(1 if camera == DOOR else 2, camera))
    boxes.home.save_event(event(3))
    boxes.share(CABIN, HOME)
    one = boxes.home.events(EventQuery(cameras=frozenset({at_cabin(YARD)})))[0]
    assert ids(one) == ["event-2@cabin"]
    both = boxes.home.events(EventQuery(cameras=frozenset({at_cabin(YARD), DOOR})))[0]
    assert ids(both) == ["event-3", "event-2@cabin"]


def test_one_camera_can_be_shared_and_the_others_not(boxes: Boxes) -> None:
    boxes.cabin.save_event(event(1, DOOR))
    boxes.cabin.save_event(event(2, YARD))
    boxes.share(CABIN, HOME, camera=YARD)
    assert ids(boxes.home.events(ALL)[0]) == ["event-2@cabin"]
    assert boxes.home.event(EventId("event-1@cabin")) is None
    assert boxes.home.events(EventQuery(cameras=frozenset({at_cabin(DOOR)}))) == ([], None)


def test_a_share_that_ended_shows_nothing_more(boxes: Boxes) -> None:
    boxes.cabin.save_event(event(1))
    boxes.share(CABIN, HOME, SHED)
    boxes.share(CABIN, SHED)
    assert boxes.home.events(ALL) == ([], None)
    assert ids(boxes.catalog(SHED).events(ALL)[0]) == ["event-1@cabin"]


def test_what_another_box_deleted_or_tests_is_not_shown(boxes: Boxes) -> None:
    boxes.cabin.save_event(event(1))
    boxes.cabin.mark_deleted(event(1).id, NOON)
    boxes.cabin.save_event(replace(event(2), is_test=True))
    boxes.share(CABIN, HOME)
    assert boxes.home.events(ALL) == ([], None)
    assert boxes.home.event(EventId("event-1@cabin")) is None


def test_what_is_shared_can_be_read_and_never_changed(boxes: Boxes) -> None:
    boxes.cabin.save_event(event(1), [delivery(event(1))])
    boxes.cabin.save_explanation(explanation(event(1).id))
    boxes.share(CABIN, HOME)
    there = EventId("event-1@cabin")
    shown = boxes.home.event(there)
    assert shown is not None
    assert not boxes.home.mark_deleted(there, NOON)
    assert not boxes.home.judge(there, Verdict.NOT_A_PERSON)
    assert not boxes.home.save_explanation(explanation(there))
    assert boxes.home.deliveries_of(there) == []
    assert boxes.home.explanation(there) is None
    boxes.home.forget_event(there)
    assert boxes.cabin.event(event(1).id) == event(1)
    assert boxes.cabin.due_deliveries() == [delivery(event(1))]
    assert boxes.home.due_deliveries() == []


def test_a_row_of_another_box_cannot_be_written_by_mistake(boxes: Boxes) -> None:
    boxes.cabin.save_event(event(1))

    def add_there() -> None:
        with writing(boxes.engines[HOME]) as session:
            row = event_row(event(2))
            row.site = CABIN
            session.add(row)

    def change_there() -> None:
        with writing(boxes.engines[HOME]) as session:
            found = session.scalar(select(EventRow), execution_options=of_site(CABIN))
            assert found is not None
            found.has_still = True

    for mistake in (add_there, change_there):
        with pytest.raises(ValueError, match="cannot be written"):
            mistake()
    assert boxes.cabin.events(EventQuery()) == ([event(1)], None)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seconds=st.lists(st.tuples(st.sampled_from([HOME, CABIN, SHED]), st.integers(0, 3)), max_size=12),
    limit=st.integers(1, 4),
)
def test_pages_of_several_boxes_show_every_event_once_newest_first(
    boxes: Boxes, seconds: list[tuple[SiteName, int]], limit: int
) -> None:
    for site in (CABIN, SHED):
        boxes.share(site, HOME)
    for site in (HOME, CABIN, SHED):
        for old in boxes.catalog(site).events(EventQuery(limit=99))[0]:
            boxes.catalog(site).forget_event(old.id)
    wanted = set()
    for number, (site, second) in enumerate(seconds):
        made = event(number % 5, at=NOON + second * SECOND)  # the same names at several boxes
        boxes.catalog(site).save_event(made)
        wanted.add(made.id if site == HOME else named_at(made.id, site))
    found: list[Event] = []
    query: EventQuery | None = EventQuery(shared=True, limit=limit)
    while query is not None:
        page, cursor = boxes.home.events(query)
        assert len(page) == limit or cursor is None
        found += page
        query = replace(query, cursor=cursor) if cursor else None
    times = [one.started_at for one in found]
    assert times == sorted(times, reverse=True)
    assert len(found) == len(wanted)
    assert set(ids(found)) == wanted


# ------------------------------------------------------------------------------------------------------ which is which


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return new_url(request.param, tmp_path)


def test_a_box_finds_itself_again(url: str) -> None:
    for _ in range(2):
        with opened(url) as engine:
            settle(engine, "this box")


def test_a_file_follows_its_box_when_that_is_called_otherwise(tmp_path: Path) -> None:
    url = new_url("sqlite", tmp_path)
    with opened(url) as engine:
        settle(engine, "")
        SqlCatalog(engine).save_event(event(1), [delivery(event(1))])
        SqlCatalog(engine).save_explanation(explanation(event(1).id))
        SqlCatalog(engine).add_gap(Gap(DOOR, NOON, NOON + SECOND, "lost"))
        SqlAccountRecords(engine).save_account(Account("Anna", "hash", Role.OWNER, None, NOON))
    with opened(url, CABIN) as engine:
        settle(engine, "")
        catalog = SqlCatalog(engine)
        assert catalog.event(event(1).id) == event(1)
        assert catalog.due_deliveries() == [delivery(event(1))]
        assert catalog.explanation(event(1).id) == explanation(event(1).id)
        assert len(catalog.gaps(DOOR, NOON, NOON)) == 1
        assert len(SqlAccountRecords(engine).accounts()) == 1
        settle(engine, "")


@pytest.mark.parametrize("kind", KINDS[1:])
def test_two_boxes_that_are_called_the_same_are_told_so(kind: str, tmp_path: Path) -> None:
    url = new_url(kind, tmp_path)
    with opened(url) as first, opened(url) as second, opened(url, CABIN) as third:
        settle(first, "one box")
        with pytest.raises(CatalogUnavailable, match="belongs to another box"):
            settle(second, "another box")
        settle(third, "another box")
        settle(first, "one box")

"""The contract of `ports.RecipientRecords`, held by the ones in SQL and in memory."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.catalog.memory_recipients import MemoryRecipientRecords
from doorstep.catalog.sql_recipients import SqlRecipientRecords
from doorstep.core.alert_preferences import AlertPreferences, QuietHours
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.preferences_json import BROKEN, preferences_of, preferences_text
from doorstep.core.push_subscription import PushSubscription
from doorstep.ports import RecipientRecords
from fakes.catalogs import KINDS, new_engine

NOON = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
CHOSEN = AlertPreferences(
    causes=frozenset({Cause.PERSON, Cause.MOTION}),
    cameras=frozenset({CameraId("yard")}),
    quiet_hours=(QuietHours(frozenset({0, 6}), time(22, 30), time(7)),),
    troubles=False,
    snoozed_until=NOON,
)
PHONE = PushSubscription("s1", "Anna Groß", "g1", "Phone", "https://push.example.org/1", "key", "auth", NOON)


@pytest.fixture(params=[*KINDS, "memory"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RecipientRecords]:
    if request.param == "memory":
        yield MemoryRecipientRecords()
        return
    with new_engine(request.param, tmp_path) as engine:
        yield SqlRecipientRecords(engine)


def test_what_people_want_is_kept_by_person_and_for_the_house(records: RecipientRecords) -> None:
    assert records.preferences() == {}
    records.save_preferences("Anna Groß", CHOSEN)
    records.save_preferences("", AlertPreferences())
    assert records.preferences() == {"Anna Groß": CHOSEN, "": AlertPreferences()}
    records.save_preferences("Anna Groß", AlertPreferences())
    assert records.preferences()["Anna Groß"] == AlertPreferences()


def test_subscriptions_come_back_whole_and_oldest_first(records: RecipientRecords) -> None:
    younger = replace(PHONE, id="s0", endpoint="https://push.example.org/0", created_at=NOON + timedelta(seconds=1))
    for one in (younger, replace(PHONE, preferences=CHOSEN, acknowledged_at=NOON, unshown_since=NOON)):
        records.save_subscription(one)
    assert list(records.subscriptions()) == [
        replace(PHONE, preferences=CHOSEN, acknowledged_at=NOON, unshown_since=NOON),
        younger,
    ]


def test_one_address_is_one_subscription(records: RecipientRecords) -> None:
    records.save_subscription(PHONE)
    records.save_subscription(replace(PHONE, id="s2", person="Bob"))
    assert [one.id for one in records.subscriptions()] == ["s2"]


def test_a_subscription_is_removed_once(records: RecipientRecords) -> None:
    records.save_subscription(PHONE)
    assert records.remove_subscription("s1")
    assert not records.remove_subscription("s1")
    assert list(records.subscriptions()) == []


HOURS = st.builds(
    QuietHours,
    st.frozensets(st.integers(0, 6)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
)


@given(
    st.builds(
        AlertPreferences,
        causes=st.frozensets(st.sampled_from(Cause)),
        cameras=st.none() | st.frozensets(st.text(max_size=9).map(CameraId)),
        quiet_hours=st.lists(HOURS, max_size=3).map(tuple),
        troubles=st.booleans(),
        snoozed_until=st.none() | st.datetimes(timezones=st.just(UTC)),
    )
)
def test_a_row_says_what_was_chosen(preferences: AlertPreferences) -> None:
    assert preferences_of(preferences_text(preferences)) == preferences


@pytest.mark.parametrize("text", ["", "{}", "null", "[]", '{"causes": 1}', preferences_text(CHOSEN).replace("6", "7")])
def test_a_row_that_nobody_can_read_is_told_as_broken(text: str) -> None:
    with pytest.raises(BROKEN):
        preferences_of(text)

"""A name that was somebody else's before: who is new under it inherits nothing of what the other chose."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
from sqlalchemy import Engine

from doorstep.accounts.account_book import AccountBook
from doorstep.app.preferences import begin_anew
from doorstep.catalog.account_records import SqlAccountRecords
from doorstep.catalog.engine import open_engine, sqlite_url
from doorstep.catalog.sql_recipients import SqlRecipientRecords
from doorstep.catalog.upgrade import upgrade
from doorstep.core.access import Role
from doorstep.core.alert_preferences import EVERYTHING, AlertPreferences, QuietHours
from doorstep.core.cause import Cause
from doorstep.core.push_subscription import PushSubscription
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.preferences import PreferenceBook
from fakes.clock import FakeClock

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NIGHTS = AlertPreferences(frozenset({Cause.MOTION}), None, (QuietHours(frozenset({0}), time(22), time(7)),))
PHONE = PushSubscription("s1", "Anna", "g1", "Phone", "https://push.example.org/1", "key", "auth", NOON)
GOOD = "correct horse battery"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_engine(sqlite_url(tmp_path / "catalog.db"))
    upgrade(made)
    yield made
    made.dispose()


def test_devices_and_choices_go_with_an_account_and_nobody_elses_do(engine: Engine) -> None:
    accounts, rows = AccountBook(SqlAccountRecords(engine), FakeClock()), SqlRecipientRecords(engine)
    accounts.add("Anna", GOOD, Role.FAMILY, None)
    rows.save_subscription(PHONE)
    for person in ("Anna", "Bob", ""):
        rows.save_preferences(person, NIGHTS)
    assert SqlAccountRecords(engine).remove_account("anna")
    assert rows.subscriptions() == []
    assert rows.preferences() == {"Bob": NIGHTS, "": NIGHTS}


@pytest.mark.parametrize("loaded", [True, False])
def test_who_is_new_under_an_old_name_is_told_everything(engine: Engine, *, loaded: bool) -> None:
    async def meet() -> None:
        clock, records, rows = FakeClock(), SqlAccountRecords(engine), SqlRecipientRecords(engine)
        accounts, book = AccountBook(records, clock), PreferenceBook(rows, HealthBoard(clock), clock, UTC)
        rows.save_preferences("Anna", NIGHTS)
        begin_anew(accounts, book)
        if loaded:
            await book.load()
        await asyncio.to_thread(accounts.add, "Anna", GOOD, Role.FAMILY, None)
        await book.load()
        assert book.of_person("Anna") == EVERYTHING
        await book.write_all()
        assert rows.preferences() == {"Anna": EVERYTHING}

    asyncio.run(meet())

"""What only a database can get wrong: files, rights, full disks, threads, versions."""

import sqlite3
import stat
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import StatementError

from doorstep.catalog.account_records import SqlAccountRecords
from doorstep.catalog.engine import open_engine, sqlite_url, writing
from doorstep.catalog.integrity import integrity_faults
from doorstep.catalog.rows import event_row
from doorstep.catalog.sql import SqlCatalog
from doorstep.catalog.tables import Base, ExplanationRow
from doorstep.catalog.upgrade import upgrade
from doorstep.core.access import Grant, Scope
from doorstep.core.alert import Alert, AlertId
from doorstep.core.camera import CameraId
from doorstep.core.clock_state import Guess
from doorstep.core.delivery import Delivery, DeliveryState
from doorstep.core.detection import Box
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.event import Cause, Event, EventId, Recording
from doorstep.core.gap import Gap
from doorstep.core.track import Direction
from doorstep.ports import EventQuery
from fakes.explained import explanation
from fakes.tries import soon_enough

DOOR = CameraId("front-door")
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
EVENT = Event(EventId("one"), DOOR, NOON, NOON, causes=(Cause.PERSON,))

EVENT_OF_0001 = (
    (
        "INSERT INTO events (id, camera, started_at, last_seen_at, has_still, ledger) VALUES ('one', 'front-door', "
        "'2026-11-21 12:00:00.000000', '2026-11-21 12:00:00.000000', 0, '[]')"
    ),
    "INSERT INTO event_causes (event_id, cause, position) VALUES ('one', 'person', 0)",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "doorstep.sqlite"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    engine = open_engine(sqlite_url(path))
    yield engine
    engine.dispose()


@pytest.fixture
def catalog(engine: Engine) -> SqlCatalog:
    upgrade(engine)
    return SqlCatalog(engine)


def test_rows_survive_a_restart(catalog: SqlCatalog, engine: Engine, path: Path) -> None:
    catalog.save_event(EVENT)
    engine.dispose()
    again = open_engine(sqlite_url(path))
    assert upgrade(again) is None
    assert SqlCatalog(again).event(EVENT.id) == EVENT
    again.dispose()


def test_every_file_of_the_catalog_is_the_owners_alone(catalog: SqlCatalog, path: Path) -> None:
    catalog.save_event(EVENT)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert modes == {f"doorstep.sqlite{suffix}": 0o600 for suffix in ("", "-wal", "-shm")}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_readable_file_becomes_private(path: Path) -> None:
    path.parent.mkdir()
    path.touch(mode=0o644)
    open_engine(sqlite_url(path)).dispose()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_commit_survives_a_power_cut(engine: Engine) -> None:
    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}


def test_migrations_lead_to_the_tables_of_the_code(engine: Engine) -> None:
    upgrade(engine, "0001")  # a file that is made anew takes no step
    upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_database_with_rows_is_copied_before_it_changes(engine: Engine, path: Path) -> None:
    assert upgrade(engine, "0001") is None
    with engine.begin() as connection:  # as the Doorstep of that day wrote it
        for statement in EVENT_OF_0001:
            connection.execute(text(statement))
    snapshot = upgrade(engine)
    assert snapshot == path.with_name("doorstep.sqlite.before-0012")
    assert stat.S_IMODE(snapshot.stat().st_mode) == 0o600
    old = open_engine(sqlite_url(snapshot))
    with old.connect() as connection:
        assert connection.scalar(text("SELECT id FROM events")) == EVENT.id
    with pytest.raises(CatalogUnavailable):
        SqlAccountRecords(old).accounts()
    old.dispose()
    assert SqlCatalog(engine).event(EVENT.id) == EVENT
    assert SqlAccountRecords(engine).accounts() == []
    assert upgrade(engine) is None


def test_events_of_before_there_were_boxes_have_none_and_can_get_one(engine: Engine) -> None:
    upgrade(engine, "0003")
    with engine.begin() as connection:
        for statement in EVENT_OF_0001:
            connection.execute(text(statement))
        connection.execute(
            text("UPDATE events SET unfinished = 1, boot = 'b', booted_at = '2026-11-21 11:00:00.000000'")
        )
    upgrade(engine)
    catalog = SqlCatalog(engine)
    event = catalog.event(EVENT.id)
    guess = Guess("b", datetime(2026, 11, 21, 11, tzinfo=UTC))
    assert event == replace(EVENT, unfinished=True, guess=guess)
    seen = replace(event, has_still=True, box=Box(0.1, 0.2, 0.3, 0.4), zone="path", direction=Direction.LEAVING)
    catalog.save_event(seen)
    assert catalog.event(EVENT.id) == seen


def test_a_step_that_fails_changes_nothing(engine: Engine) -> None:
    upgrade(engine, "0001")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE grants (odd INTEGER)"))
    with pytest.raises(CatalogUnavailable):
        upgrade(engine)
    with engine.begin() as connection:
        tables = set(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")))
        assert "accounts" not in tables
        connection.execute(text("DROP TABLE grants"))
    upgrade(engine)
    assert SqlAccountRecords(engine).accounts() == []


def test_a_catalog_from_the_future_is_left_alone(catalog: SqlCatalog, engine: Engine) -> None:
    catalog.save_event(EVENT)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(CatalogUnavailable, match="newer Doorstep"):
        upgrade(engine)
    assert catalog.event(EVENT.id) == EVENT


def test_a_file_that_is_no_database_is_said_in_plain_words(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database, but long enough to be looked at. " * 50)
    with pytest.raises(CatalogUnavailable, match="Restore it from a backup"):
        open_engine(sqlite_url(path))


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CatalogUnavailable, match="Check that the data folder"):
        open_engine(sqlite_url(tmp_path / "file" / "doorstep.sqlite"))


@pytest.mark.parametrize("url", ["nonsense", "postgresql+nodriver://me:hunter2@db/doorstep", "sqlight:///x"])
def test_an_address_that_cannot_be_used_is_said_without_its_password(url: str) -> None:
    with pytest.raises(CatalogUnavailable, match="address") as caught:
        open_engine(url)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_a_full_disk_is_said_and_what_was_there_stays(catalog: SqlCatalog, engine: Engine) -> None:
    catalog.save_event(EVENT)

    @event.listens_for(engine, "checkout")
    def fill(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA max_page_count = 1").close()

    with pytest.raises(CatalogUnavailable, match="disk is full"):
        catalog.add_gap(Gap(DOOR, NOON, NOON, "x" * 1_000_000))
    assert catalog.event(EVENT.id) == EVENT
    event.remove(engine, "checkout", fill)


def test_a_read_only_catalog_can_still_be_read(catalog: SqlCatalog, engine: Engine) -> None:
    catalog.save_event(EVENT)

    @event.listens_for(engine, "checkout")
    def refuse(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA query_only = ON").close()

    with pytest.raises(CatalogUnavailable, match="cannot be written"):
        catalog.forget_event(EVENT.id)
    assert catalog.event(EVENT.id) == EVENT
    event.remove(engine, "checkout", refuse)


def test_a_writer_elsewhere_stops_no_reader_and_is_said_to_writers(
    catalog: SqlCatalog, engine: Engine, path: Path
) -> None:
    catalog.save_event(EVENT)

    @event.listens_for(engine, "checkout")
    def hurry(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA busy_timeout = 1").close()

    other = sqlite3.connect(path)
    other.execute("BEGIN IMMEDIATE")
    assert catalog.event(EVENT.id) == EVENT
    with pytest.raises(CatalogUnavailable, match="in use by another program"):
        catalog.save_event(EVENT)
    other.close()
    catalog.save_event(EVENT)
    event.remove(engine, "checkout", hurry)


@pytest.mark.parametrize("body", ["", "{}", "[]", '{"model": 1}', "[" * 5000])
def test_an_explanation_that_nobody_can_read_is_as_if_there_were_none(
    catalog: SqlCatalog, engine: Engine, body: str
) -> None:
    catalog.save_event(EVENT)
    catalog.save_explanation(explanation(EVENT.id))
    with engine.begin() as connection:
        connection.execute(text("UPDATE explanations SET body = :body"), {"body": body})
    assert catalog.explanation(EVENT.id) is None
    assert catalog.save_explanation(explanation(EVENT.id))
    assert catalog.explanation(EVENT.id) == explanation(EVENT.id)


def test_a_row_that_goes_while_it_is_changed_is_tried_again_later(catalog: SqlCatalog, engine: Engine) -> None:
    """As another writer of PostgreSQL does it; SQLite lets one write at a time."""
    catalog.save_event(EVENT)
    catalog.save_explanation(explanation(EVENT.id))

    def judge_too_late() -> None:
        with writing(engine) as session:
            row = session.get(ExplanationRow, session.own(EVENT.id))
            assert row is not None
            session.execute(text("DELETE FROM explanations"))
            row.verdict = "person"

    with pytest.raises(CatalogUnavailable):
        judge_too_late()
    assert catalog.explanation(EVENT.id) == explanation(EVENT.id)


def test_no_explanation_is_left_behind_by_its_event(catalog: SqlCatalog, engine: Engine) -> None:
    catalog.save_event(EVENT)
    catalog.save_explanation(explanation(EVENT.id))
    catalog.forget_event(EVENT.id)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM explanations")) == 0
    assert integrity_faults(engine) == []


def test_many_threads_lose_nothing(catalog: SqlCatalog) -> None:
    def save(number: int) -> None:
        at = NOON + timedelta(seconds=number)
        catalog.save_event(replace(EVENT, id=EventId(f"{number}"), started_at=at))
        catalog.events(EventQuery())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(save, range(80)))
    assert len(catalog.events(EventQuery(limit=100))[0]) == 80


def test_an_event_and_what_it_owes_are_saved_together_or_not_at_all(catalog: SqlCatalog, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE deliveries"))
    alert = Alert(AlertId("a"), EVENT.id, DOOR, Cause.PERSON, NOON, "title", "text", "/")
    with pytest.raises(CatalogUnavailable):
        catalog.save_event(EVENT, [Delivery(alert, "email", DeliveryState.DUE, 0, NOON)])
    assert catalog.event(EVENT.id) is None


def test_moments_come_back_in_utc_to_the_microsecond(catalog: SqlCatalog) -> None:
    moment = datetime(2026, 11, 21, 7, 0, 0, 1, tzinfo=timezone(timedelta(hours=-5)))
    catalog.save_event(replace(EVENT, started_at=moment))
    found = catalog.event(EVENT.id)
    assert found is not None
    assert repr(found.started_at) == repr(moment.astimezone(UTC))


def test_a_moment_without_time_zone_is_a_bug_and_said_so(catalog: SqlCatalog) -> None:
    with pytest.raises(StatementError, match="time zone"):
        catalog.save_event(replace(EVENT, started_at=datetime(2026, 11, 21)))  # noqa: DTZ001 - that is the bug


def test_no_error_shows_what_was_being_saved(catalog: SqlCatalog, engine: Engine) -> None:
    records = SqlAccountRecords(engine)
    assert catalog.recorded_bytes() == 0
    grant = Grant("g1", "hash-of-secret", "n", None, frozenset({Scope.ADMIN}), None, NOON, None)
    records.save_grant(grant)
    with pytest.raises(CatalogUnavailable) as caught:
        records.save_grant(replace(grant, id="g2"))
    assert "hash-of-secret" not in str(caught.value.__cause__)


@pytest.mark.parametrize("query", [EventQuery(), EventQuery(cameras=frozenset({DOOR})), EventQuery(cause="press")])
def test_a_page_is_read_from_an_index_and_never_sorted(catalog: SqlCatalog, engine: Engine, query: EventQuery) -> None:
    plans: list[str] = []

    @event.listens_for(engine, "before_cursor_execute")
    def explain(connection: Connection, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if "FROM events" in statement and not statement.startswith("EXPLAIN"):
            raw: Any = connection.connection.cursor()  # the driver takes what SQLAlchemy hands it
            raw.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(str(row[3]) for row in raw.fetchall())
            raw.close()

    catalog.events(query)
    event.remove(engine, "before_cursor_execute", explain)
    assert plans[0].startswith(("SCAN events USING INDEX", "SEARCH events USING INDEX"))
    assert not [step for step in plans if "TEMP B-TREE" in step]


def test_a_page_of_ten_thousand_events_is_quick(catalog: SqlCatalog, engine: Engine) -> None:
    with writing(engine) as session:
        for number in range(10_000):
            at = NOON + timedelta(minutes=number)
            recording = Recording(f"{number}.mp4", at, at, 1)
            causes = (Cause.PERSON, Cause.PRESS) if number % 1000 == 0 else (Cause.PERSON,)
            camera = CameraId(f"camera-{number % 4}")
            session.add(event_row(Event(EventId(f"{number:05}"), camera, at, at, at, causes, recording=recording)))
    middle = catalog.events(EventQuery(limit=5000))[1]
    queries = [
        EventQuery(),
        EventQuery(cursor=middle),
        EventQuery(cameras=frozenset({CameraId("camera-1")}), cursor=middle),
        EventQuery(cameras=frozenset({CameraId("camera-1"), CameraId("camera-2")})),
        EventQuery(cause="press"),
        EventQuery(cause="motion"),
    ]
    for query in queries:

        def asked(query: EventQuery = query) -> float:
            began = time.perf_counter()
            catalog.events(query)
            return time.perf_counter() - began

        # Measured: 3 to 6 ms on a small machine; a page that reads the whole table takes far more than this.
        assert soon_enough(asked, 0.25), query

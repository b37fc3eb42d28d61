"""What only a PostgreSQL can get wrong: the way there, its rights and bounds, two boxes at once, and going away."""

import shutil
import socket
import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, func, select, text

from doorstep.catalog import postgres as rules
from doorstep.catalog.account_records import SqlAccountRecords
from doorstep.catalog.cursor import Cursor
from doorstep.catalog.engine import open_engine, reading, writing
from doorstep.catalog.integrity import integrity_faults
from doorstep.catalog.sql import SqlCatalog
from doorstep.catalog.tables import HEAD, Base, EventRow
from doorstep.catalog.upgrade import revision, upgrade
from doorstep.core.access import Account, Grant, Role, Scope
from doorstep.core.camera import CameraId
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.event import Cause, Event, EventId
from doorstep.core.gap import Gap
from doorstep.core.site import HOME, SiteName
from doorstep.ports import EventQuery
from fakes.catalogs import KINDS, new_url, opened
from fakes.certificates import certificate
from fakes.postgres import PASSWORD, empty_url, migrated_url, missing, postgres, shared_postgres
from fakes.server_process import wait_for

needs_postgres = pytest.mark.skipif(bool(missing()), reason=missing() or "it is there")

DOOR, CABIN = CameraId("front-door"), SiteName("cabin")
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
EVENT = Event(EventId("one"), DOOR, NOON, NOON, causes=(Cause.PERSON,))
ROWS_OF_0008 = (
    (
        "INSERT INTO events (id, camera, started_at, last_seen_at, has_still, ledger) VALUES ('one', 'front-door', "
        "'2026-11-21 12:00:00.000000+00', '2026-11-21 12:00:00.000000+00', false, '[]')"
    ),
    "INSERT INTO event_causes (event_id, cause, position) VALUES ('one', 'person', 0)",
    "INSERT INTO explanations (event_id, body) VALUES ('one', '{}')",
    (
        "INSERT INTO gaps (camera, starts_at, ends_at, reason) VALUES ('front-door', '2026-11-21 12:00:00.000000+00', "
        "'2026-11-21 12:00:00.000000+00', 'lost')"
    ),
    (
        "INSERT INTO accounts (folded_name, name, password_hash, role, cameras, created_at) VALUES ('anna', 'Anna', "
        "'hash', 'owner', 'null', '2026-11-21 12:00:00.000000+00')"
    ),
)


def said(act: Callable[[], object]) -> str:
    """What the owner is told; nowhere in it, nor in what a log would hold of it, is the password."""
    with pytest.raises(CatalogUnavailable) as caught:
        act()
    error: BaseException | None = caught.value
    while error is not None:
        words = "".join(traceback.format_exception_only(error))
        assert "hunter2" not in words
        assert PASSWORD not in words
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return str(caught.value)


@pytest.fixture
def url() -> str:
    return migrated_url()


@pytest.fixture
def catalog(url: str) -> Iterator[SqlCatalog]:
    with opened(url) as engine:
        yield SqlCatalog(engine)


@needs_postgres
def test_migrations_lead_to_the_tables_of_the_code(url: str) -> None:
    with opened(url) as engine, engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_before_there_were_sites_are_the_boxs_own(kind: str, tmp_path: Path) -> None:
    engine = open_engine(empty_url() if kind == "postgres" else new_url(kind, tmp_path), CABIN)
    upgrade(engine, "0008")
    with engine.begin() as connection:
        for statement in ROWS_OF_0008:
            of_kind = statement if kind == "postgres" else statement.replace("+00'", "'")
            connection.execute(text(of_kind))
    upgrade(engine)
    catalog = SqlCatalog(engine)
    assert catalog.event(EVENT.id) == EVENT
    assert len(catalog.gaps(DOOR, NOON, NOON)) == 1
    assert [one.name for one in SqlAccountRecords(engine).accounts()] == ["Anna"]
    catalog.add_gap(Gap(DOOR, NOON, NOON, "again"))
    with engine.connect() as connection:
        assert set(connection.scalars(text("SELECT site FROM gaps"))) == {"cabin"}
        assert connection.scalar(text("SELECT count(*) FROM explanations")) == 1
    catalog.forget_event(EVENT.id)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM explanations")) == 0
        assert connection.scalar(text("SELECT count(*) FROM event_causes")) == 0
    assert integrity_faults(engine) == [] or integrity_faults(engine) == ()
    engine.dispose()


@needs_postgres
def test_two_boxes_that_bring_it_up_to_date_at_once_do_it_once() -> None:
    address = empty_url()
    engines = [open_engine(address, site) for site in (HOME, CABIN, SiteName("shed"), SiteName("boat"))]
    with ThreadPoolExecutor(len(engines)) as pool:
        assert list(pool.map(upgrade, engines)) == [None] * len(engines)
    for engine in engines:
        SqlCatalog(engine).save_event(EVENT)
        assert revision(engine) is not None
        engine.dispose()


@needs_postgres
def test_a_catalog_from_the_future_is_left_alone(catalog: SqlCatalog, url: str) -> None:
    with opened(url) as engine:
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        assert "newer Doorstep" in said(lambda: upgrade(engine))
    assert catalog.event(EVENT.id) is None


def holding(words: str, to: str | None = None) -> Engine:
    """A database that somebody else made this in, after the steps up to `to`."""
    engine = open_engine(empty_url())
    if to is not None:
        upgrade(engine, to)
    with engine.begin() as connection:
        connection.execute(text(words))
    return engine


@needs_postgres
def test_a_database_with_tables_of_others_is_used_and_one_with_tables_of_the_same_name_is_not() -> None:
    ours, others = holding("CREATE TABLE photos (id INTEGER)"), holding("CREATE TABLE events (id INTEGER)")
    upgrade(ours)
    assert "is no catalog of Doorstep" in said(lambda: upgrade(others))
    assert (revision(ours), revision(others)) == (HEAD, None)
    ours.dispose()
    others.dispose()


@needs_postgres
def test_a_step_that_does_not_fit_is_told_and_leaves_all_as_it_was() -> None:
    engine = holding("CREATE TABLE passkeys (odd INTEGER)", to="0010")
    told = said(lambda: upgrade(engine))
    assert "step of the catalog's upgrade failed" in told
    assert told.endswith("Nothing was changed: the Doorstep from before runs on it as ever.")
    assert revision(engine) == "0010"
    engine.dispose()


# ------------------------------------------------------------------------------------------------------ the way there


@needs_postgres
@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_an_address_may_be_written_in_any_of_its_ways(url: str, scheme: str) -> None:
    with opened(url.replace("postgresql", scheme, 1)) as engine:
        SqlCatalog(engine).save_event(EVENT)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql+nodriver://me:hunter2@db/doorstep",
        "postgresql+psycopg2://me:hunter2@db/doorstep",
        "postgresql://me:hunter2@db:not-a-port/doorstep",
        "mysql://me:hunter2@db/doorstep",
        "nonsense hunter2",
    ],
)
def test_an_address_that_cannot_be_used_is_said_without_its_password(address: str) -> None:
    assert "address cannot be used" in said(lambda: open_engine(address))


def test_a_password_that_is_cut_by_its_own_sign_is_in_no_error() -> None:
    said(lambda: open_engine("postgresql://me:pass@hunter2@127.0.0.1:1/doorstep"))
    said(lambda: open_engine("postgresql://me:pass/hunter2@127.0.0.1:1/doorstep"))


def test_a_driver_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert "pip install 'psycopg[binary]'" in said(lambda: open_engine("postgresql://me:hunter2@127.0.0.1/doorstep"))


@needs_postgres
def test_who_is_refused_is_told_what_to_check() -> None:
    server = shared_postgres()
    database = server.new_database()
    server.say("CREATE ROLE stranger LOGIN PASSWORD 'hunter2' CONNECTION LIMIT 0")
    assert "user name or the password" in said(lambda: open_engine(server.url(database, password="wrong hunter2")))
    assert "user name or the password" in said(lambda: open_engine(server.url(database, user="no-such-user")))
    assert "no such database" in said(lambda: open_engine(server.url("nowhere")))
    crowded = said(lambda: open_engine(server.url(database, user="stranger", password="hunter2")))
    assert "max_connections" in crowded
    assert "over TLS" in said(lambda: open_engine(server.url(database, sslmode="require")))


@needs_postgres
def test_a_user_who_may_make_no_tables_is_told_so() -> None:
    server = shared_postgres()
    database = server.new_database()
    server.say("CREATE ROLE reader LOGIN PASSWORD 'hunter2'")
    engine = open_engine(server.url(database, user="reader", password="hunter2"))
    assert "owner of the database" in said(lambda: upgrade(engine))
    engine.dispose()


def test_a_server_that_does_not_run_is_said() -> None:
    assert "cannot be reached" in said(lambda: open_engine("postgresql://me:hunter2@127.0.0.1:1/doorstep"))


def test_a_server_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        address = f"postgresql://me:hunter2@127.0.0.1:{port}/doorstep?connect_timeout=2"
        assert "cannot be reached" in said(lambda: open_engine(address))


@needs_postgres
def test_one_that_is_too_old_or_knows_too_few_letters_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    server = shared_postgres()
    server.say("CREATE DATABASE letters TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    assert "LATIN1" in said(lambda: open_engine(server.url("letters")))
    monkeypatch.setattr(rules, "OLDEST", 99)
    assert "99 or newer" in said(lambda: open_engine(url))


@needs_postgres
def test_tls_is_as_strict_as_the_address_says(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("known", "other")]
    for folder in folders:
        folder.mkdir()
    known, other = map(certificate, folders)
    with postgres() as server:
        for name, source, mode in (("server.crt", known.certificate, 0o644), ("server.key", known.key, 0o600)):
            place = server.folder / "data" / name
            place.write_bytes(source.read_bytes())
            place.chmod(mode)
            data = (server.folder / "data").stat()
            shutil.chown(place, data.st_uid, data.st_gid)
        server.stop()
        server.settings["ssl"] = "on"
        server.start()
        strict = {"sslmode": "verify-ca", "sslrootcert": str(known.certificate)}
        with opened(server.url("postgres", **strict)) as engine, engine.connect() as connection:
            assert connection.scalar(text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
        wrong = {"sslmode": "verify-ca", "sslrootcert": str(other.certificate)}
        assert "over TLS" in said(lambda: open_engine(server.url("postgres", **wrong)))


# --------------------------------------------------------------------------------------------------------- trouble


@needs_postgres
def test_one_that_goes_away_and_comes_back_is_only_an_outage() -> None:
    with postgres() as server, opened(server.url("postgres")) as engine:
        catalog = SqlCatalog(engine)
        catalog.save_event(EVENT)
        server.stop()
        for _ in range(3):
            said(lambda: catalog.event(EVENT.id))
            said(lambda: catalog.save_event(replace(EVENT, id=EventId("two"))))
        server.start()
        wait_for(lambda: catalog.event(EVENT.id), 10, "the same engine reaching it again")
        catalog.save_event(replace(EVENT, id=EventId("two")))


@needs_postgres
def test_what_it_does_not_take_is_said_and_what_was_there_stays(catalog: SqlCatalog, url: str) -> None:
    catalog.save_event(EVENT)
    database = url.rpartition("/")[2]
    for code, words in (("53100", "disk of its database is full"), ("57014", "too long"), ("22000", "code 22000")):
        shared_postgres().say(
            f"CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
            f"'no' USING ERRCODE = '{code}'; END $$",
            "CREATE OR REPLACE TRIGGER refuse BEFORE INSERT ON gaps FOR EACH ROW EXECUTE FUNCTION refuse()",
            database=database,
        )
        assert words in said(lambda: catalog.add_gap(Gap(DOOR, NOON, NOON, "lost")))
    assert catalog.event(EVENT.id) == EVENT
    assert catalog.gaps(DOOR, NOON, NOON) == []


@needs_postgres
def test_a_standby_can_still_be_read(url: str) -> None:
    with opened(url) as engine:
        SqlCatalog(engine).save_event(EVENT)
    shared_postgres().say(f"ALTER DATABASE {url.rpartition('/')[2]} SET default_transaction_read_only = on")
    with opened(url) as engine:
        assert SqlCatalog(engine).event(EVENT.id) == EVENT
        assert "takes nothing" in said(lambda: SqlCatalog(engine).forget_event(EVENT.id))


@needs_postgres
def test_who_holds_a_row_for_too_long_holds_up_nobody_for_ever(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rules._BOUNDS, "lock_timeout", "100ms")
    with opened(url) as engine:
        catalog = SqlCatalog(engine)
        catalog.save_event(EVENT)
        with engine.begin() as other:
            other.execute(text("SELECT * FROM events FOR UPDATE"))
            assert "too long" in said(lambda: catalog.mark_deleted(EVENT.id, NOON))
            assert catalog.event(EVENT.id) == EVENT, "a reader waits for no writer"
        assert catalog.mark_deleted(EVENT.id, NOON)


@needs_postgres
def test_a_reader_sees_one_state_whatever_is_written_meanwhile(url: str) -> None:
    count = select(func.count()).select_from(EventRow)
    with opened(url) as engine:
        with reading(engine) as session:
            assert session.scalar(count) == 0
            SqlCatalog(engine).save_event(EVENT)
            assert session.scalar(count) == 0
        with reading(engine) as session:
            assert session.scalar(count) == 1
        with writing(engine) as session:  # the connection is for everything again
            assert session.scalar(count) == 1
            assert session.scalar(text("SHOW transaction_isolation")) == "read committed"


@needs_postgres
def test_no_error_shows_what_was_being_saved(url: str) -> None:
    grant = Grant("g1", "hunter2", "n", None, frozenset({Scope.ADMIN}), None, NOON, None)
    with opened(url) as engine:
        records = SqlAccountRecords(engine)
        records.save_grant(grant)
        assert "23505" in said(lambda: records.save_grant(replace(grant, id="g2")))


@needs_postgres
def test_a_character_that_it_cannot_hold_is_no_outage(catalog: SqlCatalog, url: str) -> None:
    with opened(url) as engine:
        records = SqlAccountRecords(engine)
        assert records.account("an\0na") is None
        records.save_account(Account("an\0na", "hash", Role.GUEST, None, NOON))
        assert len(records.accounts()) == 1
    assert catalog.events(EventQuery(cursor=str(Cursor(NOON, "a\0b")))) == ((), None)
    assert catalog.event(EventId("\0")) is None


@needs_postgres
def test_many_threads_lose_nothing_and_wait_for_a_connection(catalog: SqlCatalog) -> None:
    def save(number: int) -> None:
        catalog.save_event(replace(EVENT, id=EventId(f"{number}")))
        catalog.events(EventQuery())

    with ThreadPoolExecutor(30) as pool:
        list(pool.map(save, range(120)))
    assert len(catalog.events(EventQuery(limit=200))[0]) == 120


@needs_postgres
def test_moments_come_back_in_utc_wherever_the_server_is(url: str) -> None:
    shared_postgres().say(f"ALTER DATABASE {url.rpartition('/')[2]} SET timezone = 'Pacific/Kiritimati'")
    last = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    with opened(url) as engine:
        SqlCatalog(engine).save_event(replace(EVENT, started_at=last))
        found = SqlCatalog(engine).event(EVENT.id)
        assert found is not None
        assert repr(found.started_at) == repr(last)

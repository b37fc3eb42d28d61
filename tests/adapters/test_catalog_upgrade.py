"""An upgrade of the catalog that goes wrong: nothing is changed, and one sentence says what to do."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from doorstep.catalog import upgrade as upgrade_module
from doorstep.catalog.copying import check_catalog, make_beside, opened
from doorstep.catalog.engine import open_engine, sqlite_url
from doorstep.catalog.kept_rows import lost_rows, same_rows
from doorstep.catalog.putting_back import last_step_of
from doorstep.catalog.snapshots import snapshots
from doorstep.catalog.tables import HEAD
from doorstep.catalog.upgrade import fit_revision, revision, upgrade
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.site import SiteName
from fakes.loop_disk import loop_disk, needs_disk

BEFORE = "0010"
AS_IT_WAS = "Nothing was changed: the Doorstep from before runs on it as ever."
GRANT = (
    "INSERT INTO grants (site, id, kind, secret_hash, name, created_at, scopes) "
    "VALUES ('home', :id, 'token', :id, 'x', '2026-11-22 00:00:00.000000', '[]')"
)
GAP = "INSERT INTO gaps (id, site, camera, starts_at, ends_at, reason) VALUES (:id, 'home', 'porch', :at, :at, 'away')"
AT = "2026-11-22 00:00:00.000000"
STEPS_OF_OTHERS = "CREATE TABLE alembic_version (version_num); INSERT INTO alembic_version VALUES"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "doorstep.sqlite"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    """Of a catalog as 0.1.0 left it, with gaps in it."""
    engine = open_engine(sqlite_url(path))
    upgrade(engine, BEFORE)
    fill(engine, 200)
    yield engine
    engine.dispose()


def fill(engine: Engine, rows: int) -> None:
    with engine.begin() as connection:
        connection.execute(text(GAP), [{"id": number, "at": AT} for number in range(rows)])


def said(engine: Engine) -> str:
    with pytest.raises(CatalogUnavailable) as caught:
        upgrade(engine)
    return str(caught.value)


def spoiling(words: str) -> Callable[[Connection, str, SiteName], None]:
    """Steps that also do this."""
    whole = upgrade_module._take

    def take(connection: Connection, target: str, site: SiteName) -> None:
        whole(connection, target, site)
        connection.execute(text(words))

    return take


@pytest.mark.parametrize(
    "words",
    [
        "DELETE FROM gaps WHERE id = 7",
        "UPDATE gaps SET reason = 'Away' WHERE id = 7",
        "UPDATE gaps SET booted_at = '' WHERE id = 7",
        "INSERT INTO gaps SELECT id + 1000, site, camera, starts_at, ends_at, reason, boot, booted_at FROM gaps",
        "DROP TABLE gaps",
    ],
)
def test_steps_that_would_lose_a_field_are_undone(
    engine: Engine, path: Path, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(upgrade_module, "_take", spoiling(words.replace("id + 1000, site", "site, id + 1000")))
        told = said(engine)
    assert "lost something of gaps" in told
    assert told.endswith(AS_IT_WAS)
    assert revision(engine) == BEFORE
    with opened(path, "ro") as now, opened(snapshots(path)[0], "ro") as kept:
        assert same_rows(now, kept)
    assert upgrade(engine) is not None


def test_a_step_that_does_not_fit_says_so_and_not_that_later_may_help(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE passkeys (odd INTEGER)"))
    told = said(engine)
    assert "step of the catalog's upgrade failed" in told
    assert told.endswith(AS_IT_WAS)
    assert revision(engine) == BEFORE


def test_a_table_that_a_step_expects_and_is_not_there_says_so_too(tmp_path: Path) -> None:
    engine = open_engine(sqlite_url(tmp_path / "doorstep.sqlite"))
    upgrade(engine, "0008")
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE calls"))
    assert "step of the catalog's upgrade failed" in said(engine)
    assert revision(engine) == "0008"
    engine.dispose()


def test_an_upgrade_that_fails_every_time_copies_once(engine: Engine, path: Path) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE passkeys (odd INTEGER)"))
    said(engine)
    first = snapshots(path)[0].stat()
    for _ in range(3):
        said(engine)
    (kept,) = snapshots(path)
    assert (kept.stat().st_ino, kept.stat().st_mtime_ns) == (first.st_ino, first.st_mtime_ns)
    fill_more = "UPDATE gaps SET reason = 'other' WHERE id = 3"
    with engine.begin() as connection:
        connection.execute(text(fill_more))
        connection.execute(text("DROP TABLE passkeys"))
    assert upgrade(engine) == kept
    assert kept.stat().st_ino != first.st_ino
    with closing(sqlite3.connect(kept)) as before:
        assert before.execute("SELECT reason FROM gaps WHERE id = 3").fetchone() == ("other",)


def test_half_a_copy_that_a_kill_left_goes(engine: Engine, path: Path) -> None:
    for name in (f"before-{HEAD}.part", *(f"before-0009.part{end}" for end in ("", "-journal", "-wal", "-shm"))):
        path.with_name(f"{path.name}.{name}").write_bytes(b"half")
    upgrade(engine)
    assert [one.name for one in path.parent.glob("*.part*")] == []
    assert [one.name for one in snapshots(path)] == [f"{path.name}.before-{HEAD}"]


def test_what_somebody_laid_in_the_place_of_a_copy_is_not_used(path: Path, tmp_path: Path) -> None:
    path.touch()
    for other in (tmp_path / "of another", tmp_path / "not there"):
        link = tmp_path / f"link to {other.name}"
        link.symlink_to(other)
        with pytest.raises(FileExistsError):
            make_beside(link, path)
    assert not (tmp_path / "not there").exists()


def test_what_an_owner_called_alike_stays_and_the_newest_three_copies_do(engine: Engine, path: Path) -> None:
    names = ["before-0002", "before-0003", "before-0004", "before-the-holidays", "before-0003-mine"]
    for name in names:
        path.with_name(f"{path.name}.{name}").write_bytes(b"kept")
    upgrade(engine)
    there = sorted(one.name.removeprefix(f"{path.name}.") for one in path.parent.glob("*.before-*"))
    assert there == sorted([*names[1:], f"before-{HEAD}"])


def test_while_another_process_upgrades_a_reader_waits_for_nothing_and_a_second_upgrade_comes_to_nothing(
    engine: Engine, path: Path
) -> None:
    other = open_engine(sqlite_url(path))
    with other.begin():
        assert revision(engine) == BEFORE
        told = said(engine)
    other.dispose()
    assert "in use by another program" in told
    assert told.endswith(AS_IT_WAS)
    assert upgrade(engine) is not None


def test_a_catalog_on_another_disk_behind_a_link_is_copied_there(engine: Engine, path: Path, tmp_path: Path) -> None:
    engine.dispose()
    elsewhere = tmp_path / "other-disk" / "a[b]*.sqlite"
    elsewhere.parent.mkdir()
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    assert upgrade(engine) == elsewhere.with_name(f"{elsewhere.name}.before-{HEAD}")
    assert path.is_symlink()
    with opened(elsewhere, "ro") as now:
        assert now.execute("SELECT count(*) FROM gaps").fetchone() == (200,)


def test_a_damaged_catalog_is_not_upgraded(engine: Engine, path: Path) -> None:
    engine.dispose()
    with path.open("r+b") as file:
        file.seek(path.stat().st_size - 4096 * 4)
        file.write(b"\xff" * 4096 * 4)
    told = said(engine)
    assert "damaged" in told
    assert told.endswith(AS_IT_WAS)
    assert list(path.parent.glob("*before*")) == []


@pytest.mark.parametrize(
    "words",
    [
        "CREATE TABLE photos (id INTEGER)",
        f"{STEPS_OF_OTHERS} ('1a2b3c4d5e6f')",
        f"{STEPS_OF_OTHERS} (12)",
        f"{STEPS_OF_OTHERS} (x'00ff')",
        f"{STEPS_OF_OTHERS} (NULL)",
        f"{STEPS_OF_OTHERS} (CAST(x'ff' AS TEXT))",
        f"{STEPS_OF_OTHERS} ('0010'), ('0012')",
        "CREATE TABLE alembic_version (step); INSERT INTO alembic_version VALUES ('0010')",
    ],
)
def test_a_database_of_another_program_is_left_alone(tmp_path: Path, words: str) -> None:
    path = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.executescript(words)
        tables = other.execute("SELECT name FROM sqlite_master").fetchall()
    engine = open_engine(sqlite_url(path))
    assert "is no catalog of Doorstep" in said(engine)
    with pytest.raises(CatalogUnavailable, match="is no catalog of Doorstep"):
        fit_revision(engine)
    engine.dispose()
    for asked in (last_step_of, check_catalog):
        with pytest.raises(CatalogUnavailable, match="is no catalog of Doorstep"):
            asked(path)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == tables


def test_rows_in_the_log_of_a_killed_server_come_along(engine: Engine, tmp_path: Path) -> None:
    """Copied as they lie there while a connection is open: what a SIGKILL leaves."""
    left = tmp_path / "left"
    left.mkdir()
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        for file in tmp_path.glob("doorstep.sqlite*"):
            shutil.copy(file, left)
    assert (left / "doorstep.sqlite-wal").stat().st_size > 0
    killed = open_engine(sqlite_url(left / "doorstep.sqlite"))
    snapshot = upgrade(killed)
    assert snapshot is not None
    with opened(snapshot, "ro") as before, opened(left / "doorstep.sqlite", "rw") as after:
        assert before.execute("SELECT count(*) FROM gaps").fetchone() == (200,)
        assert lost_rows(before, after) == []
    killed.dispose()


def test_too_little_space_is_said_with_the_figure_before_anything_is_written(tmp_path: Path) -> None:
    needs_disk()
    with loop_disk(tmp_path / "disk", 40 << 20) as disk:
        path = disk.folder / "doorstep.sqlite"
        engine = open_engine(sqlite_url(path))
        upgrade(engine, BEFORE)
        fill(engine, 20_000)
        filler = disk.fill(9_000_000)
        told = said(engine)
        assert "MB of free space in" in told
        assert "where 8 MB are free. Free some, then start again." in told or "where 9 MB are free." in told
        assert told.endswith(AS_IT_WAS)
        assert [one.name for one in disk.folder.glob("*before*")] == []
        assert revision(engine) == BEFORE
        filler.unlink()
        assert upgrade(engine) is not None
        engine.dispose()


@pytest.mark.parametrize("left", [0, 40_000, 200_000])
def test_a_disk_that_fills_up_in_the_middle_undoes_everything(
    tmp_path: Path, left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others write too: what was free at the look is not any more when the steps come."""
    needs_disk()
    with loop_disk(tmp_path / "disk", 120 << 20) as disk:
        path = disk.folder / "doorstep.sqlite"
        engine = open_engine(sqlite_url(path))
        upgrade(engine, "0008")
        with engine.begin() as connection:
            rows = [{"id": number, "at": AT} for number in range(40_000)]
            connection.execute(text(GAP.replace("(id, site,", "(id,").replace("'home', ", "")), rows)
        whole = upgrade_module._take

        def take(connection: Connection, target: str, site: SiteName) -> None:
            disk.fill(left)
            whole(connection, target, site)

        with monkeypatch.context() as patched:
            patched.setattr(upgrade_module, "_take", take)
            told = said(engine)
        assert "disk is full" in told
        assert told.endswith(AS_IT_WAS)
        engine.dispose()
        with closing(sqlite3.connect(path)) as catalog:
            assert catalog.execute("SELECT version_num FROM alembic_version").fetchone() == ("0008",)
            assert catalog.execute("SELECT count(*) FROM gaps").fetchone() == (40_000,)
        (disk.folder / "filler").unlink()
        again = open_engine(sqlite_url(path))
        assert upgrade(again) is not None
        again.dispose()

"""Where the catalog of a box is, and how the box knows itself again."""

import stat
from pathlib import Path

import pytest

from doorstep.app.accounts import open_accounts
from doorstep.app.backup import CATALOG_NAME
from doorstep.app.catalog import (
    BOX_FILE,
    AwaitedCatalog,
    open_catalog,
    own_catalog,
    refuse_postgres,
    served_catalog,
)
from doorstep.catalog.site_session import site_of_engine
from doorstep.catalog.sql import SqlCatalog
from doorstep.catalog.tables import SiteShareRow
from doorstep.core.access import Role
from doorstep.core.cloud_settings import CatalogSettings
from doorstep.core.errors import CatalogAway, CatalogUnavailable, ConfigInvalid
from fakes.free_port import free_port
from fakes.postgres import empty_url, missing

needs_postgres = pytest.mark.skipif(bool(missing()), reason=missing() or "it is there")


def test_without_a_word_in_the_config_it_is_a_file_in_the_data_folder(tmp_path: Path) -> None:
    engine = own_catalog(tmp_path)
    assert SqlCatalog(engine).recorded_bytes() == 0
    assert site_of_engine(engine) == "home"
    engine.dispose()
    assert (tmp_path / CATALOG_NAME).exists()
    assert not (tmp_path / BOX_FILE).exists()


def test_a_backup_of_one_box_says_what_to_use_for_several() -> None:
    refuse_postgres(CatalogSettings())
    with pytest.raises(ConfigInvalid, match="pg_dump") as caught:
        refuse_postgres(CatalogSettings("postgresql://me:hunter2@db/doorstep"))
    assert "hunter2" not in str(caught.value)


@needs_postgres
def test_a_box_knows_itself_by_a_file_of_its_own(tmp_path: Path) -> None:
    kept = CatalogSettings(empty_url(), "cabin", ("home",))
    first, second = tmp_path / "first", tmp_path / "second"
    for data in (first, second):
        data.mkdir()
    for _ in range(2):
        served_catalog(first, kept).dispose()
    assert stat.S_IMODE((first / BOX_FILE).stat().st_mode) == 0o600
    assert not (first / CATALOG_NAME).exists()
    with pytest.raises(CatalogUnavailable, match="belongs to another box"):
        own_catalog(second, kept)
    (second / BOX_FILE).write_bytes((first / BOX_FILE).read_bytes())  # a new machine takes its place
    own_catalog(second, kept).dispose()


@needs_postgres
def test_what_the_config_shares_is_written_at_start_and_taken_back(tmp_path: Path) -> None:
    url = empty_url()
    for readers in (("home", "shed"), ("shed",), ()):
        engine = served_catalog(tmp_path, CatalogSettings(url, "cabin", readers))
        with engine.connect() as connection:
            rows = connection.execute(SiteShareRow.__table__.select()).all()
        engine.dispose()
        assert {(row.site, row.reader, row.camera) for row in rows} == {("cabin", reader, "") for reader in readers}


@needs_postgres
def test_people_are_made_in_the_database_while_no_server_runs(tmp_path: Path) -> None:
    kept = CatalogSettings(empty_url(), "cabin")
    with open_accounts(tmp_path, kept) as book:
        book.add("Anna", "correct horse battery", Role.OWNER, None)
    with open_accounts(tmp_path, kept) as book:
        assert [one.name for one in book.people()] == ["Anna"]
    engine = open_catalog(tmp_path, kept)
    assert site_of_engine(engine) == "cabin"
    engine.dispose()


@needs_postgres
def test_a_database_that_is_away_is_told_from_one_that_only_the_owner_can_mend(tmp_path: Path) -> None:
    nobody = CatalogSettings(f"postgresql://me:hunter2@127.0.0.1:{free_port()}/doorstep", "cabin")
    with pytest.raises(CatalogAway, match="cannot be reached"):
        served_catalog(tmp_path, nobody)
    url = empty_url()
    for mended_by_the_owner in (url.replace("with%40signs", "mistyped"), f"{url}x"):
        with pytest.raises(CatalogUnavailable) as refused:
            served_catalog(tmp_path, CatalogSettings(mended_by_the_owner, "cabin"))
        assert not isinstance(refused.value, CatalogAway)


@needs_postgres
def test_an_awaited_catalog_takes_nothing_until_it_is_there_and_ours(tmp_path: Path) -> None:
    kept, other = CatalogSettings(empty_url(), "cabin"), tmp_path / "other"
    other.mkdir()
    served_catalog(other, kept).dispose()  # another box has that name
    awaited = AwaitedCatalog(tmp_path, kept, "The database is away.")
    with pytest.raises(CatalogAway, match="is away"):
        SqlCatalog(awaited.engine).recorded_bytes()
    assert not awaited.come()
    with pytest.raises(CatalogAway, match="belongs to another box"):
        SqlCatalog(awaited.engine).recorded_bytes()
    (tmp_path / BOX_FILE).write_bytes((other / BOX_FILE).read_bytes())
    assert awaited.come()
    assert SqlCatalog(awaited.engine).recorded_bytes() == 0
    awaited.engine.dispose()

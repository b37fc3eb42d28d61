"""What the release's trial on a fresh Debian holds an upgraded house against notices whatever is lost."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from doorstep.app.catalog import own_catalog
from doorstep.catalog.engine import open_engine, sqlite_url
from doorstep.catalog.upgrade import upgrade
from fakes.kept_house import KeptHouse, gone_from, house_on_disk

GAP = "INSERT INTO gaps (id, site, camera, starts_at, ends_at, reason) VALUES (7, 'home', 'a', '', '', 'away')"


@pytest.fixture
def house(tmp_path: Path) -> tuple[KeptHouse, Path, Path]:
    """Of 0.1.0, and brought up since; what was, its data and its config."""
    data, config = tmp_path / "data", tmp_path / "doorstep.toml"
    (data / "recordings" / "a").mkdir(parents=True)
    (data / "recordings" / "a" / "one.mp4").write_bytes(b"recorded")
    config.write_text("# mine\n")
    engine = open_engine(sqlite_url(data / "doorstep.sqlite"))
    upgrade(engine, "0010")
    with closing(sqlite3.connect(data / "doorstep.sqlite")) as catalog, catalog:
        catalog.execute(GAP)
    engine.dispose()
    before = house_on_disk(data, config)
    own_catalog(data).dispose()
    return before, data, config


def test_a_house_that_was_brought_up_and_went_on_has_lost_nothing(house: tuple[KeptHouse, Path, Path]) -> None:
    before, data, config = house
    change("INSERT INTO gaps SELECT site, 8, camera, starts_at, ends_at, reason, boot, booted_at FROM gaps")(data)
    (data / "recordings" / "a" / "two.mp4").write_bytes(b"more")
    assert gone_from(before, data, config) == []


def change(words: str) -> Callable[[Path], None]:
    def made(data: Path) -> None:
        with closing(sqlite3.connect(data / "doorstep.sqlite")) as catalog, catalog:
            catalog.execute(words)

    return made


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (change("UPDATE gaps SET reason = 'Away'"), "gaps: no row {'site': 'home', 'id': 7"),
        (change("DELETE FROM gaps"), "gaps: no row {'site': 'home', 'id': 7"),
        (change("ALTER TABLE gaps DROP COLUMN reason"), "gaps: without reason"),
        (lambda data: (data / "recordings" / "a" / "one.mp4").unlink(), "recordings/a/one.mp4"),
        (lambda data: (data / "recordings" / "a" / "one.mp4").write_bytes(b"recordeD"), "recordings/a/one.mp4"),
        (lambda data: (data.parent / "doorstep.toml").write_text("# Mine\n"), "doorstep.toml is not as it was"),
        (lambda data: (data / "doorstep.sqlite.before-0012").unlink(), "the copy of before is not what was"),
        (
            lambda data: shutil.copy(data / "doorstep.sqlite", data / "doorstep.sqlite.before-0012"),
            "the copy of before is not what was",
        ),
    ],
)
def test_what_is_gone_is_named(house: tuple[KeptHouse, Path, Path], spoil: Callable[[Path], object], told: str) -> None:
    before, data, config = house
    spoil(data)
    (line,) = gone_from(before, data, config)
    assert line.startswith(told)

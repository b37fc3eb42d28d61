"""A real start over the data of 0.1.0 on a disk that is full, before and in each part: one sentence, nothing changed.

Then the same start once there is space: everything is brought up, the config's names too, whose renames are invented.
"""

import hashlib
import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from doorstep.app.accounts import open_accounts
from doorstep.catalog.engine import open_engine, sqlite_url
from doorstep.catalog.kept_rows import lost_rows, same_rows
from doorstep.catalog.sites import settle
from doorstep.catalog.snapshots import take_snapshot
from doorstep.catalog.tables import HEAD
from doorstep.catalog.upgrade import upgrade
from fakes.loop_disk import LoopDisk, loop_disk, needs_disk

pytestmark = pytest.mark.slow

BEFORE = "0010"
ROWS = 2_000
AS_IT_WAS = "Nothing was changed: the Doorstep from before runs on it as ever."
CONFIG = (
    '# Mine.\n[events]\nwait = 6  # seconds\n\n[[camera]]\nid = "a"\nname = "A"\nsource = "demo://"\nenabled = false\n'
)
RUN = """
import sys
from doorstep.core import renamed_keys
from doorstep.core.renamed_keys import RenamedKey
renamed_keys.RENAMED = (RenamedKey("0.2.0", ("events", "wait"), ("events", "close_after")),)
sys.argv[0] = "doorstep"
from doorstep.cli.main import main
main()
"""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[LoopDisk]:
    needs_disk()
    with loop_disk(tmp_path / "disk", 48 << 20) as disk:
        yield disk


@pytest.fixture
def data(disk: LoopDisk) -> Path:
    """As 0.1.0 left it, with a config beside it."""
    data = disk.folder / "data"
    data.mkdir(mode=0o700)
    engine = open_engine(sqlite_url(data / "doorstep.sqlite"))
    upgrade(engine, BEFORE)
    settle(engine, "")
    engine.dispose()
    gap = "INSERT INTO gaps (id, site, camera, starts_at, ends_at, reason) VALUES (?, 'home', 'a', '', '', 'away')"
    with closing(sqlite3.connect(data / "doorstep.sqlite")) as catalog, catalog:
        catalog.executemany(gap, [(number,) for number in range(ROWS)])
    (disk.folder / "data.toml").write_text(CONFIG)
    return data


def started(data: Path, largest_file: int | None = None) -> tuple[str, str]:
    """The first line of a server, which is ended at once, and what it said on standard error."""

    def limit() -> None:
        if largest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    words = ("run", "--config", f"{data}.toml", "--data", str(data), "--listen", "127.0.0.1:0")
    environment = {**os.environ, "RUNTIME_DIRECTORY": str(data.parent.parent / "run")}
    with subprocess.Popen(
        [sys.executable, "-c", RUN, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        preexec_fn=limit,  # noqa: PLW1509 - nothing else runs in this process
    ) as server:
        assert server.stdout is not None
        assert server.stderr is not None
        first = server.stdout.readline()
        if first:
            server.stdout.readline()  # the way to an account: all is brought up
            server.terminate()
        return first, server.communicate(timeout=120)[1]


def state_of(data: Path) -> dict[str, str]:
    """The catalog's rows, and whatever else of a house lies in the folder."""
    with closing(sqlite3.connect(data / "doorstep.sqlite")) as catalog:
        rows = "\n".join(catalog.iterdump())
    config = data.with_name("data.toml")
    return {"rows": hashlib.sha256(rows.encode()).hexdigest(), "config": config.read_text()}


def test_a_start_on_a_full_disk_leaves_all_to_the_older_one_and_the_next_brings_it_up(
    disk: LoopDisk, data: Path
) -> None:
    before, catalog = state_of(data), data / "doorstep.sqlite"
    size = catalog.stat().st_size
    with closing(sqlite3.connect(":memory:")) as rows, closing(sqlite3.connect(catalog)) as now:
        now.backup(rows)

        filler = disk.fill(4 << 20)
        assert "MB of free space in" in refused(data)
        filler.unlink()
        # What nobody foresees, such as a quota, strikes in the middle: of the copy, and of the steps beside one.
        assert "Check the disk" in refused(data, size // 2)
        assert list(data.glob("*before*")) == []
        copy_of_before = take_snapshot(catalog, HEAD, 0).stat()
        assert "Check the disk" in refused(data, 36 << 10)
        assert (data / f"doorstep.sqlite.before-{HEAD}").stat().st_ino == copy_of_before.st_ino
        assert state_of(data) == before

        first, said = started(data)
        assert first.startswith("listening on http"), said
        with closing(sqlite3.connect(catalog)) as after, closing(sqlite3.connect(f"{catalog}.before-{HEAD}")) as copy:
            assert (lost_rows(rows, after), same_rows(rows, copy)) == ([], True)
    assert data.with_name("data.toml").read_text() == CONFIG.replace("wait = 6", "close_after = 6")
    assert [path.read_text() for path in data.parent.glob("data.toml.before-*")] == [CONFIG]
    with open_accounts(data) as accounts:
        assert accounts.tokens() == []


def refused(data: Path, largest_file: int | None = None) -> str:
    """Why, in one line without a traceback, which ends with that nothing was changed."""
    first, said = started(data, largest_file)
    assert first == ""
    (sentence,) = said.strip().splitlines()
    assert sentence.endswith(AS_IT_WAS), said
    assert [path.name for path in data.glob("*.part*")] == []
    return sentence

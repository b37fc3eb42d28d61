"""A config with names of before, at a start: rewritten, kept beside, and never lost; the renames are invented."""

from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from doorstep import __version__
from doorstep.app.downgrade import downgrade
from doorstep.app.older_names import names_finding, write_names_of_now
from doorstep.app.settings_file import VERSIONS_FOLDER, SettingsPlace, TomlSettings
from doorstep.catalog.engine import open_engine, sqlite_url
from doorstep.catalog.upgrade import upgrade
from doorstep.cli.main import app
from doorstep.clock import SystemClock
from doorstep.config.versions import KeptVersions
from doorstep.core import renamed_keys
from doorstep.core.cloud_settings import CatalogSettings
from doorstep.core.renamed_keys import RenamedKey
from doorstep.core.settings import Settings
from doorstep.core.settings_edit import SettingsChange, SettingsRefused

INVENTED = (
    RenamedKey("0.3.0", ("events", "wait"), ("events", "pause")),
    RenamedKey("0.4.0", ("events", "pause"), ("events", "close_after")),
)
OLDER = '# mine\n[events]\nwait = 6 # s\n\n[[camera]]\nid = "a"\nname = "A"\nsource = "demo://"\n'
NOW = OLDER.replace("wait = 6", "close_after = 6")
CLOCK = SystemClock()


@pytest.fixture(autouse=True)
def _invented(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renamed_keys, "RENAMED", INVENTED)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "etc" / "doorstep.toml"
    path.parent.mkdir()
    path.write_text(OLDER)
    path.chmod(0o640)
    return path


def copy_of(config: Path) -> Path:
    return config.with_name(f"doorstep.toml.before-{__version__}")


def kept_in(data: Path) -> list[tuple[str, str]]:
    return [(state.what, state.text) for state in KeptVersions(data / VERSIONS_FOLDER).all()]


def test_the_file_is_rewritten_and_that_of_before_stays_beside_it_and_in_the_page(config: Path, data: Path) -> None:
    for _ in range(2):  # the second start finds nothing to do
        write_names_of_now(config, data, CLOCK)
    assert config.read_text() == NOW
    assert copy_of(config).read_text() == OLDER
    assert {path.stat().st_mode & 0o777 for path in (config, copy_of(config))} == {0o640}
    assert sorted(path.name for path in config.parent.iterdir()) == sorted([config.name, copy_of(config).name])
    renamed = (f"keys renamed by Doorstep {__version__}", NOW)
    assert kept_in(data) == [renamed, ("as it was found", OLDER)]


def test_a_config_without_older_names_is_not_touched(config: Path, data: Path) -> None:
    config.write_text(NOW)
    before = config.stat()
    write_names_of_now(config, data, CLOCK)
    write_names_of_now(config.with_name("none.toml"), data, CLOCK)
    assert (config.stat().st_ino, config.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert [path.name for path in config.parent.iterdir()] == [config.name]


@pytest.mark.parametrize("text", ["events = { wait = 6 ", "[events]\nwait = 6\npause = 7\n"])
def test_what_is_no_config_or_says_it_twice_stays_as_it_is(config: Path, data: Path, text: str) -> None:
    config.write_text(text)
    with structlog.testing.capture_logs():
        write_names_of_now(config, data, CLOCK)
    assert config.read_text() == text
    assert [path.name for path in config.parent.iterdir()] == [config.name]


def test_a_file_that_cannot_be_written_is_understood_and_told(config: Path, data: Path, tmp_path: Path) -> None:
    link = tmp_path / "linked.toml"
    link.symlink_to(config)
    with structlog.testing.capture_logs() as told:
        write_names_of_now(link, data, CLOCK)
    [line] = told
    assert "is a link to another file" in line["reason"]
    assert "Rename them by hand; until then they are understood as they are." in line["reason"]
    assert config.read_text() == OLDER
    found = names_finding(link)
    assert found is not None
    assert found.ok
    assert "Rename them by hand" in found.detail


def test_what_the_page_was_told_to_change_is_refused_while_the_file_has_the_older_name(
    config: Path, data: Path
) -> None:
    """Edited by hand under a running server: it is understood, and never guessed at."""
    place = SettingsPlace(config, read=Settings)
    file = TomlSettings(place, data, CLOCK, lambda _: ())
    view = file.read()
    events = view.values["events"]
    assert isinstance(events, dict)
    assert (view.fault, events["close_after"], "wait" in events) == ("", 6, False)
    with pytest.raises(SettingsRefused, match="take one of them out"):
        file.change(view.version, [SettingsChange(("events", "close_after"), 8)], "Kim")
    write_names_of_now(config, data, CLOCK)
    file.change(file.read().version, [SettingsChange(("events", "close_after"), 8)], "Kim")
    assert config.read_text() == NOW.replace("6", "8")


def test_the_check_says_what_the_next_start_will_rename_and_writes_nothing(config: Path, data: Path) -> None:
    told = CliRunner().invoke(app, ["check", "--config", str(config), "--data", str(data)], env={"COLUMNS": "250"})
    words = "ok    config: It has names of an older Doorstep: line 3: events.wait is events.pause since 0.3.0, "
    assert f"{words}line 3: events.pause is events.close_after since 0.4.0. " in told.output
    assert f"The next start renames them, and keeps {copy_of(config)}." in told.output
    assert config.read_text() == OLDER
    assert not copy_of(config).exists()


def test_the_way_back_names_what_the_older_one_calls_otherwise(
    config: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_names_of_now(config, data, CLOCK)
    engine = open_engine(sqlite_url(data / "doorstep.sqlite"))
    for to in ("0010", "head"):
        upgrade(engine, to)
    engine.dispose()
    done = downgrade(data, CatalogSettings(), "0.1.0", config)
    assert done is not None
    words = f"Doorstep 0.1.0 calls events.close_after events.wait: rename it in {config}, or put back "
    assert done.notes == (f"{words}{copy_of(config).name}",)
    monkeypatch.setattr(renamed_keys, "RENAMED", ())
    (data / "doorstep.toml").write_text(NOW)
    upgrade(engine)
    engine.dispose()
    done = downgrade(data, CatalogSettings(), "0010", None, data / "doorstep.toml")
    assert done is not None
    assert done.notes == (f"Doorstep 0.1.0 does not look for {data / 'doorstep.toml'}: name it with --config",)

"""The contract of the file that holds the settings: all or nothing, nobody's change is lost, no secret comes out."""

import json
import stat
import threading
from dataclasses import asdict
from pathlib import Path

import pytest

from doorstep.core.errors import ConfigInvalid
from doorstep.core.settings_edit import (
    AnyChange,
    LineKind,
    SecretChange,
    SettingsChange,
    SettingsChanged,
    SettingsRefused,
    SettingsUnwritable,
    SettingsView,
)
from doorstep.ports import SettingsFile
from fakes.settings_place import CONFIG, SECRETS, PlacedSettings
from fakes.small_disk import disk_in_memory, make_read_only

PRE_ROLL: list[AnyChange] = [SettingsChange(("events", "pre_roll"), 6)]


@pytest.fixture
def placed(tmp_path: Path) -> PlacedSettings:
    return PlacedSettings(tmp_path)


def spoken(view: SettingsView) -> str:
    return json.dumps(asdict(view), default=str)


def test_it_is_the_port(placed: PlacedSettings) -> None:
    file: SettingsFile = placed.file
    assert file.read().writable


def test_what_is_shown_has_every_default_and_no_secret(placed: PlacedSettings) -> None:
    view = placed.file.read()
    assert view.values["events"]["pre_roll"] == 5  # type: ignore[index]
    assert view.values["retention"]["days"] == 30  # type: ignore[index]
    assert [camera["id"] for camera in view.cameras] == ["porch", "yard"]
    assert view.cameras[0]["source"] == "rtsp://me:•••@192.0.2.5/stream1"
    assert view.cameras[1]["source"] == "demo://"
    assert set(view.secrets) == {
        ("camera", "porch", "source"),
        ("notify", "webhook", 0, "url"),
        ("notify", "webhook", 0, "secret"),
    }
    assert not any(secret in spoken(view) for secret in SECRETS)
    assert (view.fault, view.why_not) == ("", "")


def test_a_change_is_written_with_comments_and_rights_kept_and_can_be_loaded(placed: PlacedSettings) -> None:
    changed = placed.file.change(placed.file.read().version, PRE_ROLL, "Ann")
    assert placed.path.read_text() == CONFIG.replace("pre_roll = 5 ", "pre_roll = 6 ")
    assert stat.S_IMODE(placed.path.stat().st_mode) == 0o640
    assert placed.load().events.pre_roll == 6
    assert changed.version == placed.file.read().version
    assert [path.name for path in placed.path.parent.iterdir()] == ["doorstep.toml"]


def test_of_two_tabs_the_second_is_told_who_was_first_and_nothing_is_lost(placed: PlacedSettings) -> None:
    version = placed.file.read().version
    placed.file.change(version, PRE_ROLL, "Ann")
    with pytest.raises(SettingsChanged, match="by Ann meanwhile") as told:
        placed.file.change(version, [SettingsChange(("events", "longest"), 60)], "Bob")
    assert (told.value.who, told.value.at) == ("Ann", placed.clock.now())
    with pytest.raises(SettingsChanged):
        placed.file.preview(version, PRE_ROLL)
    placed.file.change(placed.file.read().version, [SettingsChange(("events", "longest"), 60)], "Bob")
    assert (placed.load().events.pre_roll, placed.load().events.longest) == (6, 60)


def test_of_many_at_once_one_writes_at_a_time(placed: PlacedSettings) -> None:
    version = placed.file.read().version
    outcomes: list[str] = []

    def write(seconds: int) -> None:
        try:
            placed.file.change(version, [SettingsChange(("events", "longest"), seconds)], f"tab {seconds}")
            outcomes.append("written")
        except SettingsChanged:
            outcomes.append("told")

    threads = [threading.Thread(target=write, args=(60 + number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["told"] * 7 + ["written"]


def test_what_an_editor_wrote_meanwhile_is_noticed_and_becomes_a_version(placed: PlacedSettings) -> None:
    version = placed.file.read().version
    placed.path.write_text(CONFIG.replace("Porch", "Front porch"), encoding="utf-8")
    with pytest.raises(SettingsChanged):
        placed.file.change(version, PRE_ROLL, "Ann")
    assert [(one.who, one.what) for one in placed.file.versions()] == [
        ("", "edited outside of Doorstep"),
        ("", "as it was found"),
    ]
    placed.file.change(placed.file.read().version, PRE_ROLL, "Ann")
    assert placed.load().cameras[0].name == "Front porch"


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        (SettingsChange(("events", "post_roll"), 50), ("events", "post_roll"), "must not be more than close_after"),
        (SettingsChange(("events", "pre_rol"), 5), ("events", "pre_rol"), "did you mean pre_roll"),
        (SettingsChange(("evnts",), {"a": 1}), ("evnts",), "did you mean events"),
        (SettingsChange(("events", "pre_roll"), "5"), ("events", "pre_roll"), "must be a number, without quotes"),
        (SettingsChange(("events", "pre_roll"), 1e300), ("events", "pre_roll"), "must be at most"),
        (SettingsChange(("events", "pre_roll"), 10**30), ("events", "pre_roll"), "too large"),
        (SettingsChange(("events",), "no table"), ("events",), "must be a table"),
        (SettingsChange(("camera", "porch", "name"), "x" * 300), ("camera", "porch", "name"), "at most 100"),
        (SettingsChange(("camera", "porch", "name"), "a\tb"), ("camera", "porch", "name"), "line breaks or control"),
        (SettingsChange(("camera", "porch", "zones"), 5), ("camera", "porch", "zones"), "[[camera.zones]]"),
        (
            SettingsChange(("camera", "../../etc"), {"name": "x", "source": "demo://"}),
            ("camera", "../../etc", "id"),
            "a-z",
        ),
        (SettingsChange(("camera", "nobody", "name"), "x"), ("camera", "nobody", "name"), "not there any more"),
        (SettingsChange(("server", "data"), "/elsewhere"), ("server", "data"), "--data"),
        (SettingsChange(("camera", "yard", "source"), "exec:rm -rf /"), ("camera", "yard", "source"), ""),
        (SettingsChange(("camera", "yard", "source"), "${NOBODY}"), ("camera", "yard", "source"), "NOBODY"),
        (
            SettingsChange(("camera", "porch", "source"), "rtsp://me:•••@192.0.2.6/stream1"),
            ("camera", "porch", "source"),
            "type it again",
        ),
        (SecretChange("../x", "y"), ("secrets", "../x"), "A-Z"),
        (SecretChange("GOOD", ""), ("secrets", "GOOD"), "characters"),
        (SecretChange("GOOD", "a\nb = 'c'"), ("secrets", "GOOD"), "line breaks"),
        (SecretChange("PATH", "x"), ("secrets", "PATH"), "environment"),
    ],
)
def test_what_is_wrong_is_said_at_its_place_and_nothing_is_written(
    tmp_path: Path, change: AnyChange, path: tuple[str, ...], words: str
) -> None:
    placed = PlacedSettings(tmp_path, environment={"PATH": "/bin"})
    version = placed.file.read().version
    shown = placed.file.preview(version, [change])
    assert path in [fault.path for fault in shown.faults]
    assert words in next(fault.what for fault in shown.faults if fault.path == path)
    with pytest.raises(SettingsRefused) as refused:
        placed.file.change(version, [change], "Ann")
    assert path in [fault.path for fault in refused.value.faults]
    assert placed.path.read_text() == CONFIG
    assert not placed.secrets.exists()
    assert placed.load().events.pre_roll == 5


def test_a_name_with_emoji_and_markup_is_a_name(placed: PlacedSettings) -> None:
    name = "🚪 <b>\"Tür\"</b> 'x' \\ # ]"
    placed.file.change(placed.file.read().version, [SettingsChange(("camera", "porch", "name"), name)], "Ann")
    assert placed.load().cameras[0].name == name
    assert placed.file.read().cameras[0]["name"] == name


def test_a_file_of_a_mebibyte_is_the_largest(placed: PlacedSettings) -> None:
    placed.path.write_text(CONFIG + "#" * (2**20 - len(CONFIG.encode()) - 1), encoding="utf-8")
    version = placed.file.read().version
    with pytest.raises(SettingsRefused, match="1 MiB"):
        placed.file.change(version, [SettingsChange(("watch", "ping_every"), 30)], "Ann")
    placed.path.write_text("#" * (2**20 + 1), encoding="utf-8")
    view = placed.file.read()
    assert "larger than 1 MiB" in view.why_not
    assert not view.writable


def test_a_file_that_is_no_toml_is_shown_with_its_line_and_not_written_over(placed: PlacedSettings) -> None:
    version = placed.file.read().version
    placed.path.write_text("[events\npre_roll = 'hunter22'", encoding="utf-8")
    view = placed.file.read()
    assert not view.writable
    assert "line 1: this is not TOML" in view.why_not
    assert "hunter22" not in spoken(view)
    for attempt in (
        lambda: placed.file.change(version, PRE_ROLL, "Ann"),
        lambda: placed.file.preview(version, PRE_ROLL),
        lambda: placed.file.restore(version, placed.file.versions()[0].id, "Ann"),
    ):
        with pytest.raises(SettingsUnwritable, match="Mend the file first"):
            attempt()
    assert placed.path.read_text().startswith("[events\n")


def test_a_file_that_is_wrong_elsewhere_can_be_mended_from_here(placed: PlacedSettings) -> None:
    placed.path.write_text(CONFIG.replace("pre_roll = 5", "pre_roll = -5"), encoding="utf-8")
    view = placed.file.read()
    assert "events.pre_roll: must be at least 0" in view.fault
    placed.file.change(view.version, PRE_ROLL, "Ann")
    assert placed.file.read().fault == ""


# --------------------------------------------------------------------------------------------------------- secrets


def test_a_secret_lies_beside_the_file_and_comes_out_nowhere(placed: PlacedSettings) -> None:
    camera = {"name": "Garden", "source": "rtsp://me:${CAM_GARDEN_PASSWORD}@192.0.2.9/s"}
    changes: list[AnyChange] = [
        SecretChange("CAM_GARDEN_PASSWORD", 'gar"den\\word'),
        SettingsChange(("camera", "garden"), camera),
    ]
    version = placed.file.read().version
    shown = placed.file.preview(version, changes)
    changed = placed.file.change(version, changes, "Ann")
    assert stat.S_IMODE(placed.secrets.stat().st_mode) == 0o600
    assert placed.load().cameras[2].source == 'rtsp://me:gar"den\\word@192.0.2.9/s'
    view = placed.file.read()
    assert view.secret_names == ["CAM_GARDEN_PASSWORD"]
    assert view.cameras[2]["source"] == camera["source"]
    told = f"{shown} {changed} {changes} {spoken(view)} {placed.path.read_text()} {placed.everything_kept()}"
    assert "den\\word" not in told
    assert "den\\\\word" not in told


def test_a_literal_secret_typed_in_the_page_goes_beside_the_file_too(placed: PlacedSettings) -> None:
    changes: list[AnyChange] = [
        SettingsChange(("camera", "garden"), {"name": "Garden", "source": "rtsp://me:gardenword@192.0.2.9/s"}),
        SettingsChange(("notify", "apprise", 0), {"name": "phone", "url": "tgram://tokenword/chat"}),
        SettingsChange(("camera", "yard", "stream_key"), "streamword"),
        SettingsChange(("camera", "porch", "source"), "rtsp://me:newword@192.0.2.5/stream1"),
    ]
    placed.file.change(placed.file.read().version, changes, "Ann")
    text = placed.path.read_text()
    assert 'source = "rtsp://me:${CAMERA_GARDEN_PASSWORD}@192.0.2.9/s"' in text
    words = ("gardenword", "tokenword", "streamword", "newword")
    assert not any(word in text + placed.everything_kept() + spoken(placed.file.read()) for word in words)
    loaded = placed.load()
    assert [camera.source for camera in loaded.cameras] == [
        "rtsp://me:newword@192.0.2.5/stream1",
        "demo://",
        "rtsp://me:gardenword@192.0.2.9/s",
    ]
    assert loaded.notify.apprise[0].url == "tgram://tokenword/chat"


def test_an_address_without_a_secret_stays_readable(placed: PlacedSettings) -> None:
    change = SettingsChange(("camera", "garden"), {"name": "Garden", "source": "rtsp://192.0.2.9/stream1"})
    placed.file.change(placed.file.read().version, [change], "Ann")
    assert 'source = "rtsp://192.0.2.9/stream1"' in placed.path.read_text()
    assert not placed.secrets.exists()


def test_secrets_that_others_may_read_are_refused_at_every_start_with_the_remedy(placed: PlacedSettings) -> None:
    placed.secrets.write_text('WORD = "hunter22"\n')
    placed.secrets.chmod(0o644)
    with pytest.raises(ConfigInvalid, match="chmod 600") as told:
        placed.load()
    assert "hunter22" not in str(told.value)
    view = placed.file.read()
    assert "chmod 600" in view.why_not
    assert not view.writable


def test_the_environment_is_asked_before_the_secrets(tmp_path: Path) -> None:
    placed = PlacedSettings(tmp_path, '[[camera]]\nid = "a"\nname = "A"\nsource = "${WHERE}"\n', environment={})
    placed.secrets.write_text('WHERE = "demo://"\n')
    placed.secrets.chmod(0o600)
    assert placed.load().cameras[0].source == "demo://"
    placed.environment["WHERE"] = "v4l2:///dev/video0"
    assert placed.load().cameras[0].source == "v4l2:///dev/video0"


@pytest.mark.parametrize("text", ["WORD = 5\n", "[a]\nb = 'c'\n", "WORD = \n", "\xff"])
def test_secrets_that_are_no_list_of_secrets_are_said_without_a_value(placed: PlacedSettings, text: str) -> None:
    placed.secrets.write_bytes(text.encode("latin-1"))
    placed.secrets.chmod(0o600)
    with pytest.raises(ConfigInvalid, match="not a list of secrets"):
        placed.load()


# -------------------------------------------------------------------------------------------------------- versions


def test_the_last_ten_states_are_kept_for_the_owner_alone_and_one_can_go_back(placed: PlacedSettings) -> None:
    for seconds in range(60, 75):
        placed.clock.advance(60)
        change = SettingsChange(("events", "longest"), seconds)
        placed.file.change(placed.file.read().version, [change], "Ann")
    kept = placed.file.versions()
    assert len(kept) == 10
    assert [one.is_current for one in kept] == [True] + [False] * 9
    assert {(one.who, one.what) for one in kept} == {("Ann", "events.longest")}
    folder = placed.data / "config-versions"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    version = placed.file.read().version
    shown = placed.file.preview_restore(version, kept[4].id)
    assert shown is not None
    assert (LineKind.NEW, "longest = 70") in [(line.kind, line.text) for line in shown.diff]
    placed.clock.advance(60)
    assert placed.file.restore(version, kept[4].id, "Bob") is not None
    assert placed.load().events.longest == 70
    newest = placed.file.versions()[0]
    assert (newest.who, newest.is_current) == ("Bob", True)
    assert newest.what.startswith("back to the settings of ")


def test_the_first_change_can_be_taken_back_where_there_was_no_file(tmp_path: Path) -> None:
    placed = PlacedSettings(tmp_path, exists=False)
    placed.file.change(placed.file.read().version, PRE_ROLL, "Ann")
    assert stat.S_IMODE(placed.path.stat().st_mode) == 0o600
    first = placed.file.versions()[-1]
    placed.clock.advance(60)
    placed.file.restore(placed.file.read().version, first.id, "Ann")
    assert placed.path.read_text() == CONFIG


@pytest.mark.parametrize("version_id", ["../../etc/passwd", "", "x" * 200, "no\x00such"])
def test_a_version_that_is_not_kept_is_none(placed: PlacedSettings, version_id: str) -> None:
    assert placed.file.restore(placed.file.read().version, version_id, "Ann") is None
    assert placed.file.preview_restore(placed.file.read().version, version_id) is None


def test_a_version_whose_secret_is_gone_is_not_restored(placed: PlacedSettings) -> None:
    camera = {"name": "Garden", "source": "rtsp://me:gardenword@192.0.2.9/s"}
    placed.file.change(placed.file.read().version, [SettingsChange(("camera", "garden"), camera)], "Ann")
    placed.clock.advance(60)
    placed.file.change(placed.file.read().version, [SettingsChange(("camera", "garden"), None)], "Ann")
    with_garden = placed.file.versions()[1]
    placed.secrets.unlink()
    with pytest.raises(SettingsRefused, match="CAMERA_GARDEN_PASSWORD"):
        placed.file.restore(placed.file.read().version, with_garden.id, "Ann")


def test_damaged_versions_are_left_out_and_a_clock_that_was_set_back_keeps_the_order(placed: PlacedSettings) -> None:
    placed.file.change(placed.file.read().version, PRE_ROLL, "Ann")
    (placed.data / "config-versions" / "20200101T000000000000-damaged.json").write_text("{")
    for seconds in range(60, 64):
        placed.clock.advance(-3600)
        placed.file.change(placed.file.read().version, [SettingsChange(("events", "longest"), seconds)], f"{seconds}")
    assert [one.who for one in placed.file.versions()][:5] == ["63", "62", "61", "60", "Ann"]


# ------------------------------------------------------------------------------------------------------- the disk


def test_a_link_is_not_followed_out(placed: PlacedSettings, tmp_path: Path) -> None:
    real = tmp_path / "real.toml"
    placed.path.rename(real)
    placed.path.symlink_to(real)
    view = placed.file.read()
    assert "is a link" in view.why_not
    with pytest.raises(SettingsUnwritable, match="is a link"):
        placed.file.change(view.version, PRE_ROLL, "Ann")
    assert real.read_text() == CONFIG
    assert placed.path.is_symlink()


def test_a_read_only_place_is_said_with_what_to_do(tmp_path: Path) -> None:
    with disk_in_memory(tmp_path / "etc", "1m") as folder:
        placed = PlacedSettings(tmp_path)
        make_read_only(folder, read_only=True)
        view = placed.file.read()
        assert "Doorstep may not write into" in view.why_not
        assert "by hand" in view.why_not
        with pytest.raises(SettingsUnwritable):
            placed.file.change(view.version, PRE_ROLL, "Ann")
        assert placed.file.preview(view.version, PRE_ROLL).diff


@pytest.mark.parametrize("with_secret", [False, True])
def test_a_full_disk_loses_nothing_and_is_told(tmp_path: Path, with_secret: bool) -> None:
    with disk_in_memory(tmp_path / "etc", "64k") as folder:
        placed = PlacedSettings(tmp_path)
        placed.secrets.write_text('WORD = "before"\n')
        placed.secrets.chmod(0o600)
        version = placed.file.read().version
        filler = folder / "filler"
        with pytest.raises(OSError, match="No space"):
            filler.write_bytes(b"x" * 2**20)
        changes = [*PRE_ROLL, SecretChange("WORD", "after")] if with_secret else PRE_ROLL
        with pytest.raises(SettingsUnwritable, match="Nothing was changed"):
            placed.file.change(version, changes, "Ann")
        filler.unlink()
        assert placed.path.read_text() == CONFIG
        assert placed.secrets.read_text() == 'WORD = "before"\n'
        assert sorted(path.name for path in folder.iterdir()) == ["doorstep.toml", "secrets.toml"]
        placed.file.change(version, changes, "Ann")


def test_where_no_version_can_be_kept_the_change_is_made_all_the_same(placed: PlacedSettings) -> None:
    (placed.data / "config-versions").write_text("in the way")
    placed.file.change(placed.file.read().version, PRE_ROLL, "Ann")
    assert placed.load().events.pre_roll == 6

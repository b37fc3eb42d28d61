"""Which file holds the settings: the one that is named, the usual one, else one in the data folder."""

from pathlib import Path

import pytest

from doorstep.cli import options
from doorstep.cli.options import named_config, own_config, settings_of
from doorstep.cli.run import _place

CAMERA = '[[camera]]\nid = "own"\nname = "Own"\nsource = "demo://"\n'


@pytest.fixture(autouse=True)
def _no_usual_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "DEFAULT_CONFIG", tmp_path / "none" / "doorstep.toml")


def names(config: Path | None, data: Path, *, demo: bool = False) -> list[str]:
    return [camera.id for camera in settings_of(config, data, demo=demo).cameras]


def test_without_a_named_file_that_of_the_data_folder_is_read_once_it_is_there(tmp_path: Path) -> None:
    assert names(None, tmp_path) == []
    assert names(None, tmp_path, demo=True) == ["demo"]
    own_config(tmp_path).write_text(CAMERA)
    assert names(None, tmp_path) == names(None, tmp_path, demo=True) == ["own"]
    assert settings_of(None, tmp_path).server.data == tmp_path


def test_a_named_file_wins_over_that_of_the_data_folder(tmp_path: Path) -> None:
    own_config(tmp_path).write_text(CAMERA)
    named = tmp_path / "named.toml"
    named.write_text(CAMERA.replace("own", "named"))
    assert names(named, tmp_path) == ["named"]
    assert named_config(named, demo=True) is None


def test_the_usual_file_is_used_where_it_is(tmp_path: Path) -> None:
    options.DEFAULT_CONFIG.parent.mkdir()
    options.DEFAULT_CONFIG.write_text(CAMERA.replace("own", "usual"))
    assert names(None, tmp_path / "data") == ["usual"]
    assert names(None, tmp_path / "data", demo=True) == ["demo"]


def test_the_demo_goes_on_from_its_drawn_camera(tmp_path: Path) -> None:
    place = _place(None, tmp_path, None, lambda: settings_of(None, tmp_path, demo=True), demo=True)
    assert (place.path, place.data, place.hears_signal) == (tmp_path / "doorstep.toml", tmp_path, False)
    place.path.write_text(place.text)
    assert names(None, tmp_path, demo=True) == ["demo"]


def test_a_named_file_without_data_folder_may_say_where_that_is(tmp_path: Path) -> None:
    named = tmp_path / "named.toml"
    place = _place(named, None, None, lambda: settings_of(named, None), demo=False)
    assert (place.path, place.data, place.text, place.hears_signal) == (named, None, "", True)

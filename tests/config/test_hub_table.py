"""The hub in the config file: a switch, and no more; which hub it is comes from a code."""

from pathlib import Path

import pytest

from doorstep.config.load import load_settings
from doorstep.config.reference import is_at_once, settings_keys
from doorstep.core.errors import ConfigInvalid
from doorstep.core.reload import reload_of
from doorstep.core.settings import HubSettings

CAMERA = '[[camera]]\nid = "porch"\nname = "Porch"\nsource = "demo://"\n'


def loaded(folder: Path, table: str) -> HubSettings:
    path = folder / "doorstep.toml"
    path.write_text(f"{CAMERA}{table}", encoding="utf-8")
    return load_settings(path, {}).hub


def test_a_hub_that_was_joined_is_used_unless_it_is_switched_off(tmp_path: Path) -> None:
    assert loaded(tmp_path, "").enabled
    assert loaded(tmp_path, "[hub]\n").enabled
    assert not loaded(tmp_path, "[hub]\nenabled = false\n").enabled


@pytest.mark.parametrize("table", ["[hub]\nenabled = 1\n", '[hub]\nhost = "door.example.org"\n', "hub = true\n"])
def test_anything_else_is_refused(tmp_path: Path, table: str) -> None:
    with pytest.raises(ConfigInvalid, match="hub"):
        loaded(tmp_path, table)


def test_the_switch_is_used_without_a_restart(tmp_path: Path) -> None:
    on, off = tmp_path / "on.toml", tmp_path / "off.toml"
    on.write_text(CAMERA, encoding="utf-8")
    off.write_text(f"{CAMERA}[hub]\nenabled = false\n", encoding="utf-8")
    plan = reload_of(load_settings(on, {}), load_settings(off, {}))
    assert (plan.needs_restart, plan.settings.hub.enabled, plan.touches_cameras) == ((), False, False)
    assert is_at_once(("hub", "enabled"))
    assert [key.at_once for key in settings_keys() if key.path == ("hub", "enabled")] == [True]

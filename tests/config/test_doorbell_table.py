"""The tables [[button]] and [chime]: what they mean, and what they refuse."""

import re
from pathlib import Path

import pytest

from doorstep.config.load import load_settings
from doorstep.core.camera import CameraId
from doorstep.core.errors import ConfigInvalid
from doorstep.core.notify_settings import ButtonSettings, ChimeSettings
from doorstep.core.settings import Settings

GUIDE = Path(__file__).parents[2] / "docs" / "guide" / "doorbell.md"
CAMERA = '[[camera]]\nid = "front-door"\nname = "Front door"\nsource = "demo://"\n'
BUTTON = '[[button]]\ncamera = "front-door"\npin = 17\n'


def loaded(folder: Path, text: str) -> Settings:
    path = folder / "doorstep.toml"
    path.write_text(f"{CAMERA}{text}")
    return load_settings(path, {})


def test_without_the_tables_there_is_neither(tmp_path: Path) -> None:
    found = loaded(tmp_path, "")
    assert found.buttons == ()
    assert found.chime == ChimeSettings()


def test_all_of_it_is_read(tmp_path: Path) -> None:
    text = (
        f"{BUTTON}{BUTTON.replace('17', '27')}pulls_up = false\ndebounce = 0.1\n"
        '[chime]\nsound = "ding.wav"\ndevice = "plughw:1"\npin = 22\npin_seconds = 1\n'
    )
    found = loaded(tmp_path, text)
    front = CameraId("front-door")
    assert found.buttons == (ButtonSettings(front, 17), ButtonSettings(front, 27, pulls_up=False, debounce=0.1))
    assert found.chime == ChimeSettings(
        sound_on=True, sound=tmp_path / "ding.wav", device="plughw:1", pin=22, pin_seconds=1.0
    )


def test_the_own_sound_needs_no_file(tmp_path: Path) -> None:
    assert loaded(tmp_path, '[chime]\nsound = "own"').chime == ChimeSettings(sound_on=True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BUTTON.replace("front-door", "frontdoor"), "line 6: button.camera: must be the id of a camera"),
        (f"{BUTTON}{BUTTON}", "pin: is taken already"),
        (f"{BUTTON}[chime]\npin = 17", "pin: is taken already"),
        (BUTTON.replace("17", "28"), "at most 27"),
        (f"{BUTTON}debounce = 0", "at least 0.01"),
        ('[button]\ncamera = "front-door"\npin = 17', r"two brackets: \[\[button\]\]"),
        (BUTTON.replace("pin", "gpio"), "unknown key"),
        ('[chime]\ndevice = "plughw:1"', "means nothing without sound"),
        ("[chime]\nsound = true", "must be text"),
        ("[chime]\npin_seconds = 60", "at most 10"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigInvalid, match=words):
        loaded(tmp_path, text)


def test_the_guides_tables_can_be_copied(tmp_path: Path) -> None:
    tables = re.findall(r"```toml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    found = loaded(tmp_path, "".join(tables))
    assert found.buttons == (ButtonSettings(CameraId("front-door"), 17),)
    assert found.chime == ChimeSettings(sound_on=True, pin=22)

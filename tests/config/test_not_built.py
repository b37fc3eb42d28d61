"""A setting that would be ignored is refused."""

from pathlib import Path

from doorstep.config.document import parse
from doorstep.config.load import load_settings
from doorstep.config.not_built import not_built_faults

CAMERA = '[[camera]]\nid = "a"\nname = "A"\nsource = "demo://"\n'


def write(folder: Path, text: str) -> Path:
    path = folder / "doorstep.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_would_be_ignored_is_refused_by_name(tmp_path: Path) -> None:
    text = '[server]\nlisten = "0.0.0.0:80"\nmotor = true\nlamp = false\n'
    document = parse(text, "doorstep.toml", tmp_path)
    (fault,) = not_built_faults(document, {"server": {"motor": False, "lamp": False}})
    assert (fault.path, "not built yet" in fault.words) == (("server", "motor"), True)


def test_defaults_may_be_written_down(tmp_path: Path) -> None:
    text = CAMERA + 'masks = []\naudio = false\nrecord = "events"\n[store]\nkind = "local"\n'
    assert load_settings(write(tmp_path, text), {}, only_built=True).cameras[0].masks == ()


def test_what_is_built_is_taken(tmp_path: Path) -> None:
    text = CAMERA + "masks = [[[0, 0], [0.5, 0], [0, 0.5]]]\nrotation = 90\n"
    (camera,) = load_settings(write(tmp_path, text), {}, only_built=True).cameras
    assert (len(camera.masks), camera.rotation) == (1, 90)

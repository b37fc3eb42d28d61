"""Doorstep itself on arm64 under emulation, with the binary wheels that a Raspberry Pi gets.

The short form of `installed_on_arm.py`, which installs the wheel with the root's own pip and runs the server.
"""

import shutil
from pathlib import Path

import pytest

from fakes.arm_root import ROOT, ArmRoot, arm_root, skip_where_it_starts_nothing
from fakes.detect_image import LOCK as OF_DETECT
from fakes.pictures import NEEDS_MODEL
from fakes.server_process import model_folder
from media.make_clips import Recipe, make_video

pytestmark = [pytest.mark.slow, NEEDS_MODEL]

LOCK = ROOT / "requirements" / "run.lock"
SECONDS = 300.0
CONFIG = """
[[camera]]
id = "porch"
name = "Porch"
source = "file://{place}/clip.mp4?loop"
"""


@pytest.mark.timeout(1200)  # what it needs is made first where there is none, and emulation is slow
def test_the_whole_of_it_runs_on_arm64_with_binary_wheels() -> None:
    root = arm_root(OF_DETECT)
    skip_where_it_starts_nothing(root)
    python = f"{root.venv(LOCK)}/bin/python"
    with root.scratch() as folder:
        place = laid(root, folder)
        models = says(root, python, place, "models", "verify")
        check = says(root, python, place, "check", "--config", f"{place}/doorstep.toml", "--data", f"{place}/empty")
    assert ": sound" in models, models
    assert "ok    camera porch: h264" in check, check
    # No Landlock under emulation: a Pi whose kernel has none hears the same words.
    assert "cameras are read in a weaker sandbox on this machine" in check, check


def laid(root: ArmRoot, folder: Path) -> str:
    """Doorstep, a model, and a config with a film as its camera; the folder as the root knows it."""
    models = model_folder()
    assert models is not None
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__", "dist"))
    (folder / "data" / "models").mkdir(parents=True)
    shutil.copy(next(models.glob("*.onnx")), folder / "data" / "models")
    make_video(folder / "clip.mp4", Recipe())
    place = root.seen_as(folder)
    (folder / "doorstep.toml").write_text(CONFIG.format(place=place), encoding="utf-8")
    return place


def says(root: ArmRoot, python: str, place: str, *words: str) -> str:
    """A verb, all that it prints."""
    environment = {"PYTHONPATH": f"{place}/src", "PATH": "/usr/bin:/bin", "DOORSTEP_DATA": f"{place}/data"}
    done = root.runs(python, "-m", "doorstep", *words, environment=environment, seconds=SECONDS)
    return done.stdout + done.stderr

"""With the network cut, whoever presses is heard at home: the benchmark, with few presses and a generous bound."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from fakes.server_process import ROOT, model_folder

pytestmark = pytest.mark.slow

PRESSES, TENFOLD_SECONDS = 2, 3.0


def why_not() -> str:
    if shutil.which("aplay") is None:
        return "needs the Debian package alsa-utils"
    if model_folder() is None:
        return "needs a detection model"
    tried = subprocess.run(["unshare", "--map-root-user", "--net", "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "may make no network namespace here"


def test_the_chime_sounds_without_any_network(tmp_path_factory: pytest.TempPathFactory) -> None:
    if missing := why_not():
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp("chime")  # a short name: a socket's path has but a hundred letters
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.chime", "--presses", str(PRESSES)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "TMPDIR": str(folder)},
        timeout=300,
    )
    assert told.returncode == 0, told.stderr[-2000:]
    figures = [json.loads(line) for line in told.stdout.splitlines()]
    presses = [figure for figure in figures if figure["figure"].endswith("p95")]
    assert len(presses) == 3
    assert all(figure["max"] < TENFOLD_SECONDS for figure in presses), presses

"""A test that hangs in a later try ends all the same."""

import os
import subprocess
import sys
from pathlib import Path

import fakes

HOOK = "from fakes.each_try import pytest_runtest_setup\n"
HANGS_LATER = """
import time

tries = []

def test_that_hangs_in_its_second_try():
    tries.append(1)
    assert len(tries) > 1
    time.sleep(300)
"""
SECONDS = 120


def test_a_try_that_hangs_ends_though_another_failed_before_it(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(HOOK, encoding="utf-8")
    (tmp_path / "test_it.py").write_text(HANGS_LATER, encoding="utf-8")
    words = [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(tmp_path), "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*words, "-p", "no:randomly", "--timeout=2", "--timeout-method=signal", "--reruns=1", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(Path(fakes.__path__[0]).parent), "PYTEST_ADDOPTS": ""},
        capture_output=True, text=True, check=False, timeout=SECONDS, cwd=tmp_path,
    )  # fmt: skip
    assert "1 failed, 1 rerun" in done.stdout, done.stdout + done.stderr
    assert "Timeout" in done.stdout

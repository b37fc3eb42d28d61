"""The container file: pinned packages, a user of its own, a check of its health; nothing is built here."""

import re
import subprocess
import sys
from pathlib import Path

CONTAINERFILE = Path(__file__).parents[2] / "deploy" / "docker" / "Containerfile"
TEXT = CONTAINERFILE.read_text("utf-8")


def test_it_passes_hadolint() -> None:
    program = Path(sys.executable).parent / "hadolint"
    done = subprocess.run(
        [program, "--no-color", CONTAINERFILE], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_every_package_of_others_is_installed_by_hash() -> None:
    lines = [line for line in TEXT.replace("\\\n", " ").splitlines() if not line.startswith("#")]
    installs = re.findall(r"pip install ([^&\n]*)", "\n".join(lines))
    assert len(installs) == 3
    assert all("--require-hashes" in words or "--no-deps" in words for words in installs)


def test_what_it_copies_is_in_a_release() -> None:
    """`front_door/release.py` lays them into dist/."""
    copied = [word for line in re.findall(r"^COPY (?!--from)(.*) \./$", TEXT, re.MULTILINE) for word in line.split()]
    assert copied == ["packages.lock", "build.lock", "doorstep-*-py3-none-any.whl"]


def test_it_runs_as_a_user_of_its_own_and_says_whether_it_is_well() -> None:
    last = TEXT[TEXT.rindex("FROM ") :]
    assert re.search(r"^USER 900:900$", last, re.MULTILINE)
    assert "HEALTHCHECK" in last
    assert "/healthz" in last
    assert re.search(r"^ARG BASE=\S+:3\.\d+-slim-bookworm$", TEXT, re.MULTILINE)

"""What `make run` says when something is missing: one sentence with the remedy."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "front_door"))

import debian_packages
import steps

SENTENCES = {
    "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device": "The disk is full",
    "SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate'))": "PIP_CERT",
    "NewConnectionError: [Errno -3] Temporary failure in name resolution": "Check the network",
    "npm error code ENOTFOUND": "Check the network",
    "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE": "not the one that was pinned",
    "OSError: [Errno 30] Read-only file system: '/srv/doorstep/.venv'": "cannot be written",
    "Segmentation fault": "Installing packages failed.",
}


@pytest.mark.parametrize(("words", "sentence"), SENTENCES.items())
def test_a_failed_step_is_one_sentence_with_its_remedy(words: str, sentence: str) -> None:
    assert sentence in steps.trouble_in(words, "installing packages")


def copy_of_front_door(folder: Path) -> Path:
    """A clone as far as the first step looks, in a folder with a space in its name."""
    clone = folder / "a clone"
    for name in ("front_door", "requirements"):
        shutil.copytree(ROOT / name, clone / name)
    for name in ("pyproject.toml", "Makefile"):
        shutil.copy(ROOT / name, clone / name)
    return clone


def step(clone: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    bare = {"PATH": os.environ["PATH"], "HOME": str(clone / "no-home"), **environment}
    return subprocess.run(words, cwd=clone, env=bare, capture_output=True, text=True, timeout=120, check=False)


def test_without_a_network_it_says_so_and_can_be_run_again(tmp_path: Path) -> None:
    clone = copy_of_front_door(tmp_path)
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0", "PIP_CONFIG_FILE": os.devnull}
    for _ in range(2):
        failed = step(clone, sys.executable, "front_door/environment.py", "run", **nowhere)
        assert failed.returncode == 1
        assert "cannot be reached" in failed.stderr
        assert "Traceback" not in failed.stderr


@pytest.mark.parametrize("version", ["3, 9, 2", "3, 10, 12"])
def test_an_old_python_is_named(tmp_path: Path, version: str) -> None:
    clone = copy_of_front_door(tmp_path)
    program = (
        f"import sys; sys.version_info = ({version}); sys.path.insert(0, 'front_door'); import environment;"
        "environment.main('run')"
    )
    failed = step(clone, sys.executable, "-c", program)
    assert failed.returncode == 1
    assert "Python 3.11 or later" in failed.stderr


def test_a_system_of_32_bits_is_named(tmp_path: Path) -> None:
    clone = copy_of_front_door(tmp_path)
    program = (
        "import sys; sys.maxsize = 2**31 - 1; sys.path.insert(0, 'front_door'); import environment;"
        "environment.main('run')"
    )
    failed = step(clone, sys.executable, "-c", program)
    assert failed.returncode == 1
    assert "needs a 64-bit system" in failed.stderr
    assert "Raspberry Pi OS (64-bit)" in failed.stderr


@pytest.mark.parametrize("name", ["environment.py", "steps.py"])
def test_a_python_that_is_too_old_can_read_what_tells_it_so(name: str) -> None:
    """That of Debian 11: no word that it does not know, and no annotation that it would work out."""
    tree = ast.parse((ROOT / "front_door" / name).read_text(encoding="utf-8"), feature_version=(3, 9))
    imported = [node.module for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert "__future__" in imported


def test_a_missing_venv_module_is_named_with_its_package(tmp_path: Path) -> None:
    clone = copy_of_front_door(tmp_path)
    program = (
        "import sys; sys.path.insert(0, 'front_door'); import environment; environment.find_spec = lambda name: None;"
        "environment.main('run')"
    )
    failed = step(clone, sys.executable, "-c", program)
    assert "sudo apt install python3-venv" in failed.stderr


def test_the_second_of_two_waits_for_the_first(tmp_path: Path) -> None:
    clone = copy_of_front_door(tmp_path)
    holder = subprocess.Popen(
        [sys.executable, "-c", "import steps\nwith steps.one_at_a_time():\n print('held', flush=True); input()"],
        cwd=clone / "front_door",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    assert holder.stdout.readline() == "held\n"
    waiting = subprocess.Popen(
        [sys.executable, "-c", "import steps\nwith steps.one_at_a_time():\n print('mine', flush=True)"],
        cwd=clone / "front_door",
        stdout=subprocess.PIPE,
        text=True,
    )
    assert waiting.stdout is not None
    assert "waiting for it" in waiting.stdout.readline()
    holder.communicate("\n", timeout=120)
    assert waiting.communicate(timeout=120)[0] == "mine\n"


def test_no_daemon_that_only_tests_need_is_started_now_or_with_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy, told = tmp_path / "policy-rc.d", tmp_path / "told"
    for name in ("apt-get", "systemctl", "update-rc.d"):
        program = tmp_path / name
        program.write_text(
            f'#!/bin/sh\necho "{name} $*" >> "{told}"\n[ ! -e "{policy}" ] || "{policy}" || echo $? >> "{told}"\n'
        )
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(debian_packages, "POLICY", policy)
    monkeypatch.setattr(steps, "ROOT", tmp_path)
    command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "strace", "coturn", "ceph-mon", "radosgw"]
    debian_packages.install(command)
    lines = ["apt-get update -q", "101", " ".join(command), "101", "update-rc.d coturn disable"]
    lines += ["update-rc.d radosgw disable", "systemctl --quiet disable ceph.target ceph-crash.service rbdmap.service"]
    assert told.read_text().splitlines() == lines
    assert not policy.exists()

"""The verbs as scripts run them: exit codes, what stands on standard output and what on standard error."""

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fakes.pictures import model_file
from fakes.server_process import PASSWORD, command
from media.make_clips import Recipe, make_png, make_video

CONFIG = """
[[camera]]
id = "porch"
name = "Porch"
source = "demo://"
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a config; its data folder is filled by the tests of this file."""
    return furnished(tmp_path_factory.mktemp("home"))


def furnished(folder: Path) -> Path:
    """With a config, and nobody in it."""
    (folder / "doorstep.toml").write_text(CONFIG, encoding="utf-8")
    return folder


def run(home: Path, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "DOORSTEP_CONFIG": str(home / "doorstep.toml"),
        "DOORSTEP_DATA": str(home / "data"),
        "DOORSTEP_MODELS": str(home / "no-models"),
        "COLUMNS": "200",
    }
    return subprocess.run(
        command(*words), input=given, capture_output=True, text=True, env=environment, timeout=300, check=False
    )


def rows(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines()]


def test_a_token_is_printed_alone_listed_and_revoked(home: Path) -> None:
    made = run(home, "tokens", "create", "--scope", "clip:read,motion:write", "--camera", "porch", "--name", "button")
    assert made.returncode == 0, made.stderr
    secret = made.stdout.removesuffix("\n")
    assert len(secret) >= 32
    assert secret.split() == [secret]
    listed = run(home, "tokens", "list", "--json")
    assert secret not in listed.stdout
    (row,) = rows(listed.stdout)
    assert (row["name"], row["scopes"], row["cameras"]) == ("button", ["clip:read", "motion:write"], ["porch"])
    assert run(home, "tokens", "revoke", row["id"]).returncode == 0
    again = run(home, "tokens", "revoke", row["id"])
    assert again.returncode == 1
    assert row["id"] in again.stderr
    assert stat.S_IMODE((home / "data").stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--scope", "clip:rea"], "did you mean clip:read?"),
        (["--scope", " , "], "name at least one"),
        (["--scope", "clip:read", "--camera", "proch"], "did you mean porch?"),
    ],
)
def test_a_token_for_what_does_not_exist_is_wrong_usage(home: Path, words: list[str], hint: str) -> None:
    ended = run(home, "tokens", "create", *words)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert hint in " ".join(ended.stderr.replace("│", " ").split())


def test_the_first_user_is_the_owner_and_passwords_come_by_standard_input(home: Path) -> None:
    family = run(home, "users", "add", "kim", "--role", "family", "--password-stdin", given=f"{PASSWORD}\n")
    assert family.returncode == 2
    assert "owner" in family.stderr
    short = run(home, "users", "add", "kim", "--password-stdin", given="short\n")
    assert short.returncode == 1
    assert "Traceback" not in short.stderr
    added = run(home, "users", "add", "kim", "--password-stdin", given=f"{PASSWORD}\n")
    assert (added.returncode, added.stdout) == (0, "kim can sign in now.\n")
    assert run(home, "users", "add", "kim", "--password-stdin", given=f"{PASSWORD}\n").returncode == 1


def test_without_a_terminal_nobody_is_asked_for_a_password(home: Path) -> None:
    ended = run(home, "users", "add", "robin")
    assert ended.returncode == 2
    assert "--password-stdin" in ended.stderr


def test_a_clip_needs_a_running_server(home: Path) -> None:
    ended = run(home, "clip", "porch", "--last", "5")
    assert (ended.returncode, ended.stdout) == (1, "")
    (sentence,) = ended.stderr.splitlines()
    assert "doorstep run" in sentence


def test_detecting_without_a_model_says_what_to_do(home: Path) -> None:
    ended = run(home, "detect", str(make_png(home / "wall.png", 8, 8)))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "doorstep models fetch" in ended.stderr


def test_models_say_whether_they_are_here_and_sound(home: Path) -> None:
    folder = home / "data" / "models"
    (home / "data").mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(exist_ok=True)
    (folder / "yolox_nano.onnx").write_bytes(b"something else")
    listed = {row["name"]: row["state"] for row in rows(run(home, "models", "list", "--json").stdout)}
    assert listed["yolox-nano"] == "wrong"
    assert listed["yolox-tiny"] == "no"
    told = {row["name"]: row["accuracy"] for row in rows(run(home, "models", "list", "--json").stdout)}
    assert told["yolox-nano"]["f1"] == 0.824
    assert told["yolox-s"] == {"f1": None, "images": None, "coco_ap": 40.5}
    assert told["demo-visitor"] is None
    verified = run(home, "models", "verify")
    assert verified.returncode == 1
    assert "SHA-256" in verified.stdout
    (folder / "yolox_nano.onnx").unlink()
    assert run(home, "models", "verify").returncode == 0


def test_an_own_model_is_tried_out(home: Path) -> None:
    mine = model_file("yolox_nano.onnx")
    (told,) = rows(run(home, "models", "verify", str(mine), "--json").stdout)
    assert (told["name"], told["family"], told["side"]) == ("yolox_nano", "Yolox", 416)
    assert "package" in told["labels"]
    (home / "words.onnx").write_text("no model", encoding="utf-8")
    refused = run(home, "models", "verify", str(home / "words.onnx"))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "no model that onnxruntime can read" in refused.stderr


def test_check_tries_everything_a_line_each(home: Path) -> None:
    good = make_video(home / "good.mp4", Recipe(frames=20))
    (home / "house.toml").write_text(
        CONFIG.replace("demo://", f"file://{good}") + CONFIG.replace("porch", "yard").replace("demo://", "file:///no"),
        encoding="utf-8",
    )
    ended = run(home, "check", "--json", "--config", str(home / "house.toml"))
    assert ended.returncode == 1
    found = {row["what"]: row for row in rows(ended.stdout)}
    assert found["camera porch"] == {"what": "camera porch", "ok": True, "detail": "h264 160x120"}
    assert not found["camera yard"]["ok"]
    assert not found["detector"]["ok"]
    assert found["data folder"]["ok"]


def test_check_says_that_it_does_not_try_what_lies_in_the_cloud(home: Path) -> None:
    bucket = '[store]\nkind = "s3"\nbucket = "door"\nregion = "eu-central-1"\n'
    (home / "cloud.toml").write_text(f"{bucket}{CONFIG}", encoding="utf-8")
    found = {
        row["what"]: row for row in rows(run(home, "check", "--json", "--config", str(home / "cloud.toml")).stdout)
    }
    assert "doorstep check --aws" in found["cloud"]["detail"]


def test_the_shell_completes_verbs(home: Path) -> None:
    environment = os.environ | {"_DOORSTEP_COMPLETE": "complete_bash", "COMP_WORDS": "doorstep to", "COMP_CWORD": "1"}
    script = str(Path(sys.executable).with_name("doorstep"))
    done = subprocess.run([script], capture_output=True, text=True, env=environment, timeout=300, check=False)
    assert done.stdout.split() == ["tokens"]
    environment = os.environ | {"HOME": str(home), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    words = [script, "--install-completion", "bash"]
    installed = subprocess.run(words, capture_output=True, text=True, env=environment, timeout=300, check=False)
    assert installed.returncode == 0
    assert "doorstep" in (home / ".bashrc").read_text()


def test_a_link_sets_a_password_anew_and_a_stranger_has_none(tmp_path: Path) -> None:
    home = furnished(tmp_path)
    assert run(home, "users", "add", "Ann", "--password-stdin", given=f"{PASSWORD}\n").returncode == 0
    made = run(home, "users", "reset", "ann")
    assert made.returncode == 0
    assert re.fullmatch(r"https?://\S+/reset#[\w-]{43}\n", made.stdout)
    unknown = run(home, "users", "reset", "eve")
    assert unknown.returncode == 1
    assert "There is nobody called eve. There are: Ann." in unknown.stderr

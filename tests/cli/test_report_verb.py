"""`doorstep check --report`: for people, for programs, into a file, beside a running server, and without any."""

import getpass
import json
import os
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from doorstep.cli.local import LocalServer
from fakes.server_process import command, running, wait_for


def report(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command("check", "--report", *words),
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def as_told(done: subprocess.CompletedProcess[str]) -> Mapping[str, Mapping[str, object]]:
    assert done.returncode == 0, done.stderr
    told: Mapping[str, Mapping[str, object]] = json.loads(done.stdout)
    return told


def test_it_needs_no_server_and_makes_no_folder(tmp_path: Path) -> None:
    done = report("--demo", "--data", str(tmp_path / "data"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Doorstep\n  version: ")
    assert "  running: no Doorstep runs with these settings\n" in done.stdout
    assert not (tmp_path / "data").exists()
    names = {socket.gethostname(), str(Path.home()), str(tmp_path)} - {"localhost", "/root"}
    assert [name for name in names if name in done.stdout] == []


def test_a_config_with_a_fault_keeps_nothing_else_back(tmp_path: Path) -> None:
    (tmp_path / "doorstep.toml").write_text('[[camera]]\npassword = "Pa55word"\n', encoding="utf-8")
    done = report("--config", str(tmp_path / "doorstep.toml"), "--json")
    told = as_told(done)
    assert "cannot be read" in str(told["Switched on"]["settings"])
    assert told["Machine"]["bits of this program"] == 64
    assert "Pa55word" not in done.stdout + done.stderr


def test_no_secret_of_a_real_run_is_in_it(tmp_path: Path) -> None:
    secrets = ("Pa55word-of-camera", "Grandmas door", "grandma-elm-street", "192.0.2.77", "elm-street-9", "M4il-Pa55")
    config = """
[server]
names = ["elm-street-9.example.net"]
[[camera]]
id = "grandma-elm-street"
name = "Grandmas door"
source = "rtsp://viewer:${CAM_PASSWORD}@192.0.2.77/stream1"
[notify.email]
smtp = "smtps://grandma:${MAIL_PASSWORD}@mail.elm-street-9.example"
from = "grandma@elm-street-9.example"
to = ["grandma@elm-street-9.example"]
"""
    (tmp_path / "doorstep.toml").write_text(config, encoding="utf-8")
    data = tmp_path / "elm-street-9" / "data"
    data.mkdir(parents=True)
    words = ("--config", str(tmp_path / "doorstep.toml"), "--data", str(data))
    for kind in ((), ("--json",)):
        done = report(*words, *kind, CAM_PASSWORD="Pa55word-of-camera", MAIL_PASSWORD="M4il-Pa55")
        assert done.returncode == 0, done.stderr
        assert "1: rtsp" in done.stdout
        assert [each for each in secrets if each.lower() in (done.stdout + done.stderr).lower()] == []


def test_it_is_written_to_a_file(tmp_path: Path) -> None:
    file = tmp_path / "report.txt"
    done = report("--demo", "--data", str(tmp_path / "data"), "--output", str(file))
    assert done.returncode == 0, done.stderr
    assert "Look through it" in done.stdout
    assert file.read_text(encoding="utf-8").startswith("Doorstep\n")
    failed = report("--demo", "--data", str(tmp_path / "data"), "--output", str(tmp_path / "nowhere" / "x"))
    assert failed.returncode == 1
    assert "Name another file" in failed.stderr


def test_a_file_without_a_report_is_wrong_usage(tmp_path: Path) -> None:
    done = subprocess.run(
        command("check", "--output", str(tmp_path / "x")), capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 2
    assert "--report" in done.stderr


def test_whoever_may_not_look_into_the_data_folder_finds_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an installed Doorstep it belongs to its service's user; pathlib raises what the kernel says."""

    def refuse(_: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "exists", refuse)
    assert not LocalServer.is_running(Path("/var/lib/doorstep"))


def test_beside_a_server_it_tells_what_that_does(tmp_path: Path) -> None:
    with running(tmp_path / "data", None) as server:
        wait_for(lambda: server.cameras()[0]["state"] == "live", 60, "the camera live")
        told = as_told(report("--demo", "--data", str(server.data), "--json"))
    assert told["Server"]["answers"] is True
    assert told["Server"]["cameras"] == ["1 live"]
    assert told["Switched on"]["cameras"] == ["1: demo"]
    each = told["Processes"]["each"]
    assert isinstance(each, list)
    assert str(each[0]).startswith("server: ")
    assert isinstance(told["Processes"]["memory of those that tell it (PSS), MiB"], float)
    assert getpass.getuser() == "root" or getpass.getuser() not in json.dumps(told)

"""`doorstep hub`: what to do for a hub, joining and leaving it, beside a running server and on the files alone."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from doorstep.cli.hub_words import status_words
from doorstep.core.hub_code import code_text
from fakes.own_sshd import HOST, OwnSshd, missing, own_sshd, ssh_as_ourselves
from fakes.server_process import command, running, wait_for

with_sshd = pytest.mark.skipif(bool(missing()), reason=missing() or "there is one")

UNTIL = int(time.time()) + 3600
VIEW: dict[str, Any] = {
    "paired": True,
    "host": "door.example.org",
    "address": "https://door.example.org",
    "state": "up",
    "reason": "",
    "round_trip_ms": 41.6,
    "certificate_ends_at": "2027-01-01T00:00:00Z",
    "bytes_this_month": 12_300_000,
    "reached": True,
    "reached_why": "",
}


def run(data: Path, *words: str, given: str = "", path: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DOORSTEP_DATA": str(data), "COLUMNS": "200"}
    if path is not None:
        environment["PATH"] = f"{path}:{environment['PATH']}"
    return subprocess.run(
        command("hub", *words), input=given, capture_output=True, text=True, env=environment, timeout=300, check=False
    )


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[OwnSshd]:
    ssh_as_ourselves(tmp_path / "bin")
    with own_sshd(tmp_path / "hub") as there:
        yield there


# --------------------------------------------------------------------------------------------------------- the hub's


def test_the_steps_are_told_and_the_program_is_one_file_that_runs_alone(tmp_path: Path) -> None:
    done = run(tmp_path / "data", "init", "Door.Example.org.", "--output", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "sudo python3 doorstep-hub init door.example.org" in done.stdout
    assert "TCP 22 (your SSH), 80, 443, 2222, 3478 and UDP 3478, 49160-49259" in done.stdout
    assert "doorstep hub join CODE" in done.stdout
    program = tmp_path / "doorstep-hub"
    alone = [sys.executable, "-I", "-S", str(program), "--version"]
    said = subprocess.run(alone, cwd="/", env={}, capture_output=True, text=True, timeout=120, check=False)
    assert said.returncode == 0, said.stderr
    again = run(tmp_path / "data", "init", "door.example.org", "--output", str(tmp_path / "again"))
    assert again.returncode == 0
    assert (tmp_path / "again").read_bytes() == program.read_bytes()
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("init", "door"),
        ("init", "--", "-oProxyCommand=id"),
        ("init", "door.example.org;id"),
        ("init", "door.example.org", "--apply", "-oProxyCommand=id@x"),
        ("init", "door.example.org", "--apply", "somebody"),
        ("join",),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told_before_anything_is_done(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = run(tmp_path / "data", *words)
    assert done.returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    done = run(tmp_path / "data", "init", "door.example.org", "--output", str(tmp_path / "no" / "such"))
    assert done.returncode == 1
    assert "Nothing was changed" in done.stderr


def stand_in(folder: Path, name: str, code: int = 0) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f'#!/bin/sh\necho "{name} $*" >> "{folder}/told"\nexit {code}\n')
    (folder / name).chmod(0o755)


def test_it_is_done_over_the_owners_own_ssh(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    stand_in(tools, "scp")
    stand_in(tools, "ssh")
    words = ("init", "door.example.org", "--apply", "me@203.0.113.7", "-o", str(tmp_path))
    done = run(tmp_path / "data", *words, path=tools)
    assert done.returncode == 0, done.stderr
    assert (tools / "told").read_text().splitlines() == [
        f"scp -- {tmp_path / 'doorstep-hub'} me@203.0.113.7:doorstep-hub",
        "ssh -t -- me@203.0.113.7 sudo python3 doorstep-hub init door.example.org",
    ]
    stand_in(tools, "ssh", 1)
    failed = run(tmp_path / "data", *words, path=tools)
    assert failed.returncode == 1
    assert "ssh to me@203.0.113.7 failed" in failed.stderr


# --------------------------------------------------------------------------------------------------- on the files alone


@with_sshd
def test_a_box_whose_server_does_not_run_joins_and_leaves(sshd: OwnSshd, tmp_path: Path) -> None:
    data, tools = tmp_path / "data", tmp_path / "bin"
    assert "No hub." in run(data, "status").stdout
    joined = run(data, "join", "-", given=f"\n {code_text(sshd.code(UNTIL))} \n", path=tools)
    assert joined.returncode == 0, joined.stderr
    assert f"https://{HOST}" in joined.stdout
    status = run(data, "status", "--json")
    assert status.returncode == 1
    view = json.loads(status.stdout)
    assert (view["paired"], view["state"], view["reason"]) == (True, "down", "Doorstep does not run.")
    left = run(data, "leave")
    assert left.returncode == 0
    assert "doorstep-hub revoke home`" in left.stdout
    assert "There was no hub to leave." in run(data, "leave").stdout
    assert run(data, "status").returncode == 0


def test_a_code_that_is_none_is_told_in_one_sentence(tmp_path: Path) -> None:
    done = run(tmp_path / "data", "join", "dh1-AAAA")
    assert done.returncode == 1
    assert "cut off" in done.stderr
    assert "Traceback" not in done.stderr


# ---------------------------------------------------------------------------------------------- beside a running server


@with_sshd
def test_a_running_server_joins_is_reached_and_leaves(sshd: OwnSshd, tmp_path: Path) -> None:
    data, tools = tmp_path / "data", tmp_path / "bin"
    with running(data, None, {"PATH": f"{tools}:{os.environ['PATH']}"}):
        assert run(data, "status").stdout.startswith("No hub.")
        refused = run(data, "join", "hello")
        assert (refused.returncode, "no pairing code" in refused.stderr) == (1, True)
        joined = run(data, "join", code_text(sshd.code(UNTIL)))
        assert joined.returncode == 0, joined.stderr
        view = wait_for(lambda: _up(data), 60, "the way from outside")
        assert (view["host"], view["reached"], view["bytes_this_month"]) == (HOST, True, 7)
        assert "Reached from outside: yes" in run(data, "status").stdout
        headers = {"Host": HOST, "X-Forwarded-For": "198.51.100.9", "X-Forwarded-Proto": "https"}
        answer = httpx.get(f"http://{HOST}:{sshd.box_port}/healthz", headers=headers, timeout=60)
        assert answer.status_code == 200
        left = run(data, "leave")
        assert left.returncode == 0, left.stderr
        wait_for(lambda: not sshd.sessions(), 60, "the end of the tunnel")
        assert run(data, "status").stdout.startswith("No hub.")


def _up(data: Path) -> dict[str, Any] | None:
    view: dict[str, Any] = json.loads(run(data, "status", "--json").stdout)
    return view if view["state"] == "up" else None


# --------------------------------------------------------------------------------------------------------------- words


def test_the_way_from_outside_in_a_few_lines() -> None:
    assert status_words(VIEW).splitlines() == [
        "https://door.example.org: the way from outside is there",
        "Reached from outside: yes",
        "Round trip: 42 ms",
        "Certificate: good until 2027-01-01",
        "Through the hub this month: 12.3 MB",
    ]


def test_what_is_not_known_yet_is_left_out_or_said() -> None:
    unknown = {"round_trip_ms": None, "certificate_ends_at": None, "bytes_this_month": None, "reached": None}
    assert status_words({**VIEW, **unknown}).splitlines()[1:] == ["Reached from outside: not known yet"]


def test_a_lost_way_says_why_and_nothing_old() -> None:
    down = {**VIEW, "state": "down", "reason": "The hub door.example.org does not answer."}
    assert status_words(down).splitlines() == [
        "https://door.example.org: the way from outside is not there",
        "The hub door.example.org does not answer.",
    ]
    shut = {**VIEW, "reached": False, "reached_why": "It answers 502."}
    assert "Reached from outside: no. It answers 502." in status_words(shut)

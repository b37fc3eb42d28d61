"""The verbs beside a running server: they ask it through its socket, and it keeps the promises that `run` makes."""

import json
import re
import stat
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import av
import pytest

from fakes.server_process import PASSWORD, ServerProcess, command, running, wait_for
from fakes.tries import soon_enough

START_SECONDS = 3.0
SLOW_MACHINE = 3.0  # tests run beside others; the benchmark holds the promise itself


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running(tmp_path_factory.mktemp("beside") / "data", None) as demo:
        yield demo


def run(server: ServerProcess, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words, "--data", str(server.data)),
        input=given,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_first_segment_comes_soon_after_the_start(tmp_path: Path) -> None:
    def started_within() -> float:
        asked_at = datetime.now(UTC)
        with running(tmp_path / "data", None) as server:
            wait_for(lambda: server.cameras()[0]["state"] == "live", 20, "the camera live")
            return (datetime.fromisoformat(server.cameras()[0]["since"]) - asked_at).total_seconds()

    assert soon_enough(started_within, START_SECONDS * SLOW_MACHINE)


def test_the_socket_is_its_owners_and_goes_with_the_server(tmp_path: Path) -> None:
    with running(tmp_path / "data", None) as server:
        wait_for(lambda: server.cameras()[0]["state"] == "live", 20, "the camera live")
        assert stat.S_IMODE((server.data / "doorstep.sock").stat().st_mode) == 0o600
    assert not (tmp_path / "data" / "doorstep.sock").exists()


def test_the_lines_after_the_first_lead_to_the_set_up_page(server: ServerProcess) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", server.url)
    line = wait_for(lambda: next(iter(server.lines), ""), 10, "the set-up address")
    assert re.search(r"http://127\.0\.0\.1:\d+/setup#[\w-]{20,}$", line.strip())


def test_the_first_user_closes_the_set_up_page(server: ServerProcess) -> None:
    added = run(server, "users", "add", "kim", "--password-stdin", given=f"{PASSWORD}\n")
    assert added.returncode == 0, added.stderr
    assert server.get("/setup")["needed"] is False
    family = run(server, "users", "add", "robin", "--password-stdin", given=f"{PASSWORD}\n")
    assert family.returncode == 0, family.stderr
    assert {user["name"]: user["role"] for user in server.get("/users")["users"]} == {"kim": "owner", "robin": "family"}


def test_a_token_is_good_at_once_and_revoked_at_once(server: ServerProcess) -> None:
    server.token()
    made = run(server, "tokens", "create", "--scope", "live:read", "--scope", "clip:read", "--camera", "demo")
    assert made.returncode == 0, made.stderr
    found = [json.loads(line) for line in run(server, "tokens", "list", "--json").stdout.splitlines()]
    (row,) = (row for row in found if row["scopes"] == ["clip:read", "live:read"])
    assert row["cameras"] == ["demo"]
    assert run(server, "tokens", "revoke", row["id"]).returncode == 0
    with server.client() as client:
        answer = client.get("/cameras", headers={"Authorization": f"Bearer {made.stdout.strip()}"})
    assert answer.status_code == 401


def test_a_clip_is_saved_whole_or_not_at_all(server: ServerProcess, tmp_path: Path) -> None:
    wait_for(lambda: run(server, "clip", "demo", "--last", "2", "-o", str(tmp_path / "a.mp4")).returncode == 0, 20)
    with av.open(str(tmp_path / "a.mp4"), "r") as container:
        assert sum(1 for _ in container.decode(video=0)) >= 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]
    wrong = run(server, "clip", "demmo", "--last", "2", "-o", str(tmp_path / "b.mp4"))
    assert wrong.returncode == 2
    assert "did you mean demo?" in " ".join(wrong.stderr.replace("│", " ").split())
    nowhere = run(server, "clip", "demo", "--last", "2", "-o", str(tmp_path / "absent" / "c.mp4"))
    assert nowhere.returncode == 1
    assert "could not be written" in nowhere.stderr


def test_check_asks_the_server_about_its_cameras(server: ServerProcess) -> None:
    wait_for(lambda: server.cameras()[0]["state"] == "live", 20, "the camera live")
    found = run(server, "check", "--demo", "--json")
    rows = {row["what"]: row for row in map(json.loads, found.stdout.splitlines())}
    assert rows["camera demo"]["ok"]
    assert rows["camera demo"]["detail"].startswith("live since ")


def test_check_says_that_it_tries_no_bell_that_the_server_has(server: ServerProcess, tmp_path: Path) -> None:
    config = tmp_path / "house.toml"
    config.write_text('[[camera]]\nid = "demo"\nname = "Demo"\nsource = "demo://"\n[chime]\npin = 22\n')
    found = run(server, "check", "--config", str(config), "--json")
    rows = {row["what"]: row for row in map(json.loads, found.stdout.splitlines())}
    assert rows["chime on pin 22"]["ok"]
    assert rows["chime on pin 22"]["detail"].startswith("Not tried")

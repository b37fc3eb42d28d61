"""A box's key in other hands, tried with the real ssh: it carries this box's one port and nothing else, until it is
revoked in one step; and one code pairs one box.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fakes.hub_places import needs_places
from fakes.hub_rig import Hub, hub_world
from fakes.hub_stalling import BOX, WORD
from fakes.hub_thief import Thief
from fakes.hub_world import HOME_PUBLIC, HUB_ADDRESS, HUB_HOST, INTERNET_ADDRESS
from fakes.server_process import wait_for

pytestmark = pytest.mark.slow

WORKS = '"v":1'
"""What the hub says to a box whose key it knows."""

REFUSED = ("administratively prohibited", "open failed", "forwarding failed", "remote port forwarding failed")


@dataclass(frozen=True, slots=True)
class Stolen:
    """A hub with one box, and what was stolen of that."""

    hub: Hub
    thief: Thief
    port: int
    code: str
    first: str
    """What the hub said to this key in the first place."""


def join(hub: Hub, code: str, data: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "doorstep", "hub", "join", code, "--data", str(data)]
    return hub.world.home.run(*words, check=False)


@pytest.fixture(scope="module")
def stolen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stolen]:
    needs_places("caddy", "turnserver")
    folder = tmp_path_factory.mktemp("stolen")
    with hub_world(folder / "world") as hub:
        code, data = hub.init(), folder / "data"
        done = join(hub, code, data)
        assert done.returncode == 0, done.stdout + done.stderr
        port = json.loads((data / "hub" / "pairing.json").read_text())["port"]
        thief = Thief(hub.world.phone, data / "hub" / "key", data / "hub" / "known_hosts", folder / "thief")
        yield Stolen(hub, thief, port, code, thief.ssh(until=[WORKS]))


def test_the_key_works_so_that_what_it_cannot_do_is_refused_for_its_own_sake(stolen: Stolen) -> None:
    assert WORKS in stolen.first, stolen.first
    said = stolen.thief.ssh(
        "-N",
        "-o",
        "ExitOnForwardFailure=yes",
        "-R",
        f"127.0.0.1:{stolen.port}:127.0.0.1:9",
        until=["remote forward success"],
    )
    assert "remote forward success" in said, said


@pytest.mark.parametrize("command", ["id", "/bin/sh -i", "cat /etc/shadow", "serve home; id", "let-go; id", "$(id)"])
def test_it_opens_no_shell_and_runs_no_program(stolen: Stolen, command: str) -> None:
    said = stolen.thief.ssh("-tt", command=command, until=["PTY allocation request failed"])
    assert "uid=" not in said
    assert "root:" not in said
    assert "PTY allocation request failed" in said, said


@pytest.mark.parametrize(
    "listen",
    [
        "127.0.0.1:{other}",
        "127.0.0.1:80",
        "0.0.0.0:{own}",
        "*:{own}",
        "[::1]:{own}",
        HUB_ADDRESS + ":{own}",
        "/run/a.sock",
    ],
)
def test_it_listens_nowhere_else(stolen: Stolen, listen: str) -> None:
    where = listen.format(own=stolen.port, other=stolen.port + 1)
    before = stolen.hub.listening()
    said = stolen.thief.ssh("-N", "-o", "ExitOnForwardFailure=yes", "-R", f"{where}:127.0.0.1:9", until=REFUSED)
    assert any(word in said for word in REFUSED), said
    assert stolen.hub.listening() == before


@pytest.mark.parametrize(
    "target",
    [
        "127.0.0.1:22",
        "127.0.0.1:443",
        f"{HUB_ADDRESS}:80",
        f"{INTERNET_ADDRESS}:443",
        f"{HOME_PUBLIC}:80",
        "localhost:{own}",
    ],
)
def test_it_reaches_nothing_through_the_hub(stolen: Stolen, target: str) -> None:
    said = stolen.thief.ssh("-W", target.format(own=stolen.port), until=REFUSED)
    assert any(word in said for word in REFUSED), said


def test_it_forwards_no_agent_no_screen_and_no_network(stolen: Stolen) -> None:
    for option in (("-A",), ("-X",), ("-w", "0:0", "-o", "Tunnel=point-to-point")):
        assert "Authenticated to" in stolen.thief.ssh(*option, until=[WORKS])
    assert stolen.hub.place.run("sh", "-c", "ls -d /tmp/ssh-* /root/.Xauthority 2>/dev/null; true").stdout == ""
    assert "tun0" not in stolen.hub.place.run("ip", "-brief", "link").stdout


def test_it_transfers_no_file(stolen: Stolen) -> None:
    said = stolen.thief.sftp()
    assert "Connected to" not in said
    assert "subsystem request failed" in said or "Connection closed" in said or "message too long" in said, said


def test_it_is_nobody_else_there_and_nothing_at_the_administrators_door(stolen: Stolen) -> None:
    assert "Permission denied" in stolen.thief.ssh(user="root", command="id")
    for user in ("root", "doorstep-hub"):
        assert "Permission denied" in stolen.thief.ssh(user=user, port=22, command="id")


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("proof", ["acme-challenge/token", "pki-validation/token.txt"])
def test_who_has_it_gets_no_certificate_for_the_name(stolen: Stolen, scheme: str, proof: str) -> None:
    """By RFC 8555, 8.3, an authority asks for the proof by HTTP, and goes where it is sent."""
    phone, his = stolen.hub.world.phone, 8600
    ask = ("curl", "-skL", "-m", "10", "-w", "%{http_code}", "--resolve", f"{HUB_HOST}:443:{HUB_ADDRESS}")
    page = phone.start(sys.executable, "-c", BOX, str(his))
    forward = ("-N", "-o", "ExitOnForwardFailure=yes", "-R", f"127.0.0.1:{stolen.port}:127.0.0.1:{his}")
    tunnel = phone.start(*stolen.thief.words(*forward))
    try:
        page_of_his = (*ask, f"{scheme}://{HUB_HOST}/")
        wait_for(lambda: phone.run(*page_of_his, check=False).stdout == f"{WORD}200" or None, 60, "his page")
        assert phone.run(*ask, f"{scheme}://{HUB_HOST}/.well-known/{proof}").stdout == "404"
    finally:
        for one in (tunnel, page):
            one.kill()
            one.wait(60)


def test_one_code_pairs_one_box(stolen: Stolen, tmp_path: Path) -> None:
    second = join(stolen.hub, stolen.code, tmp_path / "second")
    assert second.returncode != 0
    assert "used" in second.stdout + second.stderr
    assert not (tmp_path / "second" / "hub" / "pairing.json").exists()


def test_revoked_in_one_step_it_is_nothing(stolen: Stolen, tmp_path: Path) -> None:
    """At a box of its own, for the others go on with theirs."""
    hub, data = stolen.hub, tmp_path / "garage"
    done = join(hub, hub.pair("garage"), data)
    assert done.returncode == 0, done.stdout + done.stderr
    thief = Thief(hub.world.phone, data / "hub" / "key", data / "hub" / "known_hosts", tmp_path / "thief")
    port = json.loads((data / "hub" / "pairing.json").read_text())["port"]
    session = hub.world.phone.start(*thief.words("-N", "-R", f"127.0.0.1:{port}:127.0.0.1:9"))
    try:
        wait_for(lambda: ("tcp", "127.0.0.1", port) in hub.listening() or None, 20, "the thief's tunnel")
        assert session.poll() is None
        hub.verb("revoke", "garage")
        assert session.wait(60) != 0
    finally:
        session.kill()
    assert ("tcp", "127.0.0.1", port) not in hub.listening()
    assert "Permission denied" in thief.ssh()
    assert WORKS in stolen.thief.ssh(until=[WORKS]), "the other box's key was revoked too"

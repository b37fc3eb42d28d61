"""How much of the hub one key can hold, tried with the real ssh and sshd, and the hub's own program behind it."""

import asyncio
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, aclosing
from dataclasses import replace
from pathlib import Path

import pytest

from doorstep.core.errors import HubLost
from doorstep.core.hub_key import read_public_line
from doorstep.core.hub_link import HubLink
from doorstep.core.hub_names import LET_GO
from doorstep.core.hub_tunnel import HUB_FOLDER, KEY_NAME, KNOWN_HOSTS_NAME, HubReason
from doorstep.hub.ssh_tunnel import SshTunnel
from doorstep.hub_machine.box import new_box
from doorstep.hub_machine.box_folder import BoxFolder, make_folder
from doorstep.hub_machine.hub_clock import MachineClock
from doorstep.hub_machine.session_seats import held_seat
from doorstep.hub_machine.shape import HubFolders, HubShape, shape_text
from fakes.own_sshd import HOST, SSHD, OwnSshd, missing, paired_box, ssh_as_ourselves

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "there is one")

PATIENCE = 120.0
IDLE = "UnusedConnectionTimeout 30s"


class Box:
    """Its key, and what is done with it."""

    def __init__(self, folder: Path, sshd: OwnSshd) -> None:
        self.sshd = sshd
        self.tunnel = SshTunnel(paired_box(folder / "data", sshd), folder / "data")
        self._key, self._bin = folder / "data" / HUB_FOLDER, ssh_as_ourselves(folder / "bin")

    def ssh(self, *options: str, command: str = "") -> "subprocess.Popen[str]":
        known = f"UserKnownHostsFile={self._key / KNOWN_HOSTS_NAME}"
        words = (str(self._bin / "ssh"), "-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", known)
        where = ("-i", str(self._key / KEY_NAME), "-p", str(self.sshd.port), *options, f"doorstep-hub@{HOST}")
        return subprocess.Popen(
            [*words, *where, *([command] if command else [])],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    sshd = OwnSshd(tmp_path / "hub")
    made = Box(tmp_path, sshd)
    path = sshd.folder / "sshd_config"
    text = path.read_text()
    assert IDLE in text
    path.write_text(text.replace(IDLE, "UnusedConnectionTimeout 2s"))
    with_own_program(sshd)
    sshd.start()
    try:
        yield made
    finally:
        sshd.stop()


def with_own_program(sshd: OwnSshd) -> None:
    folders = HubFolders(settings=str(sshd.folder), state=str(sshd.folder), run=str(sshd.folder / "run"))
    shape = HubShape(HOST, names_checked=False, by_systemd=False, folders=folders)
    make_folder(sshd.folder)
    shape.run.mkdir(mode=0o700)
    [line] = (sshd.folder / "authorized_keys").read_text().splitlines()
    key = read_public_line(" ".join(line.split()[-3:-1]))
    program = sshd.folder / "doorstep-hub"
    (sshd.folder / "hub.json").write_text(shape_text(shape))
    with BoxFolder(sshd.folder, str(program), MachineClock()).changing() as change:
        change.put(replace(new_box("home", HOST, [], shape), port=sshd.box_port, key=key))
    call = [sys.executable, "-m", "doorstep.hub_machine", "--settings", str(sshd.folder / "hub.json")]
    source = shlex.quote(str(Path(__file__).parents[2] / "src"))
    # A shell stays between, as for the hub's own user: Debian's does not make way for the command that sshd gives it.
    program.write_text(f'#!/bin/sh\nPYTHONPATH={source} {shlex.join(call)} "$@"\nexit $?\n')


def is_served(session: "subprocess.Popen[str]") -> bool:
    assert session.stdout is not None
    return '"v":1' in session.stdout.readline()


def test_one_key_holds_two_sessions_and_no_third(box: Box) -> None:
    run = box.sshd.folder / "run"
    with held_seat(run, "home"):
        with held_seat(run, "home"), box.ssh("-T") as third:
            said, words = third.communicate(timeout=PATIENCE)
            assert (third.returncode != 0, said) == (True, "")
            assert "home has as many connections as it may" in words
        with box.ssh("-T") as second:
            assert is_served(second)


def test_a_key_lets_go_of_both_its_sessions(box: Box) -> None:
    with ExitStack() as ends:
        both = [ends.enter_context(box.ssh("-T")) for _ in range(2)]
        assert all(map(is_served, both))
        letting = ends.enter_context(box.ssh("-T", command=LET_GO))
        assert letting.communicate(timeout=PATIENCE)[0] == '{"v":1,"let_go":true}\n'
        for session in both:
            assert session.wait(PATIENCE) != 0


def test_a_box_whose_places_are_both_taken_lets_go_before_it_comes_again(
    box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whoever leaves it its port, of which it would be told at once that it is taken."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    link, run = HubLink(HOST, 0.0), box.sshd.folder / "run"

    async def came() -> None:
        async with asyncio.timeout(PATIENCE), aclosing(box.tunnel.lines()) as lines:
            await anext(lines)

    with held_seat(run, "home"), held_seat(run, "home"), pytest.raises(HubLost) as lost:
        asyncio.run(came())
    link.ended(HubReason(lost.value.reason), 1.0)
    assert link.should_let_go


def test_whoever_ends_a_session_ends_its_sshd_with_it_and_so_frees_the_port(box: Box) -> None:
    """The sshd would else hold a port for a box that is gone, as long as visitors' requests wait in it."""
    with box.ssh("-T") as session:
        assert is_served(session)
        session.communicate("nonsense\n", timeout=PATIENCE)
    assert session.returncode == 255  # ssh(1): the connection broke; the program's own exit code never came


def test_a_session_that_carries_nothing_is_ended_with_the_port_that_it_held(box: Box) -> None:
    port = box.sshd.pairing.port
    with box.ssh("-N", "-v", "-o", "ExitOnForwardFailure=yes", "-R", f"{HOST}:{port}:{HOST}:9") as idle:
        said = idle.communicate(timeout=PATIENCE)[1]
    assert "remote forward success" in said
    assert idle.returncode != 0


def test_the_real_settings_end_it_after_half_a_minute(tmp_path: Path) -> None:
    sshd = OwnSshd(tmp_path / "hub")
    words = [str(SSHD), "-T", "-f", str(sshd.folder / "sshd_config")]
    told = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=True).stdout
    assert "unusedconnectiontimeout 30" in told.splitlines()

"""The tunnel by a real sshd: the way in works, each way to fail is told apart, and none outlives who held it."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from doorstep.core.errors import HubLost
from doorstep.core.hub_status import HubStatus
from doorstep.core.hub_tunnel import HUB_FOLDER, KEY_NAME, KNOWN_HOSTS_NAME, HubReason, known_hosts_text
from doorstep.hub.own_key import new_own_key
from doorstep.hub.ssh_tunnel import SshTunnel
from fakes.own_sshd import HOST, OwnSshd, descendants, door, missing, own_sshd, paired_box, ssh_as_ourselves, visit

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "there is one")

PATIENCE = 90.0


@pytest.fixture
def sshd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnSshd]:
    monkeypatch.setenv("PATH", str(ssh_as_ourselves(tmp_path / "bin")), prepend=os.pathsep)
    with own_sshd(tmp_path / "hub") as running:
        yield running


async def first(lines: AsyncGenerator[HubStatus]) -> HubStatus:
    async with asyncio.timeout(PATIENCE):
        return await anext(lines)


def ending(tunnel: SshTunnel) -> HubReason:
    """Why it ends, however far it came."""

    async def ended() -> HubReason:
        async with asyncio.timeout(PATIENCE), aclosing(tunnel.lines()) as lines:
            with pytest.raises(HubLost, match=HOST) as lost:
                async for _ in lines:
                    pass
        return HubReason(lost.value.reason)

    return asyncio.run(ended())


def test_a_visitor_at_the_hub_comes_to_the_door_at_home(sshd: OwnSshd, tmp_path: Path) -> None:
    data = tmp_path / "data"
    tunnel = SshTunnel(paired_box(data, sshd), data)

    async def visited() -> None:
        async with door(data), aclosing(tunnel.lines()) as lines:
            status = await first(lines)
            assert (status.reached, status.seen_from, status.echo) == (True, "203.0.113.5", None)
            assert await visit(sshd.box_port) == b"home"
        assert await visit(sshd.box_port) == b""

    asyncio.run(visited())


def test_no_path_is_too_long_or_too_strange(sshd: OwnSshd, tmp_path: Path) -> None:
    data = tmp_path / ("deep" * 30) / "100% of it, ~ a:b"
    tunnel = SshTunnel(paired_box(data, sshd), data)

    async def visited() -> bytes:
        async with door(data), aclosing(tunnel.lines()) as lines:
            await first(lines)
            return await visit(sshd.box_port)

    assert asyncio.run(visited()) == b"home"


def test_a_question_is_answered_with_its_number(sshd: OwnSshd, tmp_path: Path) -> None:
    tunnel = SshTunnel(paired_box(tmp_path / "data", sshd), tmp_path / "data")

    async def asked() -> None:
        async with asyncio.timeout(PATIENCE), aclosing(tunnel.lines()) as lines:
            await anext(lines)
            await tunnel.ask(41)
            async for status in lines:
                if status.echo == 41:
                    return
        raise AssertionError

    asyncio.run(asked())
    asyncio.run(tunnel.ask(42))  # there is no connection now, and that is no mistake


def test_a_revoked_key_is_told_as_such(sshd: OwnSshd, tmp_path: Path) -> None:
    tunnel = SshTunnel(paired_box(tmp_path / "data", sshd), tmp_path / "data")
    sshd.revoke()
    assert ending(tunnel) is HubReason.REVOKED


def test_another_host_key_is_never_accepted(sshd: OwnSshd, tmp_path: Path) -> None:
    data = tmp_path / "data"
    tunnel = SshTunnel(paired_box(data, sshd), data)
    known = data / HUB_FOLDER / KNOWN_HOSTS_NAME
    known.write_text(known_hosts_text(HOST, sshd.port, new_own_key().public))
    before = known.read_text()
    assert ending(tunnel) is HubReason.HOST_KEY
    known.write_text("")
    assert ending(tunnel) is HubReason.HOST_KEY
    known.write_text(before)
    assert sorted(path.name for path in known.parent.iterdir()) == ["key", "known_hosts", "pairing.json"]


def test_a_damaged_key_is_told_apart_from_a_revoked_one(sshd: OwnSshd, tmp_path: Path) -> None:
    data = tmp_path / "data"
    tunnel = SshTunnel(paired_box(data, sshd), data)
    key = data / HUB_FOLDER / KEY_NAME
    key.write_text("what a disk may do\n")
    assert ending(tunnel) is HubReason.KEY_LOST
    key.unlink()
    assert ending(tunnel) is HubReason.KEY_LOST


def test_a_port_that_is_held_is_told_as_such(sshd: OwnSshd, tmp_path: Path) -> None:
    tunnel = SshTunnel(paired_box(tmp_path / "data", sshd), tmp_path / "data")
    with closing(socket.socket()) as other:
        other.bind((HOST, sshd.box_port))
        other.listen()
        assert ending(tunnel) is HubReason.PORT_TAKEN


def test_letting_go_frees_the_port_of_a_session_that_hangs(sshd: OwnSshd, tmp_path: Path) -> None:
    data = tmp_path / "data"
    former = SshTunnel(paired_box(data, sshd), data)

    async def came_again() -> bool:
        async with aclosing(former.lines()) as lines:
            await first(lines)
            again = SshTunnel(sshd.pairing, data)
            await again.let_go()
            async with aclosing(again.lines()) as anew:
                return (await first(anew)).reached is True

    assert asyncio.run(came_again())
    assert (sshd.folder / "let-go").exists()


def test_a_hub_that_ends_the_session_is_told_as_such(sshd: OwnSshd, tmp_path: Path) -> None:
    tunnel = SshTunnel(paired_box(tmp_path / "data", sshd), tmp_path / "data")

    async def ended() -> HubReason:
        async with asyncio.timeout(PATIENCE), aclosing(tunnel.lines()) as lines:
            await anext(lines)
            sshd.stop()
            with pytest.raises(HubLost) as lost:
                async for _ in lines:
                    pass
        return HubReason(lost.value.reason)

    assert asyncio.run(ended()) is HubReason.CLOSED
    assert ending(tunnel) is HubReason.NOT_LISTENING


def test_a_program_that_fails_on_the_hub_is_told_as_such(sshd: OwnSshd, tmp_path: Path) -> None:
    tunnel = SshTunnel(paired_box(tmp_path / "data", sshd), tmp_path / "data")
    (sshd.folder / "doorstep-hub").unlink()
    assert ending(tunnel) is HubReason.HUB_FAILS


@pytest.mark.parametrize("program", ["echo Welcome", "head -c 100000 /dev/zero | tr '\\0' a", "echo '{\"v\":9}'"])
def test_what_is_no_status_is_no_hub(sshd: OwnSshd, tmp_path: Path, program: str) -> None:
    tunnel = SshTunnel(paired_box(tmp_path / "data", sshd), tmp_path / "data")
    (sshd.folder / "doorstep-hub").write_text(f"#!/bin/sh\n{program}\nexec cat\n")
    assert ending(tunnel) is HubReason.NOT_A_HUB


# --------------------------------------------------------------------------------------------- no sshd behind the port

PORTAL = b"HTTP/1.1 302 Found\r\nLocation: http://sign-in.example/\r\n\r\n<html>Sign in to this network</html>\r\n"


@pytest.mark.parametrize(
    ("says", "closes", "reason"),
    [
        (PORTAL, True, HubReason.NOT_A_HUB),
        (b"\x15\x03\x01\x00\x02\x02\x46" * 40, True, HubReason.NOT_A_HUB),
        (b"", True, HubReason.NOT_A_HUB),
        (b"", False, HubReason.TIMED_OUT),
    ],
    ids=["page", "noise", "nothing", "silence"],
)
def test_what_stands_between_is_told(
    sshd: OwnSshd, tmp_path: Path, says: bytes, closes: bool, reason: HubReason
) -> None:
    tunnel = SshTunnel(paired_box(tmp_path / "data", sshd), tmp_path / "data")
    ssh_as_ourselves(tmp_path / "bin", 5 if reason is HubReason.TIMED_OUT else 60)
    sshd.stop()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(says)
        with suppress(OSError):
            while not closes and await reader.read(100):
                pass
        writer.close()

    async def told() -> HubReason:
        server = await asyncio.start_server(answer, HOST, sshd.port)
        async with server, asyncio.timeout(PATIENCE), aclosing(tunnel.lines()) as lines:
            with pytest.raises(HubLost) as lost:
                await anext(lines)
        return HubReason(lost.value.reason)

    assert asyncio.run(told()) is reason


def test_a_name_that_is_not_found_is_told(sshd: OwnSshd, tmp_path: Path) -> None:
    paired_box(tmp_path / "data", sshd)
    tunnel = SshTunnel(replace(sshd.pairing, hub="no-such-hub.invalid"), tmp_path / "data")

    async def told() -> HubReason:
        async with asyncio.timeout(PATIENCE), aclosing(tunnel.lines()) as lines:
            with pytest.raises(HubLost, match=r"no-such-hub\.invalid") as lost:
                await anext(lines)
        return HubReason(lost.value.reason)

    assert asyncio.run(told()) is HubReason.NAME


def test_without_the_program_ssh_its_package_is_named(
    sshd: OwnSshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tunnel = SshTunnel(paired_box(tmp_path / "data", sshd), tmp_path / "data")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ending(tunnel) is HubReason.NO_SSH


# ---------------------------------------------------------------------------------------------------- nothing is left

HOLDER = """
import asyncio, sys
from pathlib import Path
from doorstep.core.hub_pairing import read_kept
from doorstep.hub.ssh_tunnel import SshTunnel

async def hold():
    data = Path(sys.argv[1])
    async for _ in SshTunnel(read_kept((data / "hub" / "pairing.json").read_text()).pairing, data).lines():
        print("up", flush=True)

asyncio.run(hold())
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_ssh_ends_with_who_held_it(sshd: OwnSshd, tmp_path: Path, how: signal.Signals) -> None:
    data = tmp_path / "data"
    paired_box(data, sshd)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(data)], stdout=subprocess.PIPE, env=environment, text=True
    )
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == "up\n"
        (program,) = descendants(holder.pid)
        if how is signal.SIGSTOP:  # it does not even close its files
            os.kill(program, signal.SIGTERM)
        holder.send_signal(how)
        _until_gone(program)
    finally:
        holder.kill()
        holder.wait(PATIENCE)
        holder.stdout.close()


def _until_gone(pid: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return
        if state == "Z":
            return
        time.sleep(0.05)
    raise AssertionError(pid)


def test_no_secret_is_in_the_command_line(sshd: OwnSshd, tmp_path: Path) -> None:
    data = tmp_path / "data"
    tunnel = SshTunnel(paired_box(data, sshd), data)

    async def command_lines() -> str:
        async with aclosing(tunnel.lines()) as lines:
            await first(lines)
            return await asyncio.to_thread(_command_lines)

    told = asyncio.run(command_lines())
    assert "ExitOnForwardFailure" in told
    assert sshd.pairing.turn_secret not in told
    assert "BEGIN" not in told


def _command_lines() -> str:
    return " ".join(Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") for pid in descendants(os.getpid()))

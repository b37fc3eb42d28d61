"""The way to the hub is held for ever: it comes again, in time and politely, whatever ended it."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from doorstep.clock import SystemClock
from doorstep.core.hub_link import HubLink, HubState
from doorstep.core.hub_status import HubStatus
from doorstep.core.hub_tunnel import HubReason
from doorstep.hub.held_tunnel import LINE_SECONDS, HeldTunnel
from doorstep.hub.ssh_tunnel import SshTunnel
from doorstep.ports import Clock, HubTunnel
from fakes.clock import FakeClock
from fakes.hub_tunnels import HUB, ScriptedTunnel
from fakes.instant_loop import LoopClock, run
from fakes.own_sshd import door, missing, own_sshd, paired_box, ssh_as_ourselves, visit

PATIENCE = 60.0


def whole() -> float:
    return 1.0


@asynccontextmanager
async def held(tunnel: HubTunnel, clock: Clock) -> AsyncGenerator[HubLink]:
    link = HubLink(HUB, clock.monotonic())
    async with asyncio.TaskGroup() as group:
        task = group.create_task(HeldTunnel(tunnel, link, clock, whole).run())
        try:
            yield link
        finally:
            task.cancel()


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not is_so():  # noqa: ASYNC110 - of what nobody tells
            await asyncio.sleep(0)


def test_it_is_up_with_the_first_line() -> None:
    async def told() -> None:
        async with held(ScriptedTunnel(), FakeClock()) as link:
            await until(lambda: link.view.state is HubState.UP)
            await until(lambda: link.view.round_trip_ms is not None)
            assert link.view.seen_from == "203.0.113.5"

    asyncio.run(told())


def test_a_silent_one_is_ended_and_lets_go_before_it_comes_again() -> None:
    tunnel, clock = ScriptedTunnel(), FakeClock()
    tunnel.answers = False

    async def told() -> None:
        async with held(tunnel, clock) as link:
            await until(lambda: link.view.state is HubState.UP)
            up_at = clock.monotonic()
            await until(lambda: link.view.why is HubReason.SILENT)
            assert clock.monotonic() - up_at <= 14.0
            assert not tunnel.is_open
            await until(lambda: link.view.state is HubState.UP)
            assert (tunnel.let_go_count, tunnel.connections) == (1, 2)

    asyncio.run(told())


def test_one_that_never_speaks_is_given_up() -> None:
    class Mute(ScriptedTunnel):
        async def lines(self) -> AsyncGenerator[HubStatus]:
            self.connections += 1
            await asyncio.Event().wait()
            yield self.status

    tunnel = Mute()

    async def told() -> None:
        async with held(tunnel, FakeClock()) as link:
            await until(lambda: link.view.why is HubReason.TIMED_OUT)
            await until(lambda: tunnel.connections > 1)

    asyncio.run(told())


def test_while_the_hub_is_down_it_is_asked_every_five_seconds() -> None:
    tunnel, clock = ScriptedTunnel(), FakeClock()
    tunnel.refuses = HubReason.NOT_LISTENING

    async def told() -> None:
        async with held(tunnel, clock) as link:
            await until(lambda: tunnel.connections >= 6)
            began, before = clock.monotonic(), tunnel.connections
            await until(lambda: tunnel.connections >= before + 10)
            assert 45.0 <= clock.monotonic() - began <= 75.0  # a look at the connection takes a second here
            assert link.view.state is HubState.DOWN
            tunnel.refuses = None
            await until(lambda: link.view.state is HubState.UP)

    asyncio.run(told())


def test_a_connection_that_ends_without_a_word_is_closed() -> None:
    class Short(ScriptedTunnel):
        async def lines(self) -> AsyncGenerator[HubStatus]:
            self.connections += 1
            yield self.status

    tunnel = Short()

    async def told() -> None:
        async with held(tunnel, FakeClock()) as link:
            await until(lambda: tunnel.connections > 2)
            assert link.view.why in (HubReason.CLOSED, None)

    asyncio.run(told())


def test_a_hub_that_talks_without_end_is_heard_in_turns() -> None:
    class Chatty(ScriptedTunnel):
        async def lines(self) -> AsyncGenerator[HubStatus]:
            for _ in range(100_000):
                self.connections += 1
                yield self.status

    tunnel, clock = Chatty(), LoopClock()

    async def told() -> None:
        async with held(tunnel, clock) as link:
            await clock.sleep(2.0)
            assert link.view.state is HubState.UP
            assert tunnel.connections <= 2.0 / LINE_SECONDS + 1

    run(clock, told)


def test_who_is_cancelled_at_the_moment_of_a_loss_stops() -> None:
    tunnel = ScriptedTunnel()

    async def stopped() -> None:
        async with held(tunnel, FakeClock()) as link, asyncio.timeout(PATIENCE):
            await until(lambda: link.view.state is HubState.UP)
            tunnel.end(HubReason.CLOSED)

    for _ in range(20):
        asyncio.run(stopped())


@pytest.mark.skipif(bool(missing()), reason=missing() or "there is one")
def test_after_a_restart_of_the_hub_visitors_come_through_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within five seconds; on a machine that others use too, within what they leave."""
    monkeypatch.setenv("PATH", str(ssh_as_ourselves(tmp_path / "bin")), prepend=os.pathsep)
    data = tmp_path / "data"
    with own_sshd(tmp_path / "hub") as sshd:
        tunnel = SshTunnel(paired_box(data, sshd), data)

        async def visited() -> None:
            while await visit(sshd.box_port) != b"home":  # noqa: ASYNC110 - of what nobody tells
                await asyncio.sleep(0.05)

        async def healed_within() -> float:
            async with door(data), held(tunnel, SystemClock()), asyncio.timeout(PATIENCE):
                await visited()
                await asyncio.to_thread(sshd.stop)
                await asyncio.sleep(1.0)
                await asyncio.to_thread(sshd.start)
                began = time.monotonic()
                await visited()
                return time.monotonic() - began

        took = asyncio.run(healed_within())
    print(f"healed {took:.2f} s after the restart")
    assert took <= 15.0
    with suppress(OSError):
        assert asyncio.run(visit(sshd.box_port)) == b""


@pytest.mark.slow
@pytest.mark.skipif(bool(missing()), reason=missing() or "there is one")
def test_a_session_that_hangs_without_a_word_is_noticed_and_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a router forgets the connection: nothing is closed, nothing comes; the port is still held there."""
    monkeypatch.setenv("PATH", str(ssh_as_ourselves(tmp_path / "bin")), prepend=os.pathsep)
    data = tmp_path / "data"
    with own_sshd(tmp_path / "hub") as sshd:
        tunnel = SshTunnel(paired_box(data, sshd), data)

        async def healed_within() -> float:
            async with door(data), held(tunnel, SystemClock()) as link, asyncio.timeout(2 * PATIENCE):
                await until_real(lambda: link.view.state is HubState.UP)
                began = time.monotonic()
                for pid in sshd.sessions():
                    os.kill(pid, signal.SIGSTOP)
                await until_real(lambda: link.view.state is HubState.DOWN)
                noticed = time.monotonic() - began
                await until_real(lambda: link.view.state is HubState.UP)
                assert await visit(sshd.box_port) == b"home"
                print(f"noticed after {noticed:.1f} s, healed after {time.monotonic() - began:.1f} s")
                return noticed

        assert asyncio.run(healed_within()) <= 20.0
        assert (sshd.folder / "let-go").exists()


async def until_real(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not is_so():  # noqa: ASYNC110 - of what nobody tells
            await asyncio.sleep(0.02)

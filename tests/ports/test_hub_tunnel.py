"""The contract of `ports.HubTunnel`, held by OpenSSH's own client and by the one without a network."""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractContextManager, aclosing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from doorstep.core.errors import HubLost
from doorstep.core.hub_status import HubStatus
from doorstep.core.hub_tunnel import HubReason
from doorstep.hub.ssh_tunnel import SshTunnel
from doorstep.ports import HubTunnel
from fakes.hub_tunnels import ScriptedTunnel
from fakes.own_sshd import missing, own_sshd, paired_box, ssh_as_ourselves

PATIENCE = 90.0


@dataclass(frozen=True, slots=True)
class Way:
    """A tunnel, what breaks its connection, what refuses the next, and how many there are on the other end."""

    tunnel: HubTunnel
    cut: Callable[[], None]
    refuse: Callable[[], None]
    is_open: Callable[[], bool]


@contextmanager
def by_ssh(folder: Path) -> Iterator[Way]:
    if missing():
        pytest.skip(missing())
    with pytest.MonkeyPatch.context() as patch, own_sshd(folder / "hub") as sshd:
        patch.setenv("PATH", str(ssh_as_ourselves(folder / "bin")), prepend=os.pathsep)
        tunnel = SshTunnel(paired_box(folder / "data", sshd), folder / "data")
        yield Way(tunnel, sshd.stop, sshd.revoke, lambda: bool(sshd.sessions()))


@contextmanager
def scripted(folder: Path) -> Iterator[Way]:
    del folder
    tunnel = ScriptedTunnel()

    def refuse() -> None:
        tunnel.refuses = HubReason.REVOKED

    yield Way(tunnel, lambda: tunnel.end(HubReason.CLOSED), refuse, lambda: tunnel.is_open)


Ways = Callable[[Path], AbstractContextManager[Way]]


@pytest.fixture(params=[by_ssh, scripted], ids=lambda make: make.__name__)
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Way]:
    make: Ways = request.param
    with make(tmp_path) as made:
        yield made


async def first(lines: AsyncGenerator[HubStatus]) -> HubStatus:
    async with asyncio.timeout(PATIENCE):
        return await anext(lines)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not is_so():  # noqa: ASYNC110 - of what nobody tells
            await asyncio.sleep(0.02)


def test_the_hub_speaks_at_once(way: Way) -> None:
    async def spoken() -> HubStatus:
        async with aclosing(way.tunnel.lines()) as lines:
            return await first(lines)

    assert asyncio.run(spoken()).reached is True


def test_a_question_comes_back_with_its_number(way: Way) -> None:
    async def asked() -> None:
        async with asyncio.timeout(PATIENCE), aclosing(way.tunnel.lines()) as lines:
            await anext(lines)
            await way.tunnel.ask(7)
            async for status in lines:
                if status.echo == 7:
                    return
        raise AssertionError

    asyncio.run(asked())


def test_closing_the_lines_ends_the_connection(way: Way) -> None:
    async def closed() -> None:
        async with aclosing(way.tunnel.lines()) as lines:
            await first(lines)
            assert way.is_open()
        await until(lambda: not way.is_open())

    asyncio.run(closed())


def test_a_cancelled_reader_ends_the_connection(way: Way) -> None:
    async def read(begun: asyncio.Event) -> None:
        async with aclosing(way.tunnel.lines()) as lines:
            async for _ in lines:
                begun.set()

    async def cancelled() -> None:
        begun = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            reader = group.create_task(read(begun))
            async with asyncio.timeout(PATIENCE):
                await begun.wait()
            reader.cancel()
        await until(lambda: not way.is_open())

    asyncio.run(cancelled())


def test_a_connection_that_breaks_says_why(way: Way) -> None:
    async def broken() -> None:
        async with asyncio.timeout(PATIENCE), aclosing(way.tunnel.lines()) as lines:
            await anext(lines)
            way.cut()
            with pytest.raises(HubLost) as lost:
                async for _ in lines:
                    pass
        assert HubReason(lost.value.reason) is HubReason.CLOSED

    asyncio.run(broken())


def test_one_that_is_refused_says_why(way: Way) -> None:
    async def refused() -> None:
        way.refuse()
        async with asyncio.timeout(PATIENCE), aclosing(way.tunnel.lines()) as lines:
            with pytest.raises(HubLost) as lost:
                await anext(lines)
        assert HubReason(lost.value.reason) is HubReason.REVOKED

    asyncio.run(refused())


def test_without_a_connection_asking_and_letting_go_do_no_harm(way: Way) -> None:
    async def alone() -> None:
        await way.tunnel.ask(1)
        async with asyncio.timeout(PATIENCE):
            await way.tunnel.let_go()
        way.cut()
        async with asyncio.timeout(PATIENCE):
            await way.tunnel.let_go()

    asyncio.run(alone())

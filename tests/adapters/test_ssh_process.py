"""One run of a program that stands in for ssh: it is gone with who held it, and its last words are heard."""

import asyncio
from pathlib import Path

import pytest

from doorstep.core.hub_tunnel import HubReason
from doorstep.hub.ssh_process import LAST_WORDS_BYTES, ssh

HUB = "hub.test"
PATIENCE = 60.0


def script(text: str) -> tuple[str, ...]:
    return ("/bin/sh", "-c", text)


async def ended(text: str, folder: Path) -> HubReason:
    async with asyncio.timeout(PATIENCE), ssh(script(text), folder, HUB) as running:
        while await running.read_line():
            pass
        return await running.reason()


def test_its_last_words_count_whatever_it_said_before(tmp_path: Path) -> None:
    vain = "connect_to /proc/self/cwd/hub.sock port -2: failed."  # of each visitor, where nobody was at home
    text = f"""
        i=0; while [ $i -lt {LAST_WORDS_BYTES // len(vain) + 10} ]; do echo '{vain}' >&2; i=$((i+1)); done
        echo 'Timeout, server hub.test not responding.' >&2; exit 255"""
    assert asyncio.run(ended(text, tmp_path)) is HubReason.SILENT


@pytest.mark.parametrize("times", [1, 2])
def test_it_is_gone_however_often_who_holds_it_is_cancelled(tmp_path: Path, times: int) -> None:
    """As where a house is stopped just while a silent connection is ended."""

    async def cancelled() -> None:
        numbers = asyncio.Queue[int]()

        async def hold() -> None:
            async with ssh(script("echo $$; exec sleep 600"), tmp_path, HUB) as running:
                numbers.put_nowait(int(await running.read_line()))
                await running.read_line()

        async with asyncio.timeout(PATIENCE):
            task = asyncio.ensure_future(hold())
            number = await numbers.get()
            for _ in range(times):
                task.cancel()
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            with pytest.raises(asyncio.CancelledError):
                await task
            while is_running(number):  # noqa: ASYNC110 - of what nobody tells
                await asyncio.sleep(0.01)

    asyncio.run(cancelled())


def is_running(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False

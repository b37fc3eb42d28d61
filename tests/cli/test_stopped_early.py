"""Whoever stops a server that has hardly begun finds nothing left over, as if it had run for a year."""

import asyncio
from pathlib import Path

import pytest

from doorstep.app.signals import unless
from fakes.server_process import running

CONFIG = "[server]\n"


def test_a_signal_right_after_the_first_line_leaves_no_socket(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(data, CONFIG) as server:
        assert (data / "doorstep.sock").exists()
        assert server.stop() == 0
        assert not (data / "doorstep.sock").exists()
        assert "Traceback" not in server.log.read_text()


def test_work_is_broken_off_by_a_signal_and_only_by_that() -> None:
    async def main() -> None:
        stopped, ended = asyncio.Event(), list[str]()

        async def work(name: str) -> str:
            try:
                await asyncio.sleep(0 if name == "short" else 3600)
            finally:
                ended.append(name)
            return name

        async def fails() -> None:
            raise ZeroDivisionError

        assert await unless(stopped, work("short")) == "short"
        with pytest.raises(ZeroDivisionError):
            await unless(stopped, fails())
        stopped.set()
        assert await unless(stopped, work("long")) is None
        outer = asyncio.ensure_future(unless(asyncio.Event(), work("cancelled")))
        await asyncio.sleep(0.01)
        outer.cancel()
        await asyncio.wait([outer])
        assert outer.cancelled()
        assert ended == ["short", "long", "cancelled"]

    asyncio.run(main())

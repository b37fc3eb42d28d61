"""Conversions: one at a time, kept when they are done, and what goes wrong is told."""

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from doorstep.core.clip_file import Clip, Conversion
from doorstep.core.errors import BlobMissing
from doorstep.core.media import Codec
from doorstep.pipeline.clip_conversion import COMMAND, MOST_KEPT, MOST_WAITING, Conversions
from fakes.footage import NOON, real_stream, segments_of
from fakes.whole_clips import played, whole_clip

COPY = "import shutil, sys; shutil.copy(sys.argv[1], sys.argv[2]); print('1.0 2.5', flush=True)"
HALF = "import sys; print('0.5 1.0', flush=True); sys.stdin.read(); import time; time.sleep(60)"
FAILS = "import sys; open(sys.argv[2], 'w').write('half'); sys.exit(1)"


def program(text: str) -> tuple[str, ...]:
    return sys.executable, "-I", "-c", text


class Counted:
    """Clips of some bytes that know whether anybody holds them."""

    def __init__(self) -> None:
        self.held = 0

    def clip(self, number: int = 1, data: bytes = b"bytes", *, gone: bool = False) -> Clip:
        def read(offset: int, length: int) -> Iterator[bytes]:
            if gone:
                msg = "gone"
                raise BlobMissing(msg)
            yield data[offset : offset + length]

        end = NOON + timedelta(seconds=number)
        return Clip(f"{number}.mp4", len(data), NOON, end, read, codec=Codec.HEVC, hold=self._hold)

    def _hold(self) -> Callable[[], None]:
        self.held += 1
        return self._release

    def _release(self) -> None:
        self.held -= 1


def converting(folder: Path, command: tuple[str, ...], act: Callable[[Conversions], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        conversions = Conversions(folder, command)
        running = asyncio.get_running_loop().create_task(conversions.run())
        try:
            async with asyncio.timeout(120):
                await act(conversions)
        finally:
            running.cancel()
            await asyncio.wait([running])

    asyncio.run(main())


def test_a_real_clip_is_converted_by_a_process_of_its_own(tmp_path: Path) -> None:
    fmt, packets = real_stream(Codec.HEVC)
    data = whole_clip(fmt, segments_of(packets, timescale=fmt.timescale), 0.5, 99).data

    async def act(conversions: Conversions) -> None:
        clip = Counted().clip(data=data)
        made = await conversions.converted(clip, wait=True)
        assert isinstance(made, Clip)
        assert (made.codec, made.starts_at, made.ends_at) == (Codec.H264, clip.starts_at, clip.ends_at)
        assert made.cpu_seconds is not None
        assert made.cpu_seconds > 0
        content = b"".join(made.read(0, made.size))
        assert [number for number, _ in played(content)] == [number for number, _ in played(data)]

    converting(tmp_path / "made", COMMAND, act)


def test_what_is_done_is_not_done_again_and_the_oldest_goes(tmp_path: Path) -> None:
    counted = Counted()

    async def act(conversions: Conversions) -> None:
        first = await conversions.converted(counted.clip(), wait=True)
        assert isinstance(first, Clip)
        assert await conversions.converted(counted.clip(), wait=False) is first
        for number in range(2, MOST_KEPT + 2):
            assert isinstance(await conversions.converted(counted.clip(number), wait=True), Clip)
        assert len(list((tmp_path / "made").iterdir())) == MOST_KEPT
        with pytest.raises(BlobMissing):
            b"".join(first.read(0, first.size))
        assert counted.held == 0

    converting(tmp_path / "made", program(COPY), act)


def test_who_does_not_wait_learns_how_far_it_is_and_how_many_are_before(tmp_path: Path) -> None:
    counted = Counted()

    async def act(conversions: Conversions) -> None:
        assert await conversions.converted(counted.clip(), wait=False) == Conversion()
        while (state := await conversions.converted(counted.clip(), wait=False)) == Conversion():  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # another process tells
        assert state == Conversion(0.5, 1.0)
        found = [await conversions.converted(counted.clip(number), wait=False) for number in range(2, MOST_WAITING + 3)]
        assert [one.ahead for one in found if isinstance(one, Conversion)][:MOST_WAITING] == [1, 2, 3, 4]
        assert isinstance(found[-1], Conversion)
        assert found[-1].failed is not None

    converting(tmp_path / "made", program(HALF), act)


@pytest.mark.parametrize(("text", "gone"), [(FAILS, False), (COPY, True)])
def test_what_fails_is_told_and_leaves_nothing(tmp_path: Path, text: str, gone: bool) -> None:
    counted = Counted()

    async def act(conversions: Conversions) -> None:
        state = await conversions.converted(counted.clip(gone=gone), wait=True)
        assert isinstance(state, Conversion)
        assert state.failed is not None
        assert list((tmp_path / "made").iterdir()) == []
        assert counted.held == 0

    converting(tmp_path / "made", program(text), act)


def test_what_a_former_run_left_is_removed(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    folder.mkdir()
    (folder / "old.mp4").write_bytes(b"old")

    async def act(conversions: Conversions) -> None:
        await conversions.converted(Counted().clip(), wait=True)
        assert not (folder / "old.mp4").exists()

    converting(folder, program(COPY), act)


def test_the_process_that_decodes_knows_none_of_our_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAM_PASSWORD", "secret")
    text = "import os, sys; open(sys.argv[2], 'w').write(repr(dict(os.environ))); print('1 0', flush=True)"

    async def act(conversions: Conversions) -> None:
        made = await conversions.converted(Counted().clip(), wait=True)
        assert isinstance(made, Clip)
        assert b"secret" not in b"".join(made.read(0, made.size))

    converting(tmp_path / "made", program(text), act)


class WatchedPath(type(Path())):  # type: ignore[misc]
    """Notes which threads ask the disk."""

    asked: ClassVar[set[int]] = set()

    def unlink(self, missing_ok: bool = False) -> None:
        self.asked.add(threading.get_ident())
        super().unlink(missing_ok)

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        self.asked.add(threading.get_ident())
        return super().stat(follow_symlinks=follow_symlinks)  # type: ignore[no-any-return]


@pytest.mark.parametrize("text", [COPY, FAILS])
def test_the_event_loop_waits_for_no_disk(tmp_path: Path, text: str) -> None:
    WatchedPath.asked.clear()

    async def act(conversions: Conversions) -> None:
        for number in range(MOST_KEPT + 1):
            await conversions.converted(Counted().clip(number), wait=True)

    converting(WatchedPath(tmp_path / "made"), program(text), act)
    assert WatchedPath.asked
    assert threading.get_ident() not in WatchedPath.asked

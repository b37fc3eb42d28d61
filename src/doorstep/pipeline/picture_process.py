"""The process that decodes key frames of recordings for us: begun when one is wanted, ended when nobody asks any more.

What it decodes was sent by a camera (ADR 6).  What it does lives in `media.small_picture`.
"""

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress

import structlog

from doorstep.core.media import VideoFormat
from doorstep.media.small_picture import ANSWER_BYTES, SmallPicture, claimed_size, request_of
from doorstep.ports import Clock

log = structlog.get_logger()

ANSWER_SECONDS = 10.0
"""To begin and to decode one 4K key frame take a Raspberry Pi two: a process that says nothing for so long hangs."""

IDLE_SECONDS = 30.0
_LOOK_SECONDS = 5.0


class PictureProcess:
    """One decoding at a time, on the event loop.  A process that fails is ended, and the next wish begins another."""

    def __init__(self, command: Sequence[str], clock: Clock) -> None:
        """`command` is a program as `media.small_picture.serve` is."""
        self._command = tuple(command)
        self._clock = clock
        self._turn = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._used_at = 0.0
        self._wanted = asyncio.Event()

    async def run(self) -> None:
        """End the process while nobody asks, and at the end; until cancelled."""
        try:
            while True:
                await self._wanted.wait()
                await self._clock.sleep(_LOOK_SECONDS)
                async with self._turn:
                    if self._clock.monotonic() - self._used_at >= IDLE_SECONDS:
                        await self._end()
                        self._wanted.clear()
        finally:
            await self._end()

    async def picture(self, fmt: VideoFormat, sample: bytes, most: tuple[int, int]) -> SmallPicture | None:
        """The key frame, at most so wide and high; None where it cannot be decoded, or was the end of the process."""
        request = request_of(fmt, sample, most)
        if request is None:
            return None
        async with self._turn:
            self._used_at = self._clock.monotonic()
            self._wanted.set()
            done = False
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    found = await _asked(await self._running(), request, most)
                done = True
            except (TimeoutError, OSError, EOFError, ValueError) as error:
                log.warning("the pictures of a recording could not be decoded", reason=type(error).__name__)
                return None
            finally:
                # Also where somebody cancelled in the middle of an answer: the next would get its rest.
                if not done:
                    await self._end()
            return found

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={"LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"},  # none of our secrets
                cwd=os.sep,
            )
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        try:
            await process.communicate()  # to the end of its pipes, which are closed then
        except asyncio.CancelledError:  # in the middle of that: it was killed, and is gone in a moment
            await process.communicate()
            raise


async def _asked(process: asyncio.subprocess.Process, request: bytes, most: tuple[int, int]) -> SmallPicture | None:
    """Raises OSError and EOFError where the process is gone, ValueError where it answers what nobody asked."""
    asked, answers = process.stdin, process.stdout
    if asked is None or answers is None:
        raise EOFError
    asked.write(request)
    await asked.drain()
    size = claimed_size(await answers.readexactly(ANSWER_BYTES), most)
    if size is None:
        return None
    width, height = size
    return SmallPicture(width, height, await answers.readexactly(width * height * 3 // 2))

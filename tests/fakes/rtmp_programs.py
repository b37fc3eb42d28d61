"""FFmpeg as a camera that pushes and as a player that watches, on the loop of the test; ended by it at the latest."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

ffmpeg_needed = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")

QUIET = ("ffmpeg", "-hide_banner", "-loglevel", "error", "-nostdin")
PICTURE = ("-f", "lavfi", "-i", "testsrc=size=320x240:rate=25")
TONE = ("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25")


def pushing(
    to: str, *, seconds: float = 60, b_frames: int = 0, sound: bool = False, real_time: bool = True
) -> list[str]:
    """What pushes a test picture, 25 a second, a key frame each second."""
    pace = ("-re",) if real_time else ()
    tone = (*pace, *TONE) if sound else ()
    codec = (*H264, "-bf", str(b_frames), *(("-c:a", "aac", "-ac", "1") if sound else ()))
    preset = ("-preset", "veryfast") if b_frames else ()
    return [*QUIET, *pace, *PICTURE, *tone, "-t", str(seconds), *codec, *preset, "-f", "flv", to]


@asynccontextmanager
async def running(command: Sequence[str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """The program, killed at the end if it still runs."""
    program = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield program
    finally:
        if program.returncode is None:
            program.kill()
        await program.communicate()


async def outcome(command: Sequence[str], seconds: float = 20) -> tuple[int, str]:
    """How the program ended, and what it said of errors."""
    async with running(command) as program, asyncio.timeout(seconds):
        _, said = await program.communicate()
        return program.returncode or 0, said.decode("utf-8", "replace")

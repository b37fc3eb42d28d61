"""Clips in H.264: one conversion at a time, the newest are kept.  Converting is `media.transcode`'s."""

import asyncio
import hashlib
import os
import shutil
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import structlog

from doorstep.core.clip_file import Clip, Conversion
from doorstep.core.errors import BlobMissing, StoreUnavailable
from doorstep.core.media import Codec

log = structlog.get_logger()

MOST_WAITING = 4
MOST_KEPT = 8
MOST_KEPT_BYTES = 2 << 30
SILENT_SECONDS = 120.0
"""A conversion that tells nothing for so long hangs."""

COMMAND = (sys.executable, "-I", "-m", "doorstep.media.transcode")
_PIECE = 1 << 20
_FAILED = "This part of the video could not be turned into H.264. Save it as it was recorded."
_BUSY = "Too many clips are waiting to be turned into H.264. Try again in a minute."


@dataclass(slots=True)
class _Job:
    """One conversion, waiting or running."""

    key: str
    clip: Clip
    release: Callable[[], None]
    state: Conversion = field(default_factory=Conversion)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    made: Clip | None = None


class Conversions:
    """For all askers.  On the event loop; the work is done by processes of their own, one after the other.

    What is made lies in `folder`, which is emptied first: the newest few, at most two gigabytes of them.
    """

    def __init__(self, folder: Path, command: Sequence[str] = COMMAND) -> None:
        """`command` is given the names of the two files; it prints its progress as `media.transcode` does."""
        self._folder = folder
        self._command = tuple(command)
        self._waiting: asyncio.Queue[_Job] = asyncio.Queue(MOST_WAITING)
        self._jobs: dict[str, _Job] = {}
        self._made: OrderedDict[str, Clip] = OrderedDict()

    async def run(self) -> None:
        """Convert what is asked for, until cancelled."""
        await asyncio.to_thread(_emptied, self._folder)
        while True:
            job = await self._waiting.get()
            try:
                await self._convert(job)
            finally:
                if job.made is None and job.state.failed is None:
                    job.state = Conversion(failed=_FAILED)
                del self._jobs[job.key]
                job.over.set()

    async def converted(self, clip: Clip, *, wait: bool) -> Clip | Conversion:
        """The clip in H.264, or how far it is; see the port."""
        key = _key_of(clip)
        if key in self._made:
            self._made.move_to_end(key)
            return self._made[key]
        job = self._jobs.get(key)
        if job is None:
            if self._waiting.full():
                return Conversion(failed=_BUSY)
            job = self._jobs[key] = _Job(key, clip, clip.hold())
            self._waiting.put_nowait(job)
        if wait:
            await job.over.wait()
            return job.made or job.state
        ahead = list(self._jobs).index(key)
        return replace(job.state, ahead=ahead)

    async def _convert(self, job: _Job) -> None:
        source, target = self._folder / f"{job.key}.from", self._folder / f"{job.key}.mp4"
        try:
            try:
                await asyncio.to_thread(_spool, job.clip, source)
            finally:
                job.release()
            if await self._has_converted(job, source, target):
                await self._keep(job, target)
                return
        except (BlobMissing, StoreUnavailable, OSError) as error:
            log.warning("a clip could not be converted", clip=job.clip.name, reason=str(error))
        finally:
            await asyncio.to_thread(_remove, [source] if job.made is not None else [source, target])
        job.state = replace(job.state, failed=_FAILED)

    async def _has_converted(self, job: _Job, source: Path, target: Path) -> bool:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            str(source),
            str(target),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={"LC_ALL": "C.UTF-8"},  # none of our secrets
        )
        try:
            while line := await _line(process):
                done, _, used = line.decode().partition(" ")
                with suppress(ValueError):
                    job.state = Conversion(float(done), float(used))
            async with asyncio.timeout(SILENT_SECONDS):
                exit_code = await process.wait()
            if exit_code == 0:
                return True
            log.warning("a clip could not be converted", clip=job.clip.name, exit_code=exit_code)
        except TimeoutError:
            log.warning("a conversion hung and was ended", clip=job.clip.name)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return False

    async def _keep(self, job: _Job, target: Path) -> None:
        size = (await asyncio.to_thread(target.stat)).st_size
        job.made = replace(
            job.clip,
            size=size,
            read=partial(_read_file, target),
            codec=Codec.H264,
            hold=_hold_nothing,
            in_memory=False,
            off_site=False,
            cpu_seconds=job.state.cpu_seconds,
        )
        self._made[job.key] = job.made
        log.info("clip converted", clip=job.clip.name, cpu_seconds=job.state.cpu_seconds, bytes=size)
        gone = []
        while len(self._made) > MOST_KEPT or sum(one.size for one in self._made.values()) > MOST_KEPT_BYTES:
            gone.append(self._folder / f"{self._made.popitem(last=False)[0]}.mp4")
        await asyncio.to_thread(_remove, gone)


async def _line(process: asyncio.subprocess.Process) -> bytes:
    async with asyncio.timeout(SILENT_SECONDS):
        return await process.stdout.readline() if process.stdout is not None else b""


def _hold_nothing() -> Callable[[], None]:
    return _nothing


def _nothing() -> None:
    """A converted clip lies in a file of its own."""


def _key_of(clip: Clip) -> str:
    return hashlib.sha256(clip.identity.encode()).hexdigest()[:32]


def _emptied(folder: Path) -> None:
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700, parents=True)


def _remove(paths: Sequence[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _spool(clip: Clip, path: Path) -> None:
    with path.open("wb") as file:
        for piece in clip.read(0, clip.size):
            file.write(piece)


def _read_file(path: Path, offset: int, length: int) -> Iterator[bytes]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError as error:
        msg = "this clip was converted too long ago; ask for it anew"
        raise BlobMissing(msg) from error
    try:
        while length > 0 and (piece := os.pread(descriptor, min(_PIECE, length), offset)):
            yield piece
            offset, length = offset + len(piece), length - len(piece)
    finally:
        os.close(descriptor)

"""One run of the program ssh: started apart from us, read in bounded lines, and surely ended.

It has neither our terminal nor our environment.  When this process dies without a word, its standard input closes and
ssh ends with the session on the other side.
"""

import asyncio
import os
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from doorstep.core.errors import HubLost
from doorstep.core.hub_status import LONGEST_LINE
from doorstep.core.hub_tunnel import HubReason, reason_of, reason_words

GOODBYE_SECONDS = 2.0
LAST_WORDS_BYTES = 16 * 2**10
SSH_FAILED = 255
"""What ssh itself ends with; any other number is the far program's (ssh(1), EXIT STATUS)."""


class SshProcess:
    """A running ssh.  On the event loop only; made by `ssh`."""

    def __init__(self, process: Process, hub: str) -> None:
        self._process = process
        self._hub = hub
        self._last_words = ""

    async def read_line(self) -> bytes:
        """The next line, empty at the end.  Raises HubLost for one that is too long."""
        if self._process.stdout is None:
            return b""
        try:
            return await self._process.stdout.readline()
        except ValueError as error:  # longer than the limit
            raise self._lost(HubReason.NOT_A_HUB) from error

    def write(self, line: bytes) -> None:
        """Send a line, unless one before it still waits: then the way carries nothing, and more would only pile up."""
        pipe = self._process.stdin
        if pipe is not None and not pipe.is_closing() and not pipe.transport.get_write_buffer_size():
            pipe.write(line)

    async def reason(self) -> HubReason:
        """Why it ended, by its own last words; ends it if it has not."""
        code = await self.end()
        if code == SSH_FAILED or code < 0:
            return reason_of(self._last_words)
        return HubReason.HUB_FAILS if code else HubReason.CLOSED

    async def lost(self) -> HubLost:
        """The same as an error, to be raised."""
        return self._lost(await self.reason())

    async def end(self) -> int:
        """Gone when this returns; its exit status.  May be called again."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        for part_with in (None, self._process.terminate, self._process.kill):
            if part_with is not None:
                with suppress(ProcessLookupError):
                    part_with()
            if await self._is_gone():
                break
        await self._read_to_the_end()
        return self._code()

    def kill(self) -> None:
        """Where there is no time for a goodbye."""
        with suppress(ProcessLookupError):
            self._process.kill()

    async def _read_to_the_end(self) -> None:
        """What is left in the pipes of a process that is gone; only then does asyncio close them."""
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                if self._process.stdout is not None:
                    await self._process.stdout.read()
                if self._process.stderr is not None:
                    words = await self._process.stderr.read()
                    self._last_words = self._last_words or words[-LAST_WORDS_BYTES:].decode("utf-8", "replace")

    async def _is_gone(self) -> bool:
        try:
            async with asyncio.timeout(GOODBYE_SECONDS / 4):
                await self._process.wait()
        except TimeoutError:
            return False
        return True

    def _code(self) -> int:
        return SSH_FAILED if self._process.returncode is None else self._process.returncode

    def _lost(self, reason: HubReason) -> HubLost:
        return HubLost(reason_words(reason, self._hub), reason)


@asynccontextmanager
async def ssh(argv: Sequence[str], folder: Path, hub: str) -> AsyncGenerator[SshProcess]:
    """Run it in `folder`; it is gone when the block ends.  Raises HubLost where there is no such program."""
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            cwd=folder,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            limit=LONGEST_LINE,
            env=_environment(),
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise HubLost(reason_words(HubReason.NO_SSH, hub), HubReason.NO_SSH) from error
    except OSError as error:
        raise HubLost(reason_words(HubReason.UNKNOWN, hub), HubReason.UNKNOWN) from error
    running = SshProcess(process, hub)
    try:
        yield running
    finally:
        try:
            await running.end()
        except asyncio.CancelledError:  # once more, while it was ended
            running.kill()
            await running.end()
            raise


def _environment() -> dict[str, str]:
    """English words, which `reason_of` knows, and nothing of ours."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}

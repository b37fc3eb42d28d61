"""A sound of this machine, played by ALSA's or PipeWire's own player as a child.  The bytes wait in memory: a disk that
is stalled, full or gone keeps nobody from hearing the bell.
"""

import asyncio
import os
import shutil
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from doorstep.chimes.own_sound import own_sound, silence
from doorstep.core.errors import ChimeUnavailable

CERTAIN_SECONDS = 0.1
"""A player that cannot play says so within some milliseconds; one that is still there then plays."""

CHECK_SECONDS = 5.0
LONGEST_SECONDS = 30.0
"""What plays longer is no chime, or hangs."""

MOST_BYTES = 10_000_000
ANY_FILE = Path("/proc/self/fd")


class SoundChime:
    """Implements `ports.Chime`.  Used on the event loop only; one sound at a time, the newest wins."""

    def __init__(self, sound: Path | None, device: str, environment: Mapping[str, str]) -> None:
        """`sound` None is Doorstep's own; `device` is ALSA's name, empty for the default."""
        self._sound = sound
        self._device = device
        self._environment = environment
        self._held: int | None = None
        self._playing: Process | None = None

    @property
    def name(self) -> str:
        """There is one of its kind."""
        return "sound"

    async def ring(self) -> None:
        """Certain once the player has not given up."""
        await self._stop()
        if self._held is None:
            self._held = await asyncio.to_thread(self._read)
        player = await self._start(self._held)
        self._playing = player
        asyncio.get_running_loop().call_later(LONGEST_SECONDS, _kill, player)
        try:
            async with asyncio.timeout(CERTAIN_SECONDS):
                await player.wait()
        except TimeoutError:
            return
        await _judge(player)

    async def check(self) -> str:
        """Reads the sound and plays a moment of silence."""
        self._held = await asyncio.to_thread(self._read)
        quiet = _in_memory(silence(0.05))
        try:
            player = await self._start(quiet)
            try:
                async with asyncio.timeout(CHECK_SECONDS):
                    await player.wait()
            except TimeoutError:
                msg = "The sound device hangs: it took no sound for seconds."
                raise ChimeUnavailable(msg) from None
            finally:
                _kill(player)  # also when this is cancelled: a device may be one player's alone
                await player.wait()
            await _judge(player)
        finally:
            os.close(quiet)
        where = f"on {self._device}" if self._device else "on the default device"
        return f"A sound can be played by {Path(self._command()[0]).name} {where}."

    async def _stop(self) -> None:
        """Who presses again hears it again, from its beginning; a device may be one player's alone."""
        player, self._playing = self._playing, None
        if player is not None and player.returncode is None:
            _kill(player)
            await player.wait()

    async def _start(self, sound: int) -> Process:
        file = f"{ANY_FILE}/{sound}"  # opened anew by the player, so that each begins at the beginning
        try:
            return await asyncio.create_subprocess_exec(
                *self._command(), file, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, pass_fds=(sound,)
            )
        except OSError as error:
            msg = f"The player of sounds does not start: {error.strerror}."
            raise ChimeUnavailable(msg) from error

    def _command(self) -> Sequence[str]:
        """PipeWire's player where this user has PipeWire and no ALSA device is named, else ALSA's."""
        path = self._environment.get("PATH")
        pipewire = Path(self._environment.get("XDG_RUNTIME_DIR", "/nonexistent")) / "pipewire-0"
        if not self._device and pipewire.exists() and (player := shutil.which("pw-play", path=path)):
            return (player,)
        if player := shutil.which("aplay", path=path):
            return (player, "-q", *(("-D", self._device) if self._device else ()))
        msg = "Nothing here plays sounds: install the package alsa-utils."
        raise ChimeUnavailable(msg)

    def _read(self) -> int:
        """The descriptor of the sound in memory; blocks.  Raises ChimeUnavailable."""
        if self._held is not None:
            return self._held
        return _in_memory(own_sound() if self._sound is None else _file_of_the_owner(self._sound))


def _file_of_the_owner(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            sound = file.read(MOST_BYTES + 1)
    except OSError as error:
        msg = f"The chime's sound cannot be read: {error.strerror}."
        raise ChimeUnavailable(msg) from error
    if len(sound) > MOST_BYTES:
        msg = f"The chime's sound is larger than {MOST_BYTES // 1_000_000} MB: take a shorter one."
        raise ChimeUnavailable(msg)
    if sound[:4] != b"RIFF" or sound[8:12] != b"WAVE":
        msg = "The chime's sound is no WAV file."
        raise ChimeUnavailable(msg)
    return sound


def _in_memory(sound: bytes) -> int:
    descriptor = os.memfd_create("doorstep-chime")
    with open(descriptor, "wb", closefd=False) as file:
        file.write(sound)
    return descriptor


def _kill(player: Process) -> None:
    with suppress(ProcessLookupError):
        player.kill()


async def _judge(player: Process) -> None:
    """Raises ChimeUnavailable where it ended badly, with the last thing that it said."""
    if player.returncode == 0:
        return
    said = (await player.stderr.read(4096)).decode(errors="replace").strip() if player.stderr else ""
    reason = said.splitlines()[-1] if said else f"it ended with {player.returncode}"
    msg = f"The sound does not play: {reason[:200]}"
    raise ChimeUnavailable(msg)

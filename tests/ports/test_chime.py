"""The contract of `ports.Chime`, held by every chime: a sound by ALSA's own player, a pin, and a broker."""

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from doorstep.chimes.own_sound import own_sound, silence
from doorstep.chimes.pin import PinChime
from doorstep.chimes.sound import SoundChime
from doorstep.clock import SystemClock
from doorstep.core.errors import ChimeUnavailable
from doorstep.core.notify_settings import MqttSettings
from doorstep.notifiers.mqtt_chime import MqttChime
from doorstep.notifiers.mqtt_link import Message, MqttLink
from doorstep.ports import Chime
from fakes.free_port import free_port
from fakes.mosquitto import Ear, broker, missing
from fakes.pins import mock_pins

PIN, SECONDS = 22, 0.2
PATIENCE = 20.0
HEAD = 44
"""Bytes of a WAV file before its samples."""


@dataclass(frozen=True, slots=True)
class Gong:
    """A chime that works, one that cannot sound, how often the first was heard in full, and what silences it."""

    working: Chime
    broken: Chime
    heard: Callable[[], int]
    silence: Callable[[], Awaitable[None]]


@contextmanager
def sound(folder: Path) -> Iterator[Gong]:
    if shutil.which("aplay") is None:
        pytest.skip("needs the Debian package alsa-utils")
    out = folder / "heard.raw"
    own = len(own_sound()) - HEAD

    def heard() -> int:
        """The file plugin begins its file anew with each player."""
        return int(out.exists() and out.stat().st_size >= own)

    working = SoundChime(None, f"tee:null,{out},raw", os.environ)
    yield Gong(working, SoundChime(None, "no-such-device", os.environ), heard, working._stop)


@contextmanager
def pin(folder: Path) -> Iterator[Gong]:
    del folder
    with mock_pins() as pins, pins.taken(PIN + 1):
        working = PinChime(PIN, SECONDS)
        try:
            yield Gong(working, PinChime(PIN + 1, SECONDS), lambda: ends_of(pins.states(PIN)), silent)
        finally:
            working.close()


async def silent() -> None:
    """A pin is so by itself."""


def ends_of(states: list[bool]) -> int:
    return sum(before and not after for before, after in pairwise(states))


class ConnectedChime:
    """Implements `ports.Chime`: the chime by MQTT of a house that is connected to its broker."""

    def __init__(self, settings: MqttSettings) -> None:
        self._connected = asyncio.Event()
        self._link = MqttLink(settings, SystemClock(), self._told)
        self._chime = MqttChime(self._link)

    @property
    def name(self) -> str:
        return self._chime.name

    async def ring(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(self._link.run(_listens, ("nothing",)))
            async with asyncio.timeout(PATIENCE):
                await self._connected.wait()
            try:
                await self._chime.ring()
            finally:
                running.cancel()
        self._connected.clear()

    async def check(self) -> str:
        return await self._chime.check()

    def _told(self, why: str) -> None:
        if not why:
            self._connected.set()


async def _listens(messages: AsyncIterator[Message]) -> None:
    async for _message in messages:
        pass


@contextmanager
def mqtt(folder: Path) -> Iterator[Gong]:
    if missing():
        pytest.skip(missing())
    with broker(folder) as at, Ear(at) as ear:
        away = MqttChime(MqttLink(MqttSettings(f"mqtt://127.0.0.1:{free_port()}"), SystemClock()))
        yield Gong(ConnectedChime(MqttSettings(at.url)), away, lambda: len(ear.payloads("doorstep/chime")), silent)


KINDS: dict[str, Callable[[Path], AbstractContextManager[Gong]]] = {"sound": sound, "pin": pin, "mqtt": mqtt}


@pytest.fixture(params=KINDS)
def gong(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Gong]:
    with KINDS[request.param](tmp_path) as made:
        yield made


def waited_for(what: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while not what() and time.monotonic() < end:
        time.sleep(0.01)
    return what()


async def rung(chime: Chime, is_heard: Callable[[], bool], silence: Callable[[], Awaitable[None]], times: int) -> bool:
    """Whether that was heard; `ring` returns before the end of a player, which needs its loop until then."""
    for _ in range(times):
        await chime.ring()
    found = await asyncio.to_thread(waited_for, is_heard)
    await silence()
    return found


def test_it_sounds(gong: Gong) -> None:
    assert asyncio.run(rung(gong.working, lambda: gong.heard() == 1, gong.silence, 1))


def test_it_can_be_tried_in_silence(gong: Gong) -> None:
    assert asyncio.run(gong.working.check())
    assert gong.heard() == 0


def test_one_that_cannot_sound_says_so_in_a_plain_sentence(gong: Gong) -> None:
    for act in (gong.broken.ring, gong.broken.check):
        with pytest.raises(ChimeUnavailable) as told:
            asyncio.run(act())
        assert len(str(told.value)) > 20


def test_who_rings_again_hears_it_again(gong: Gong) -> None:
    assert asyncio.run(rung(gong.working, lambda: gong.heard() >= 1, gong.silence, 2))


# ------------------------------------------------------------------------------------------------ the sound's own ways


def test_the_owners_own_file_is_played_also_when_its_disk_is_gone(tmp_path: Path) -> None:
    with sound(tmp_path):
        file, out = tmp_path / "mine.wav", tmp_path / "mine.raw"
        file.write_bytes(silence(0.3))
        chime = SoundChime(file, f"tee:null,{out},raw", os.environ)
        asyncio.run(chime.check())
        file.unlink()
        whole = len(silence(0.3)) - HEAD
        assert asyncio.run(rung(chime, lambda: out.stat().st_size >= whole, chime._stop, 1))


@pytest.mark.parametrize("content", [b"", b"RIFF", b"ID3 an mp3", b"RIFF1234WEBP"])
def test_what_is_no_wav_file_is_refused_in_silence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "mine.wav"
    file.write_bytes(content)
    with pytest.raises(ChimeUnavailable, match="no WAV file"):
        asyncio.run(SoundChime(file, "null", os.environ).check())
    with pytest.raises(ChimeUnavailable, match="cannot be read"):
        asyncio.run(SoundChime(tmp_path / "gone.wav", "null", os.environ).ring())


def test_without_a_player_it_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(ChimeUnavailable, match="alsa-utils"):
        asyncio.run(SoundChime(None, "", {"PATH": str(tmp_path)}).ring())


def player(folder: Path, name: str, does: str) -> dict[str, str]:
    """An environment in which that program plays."""
    program = folder / name
    program.write_text(f"#!/bin/sh\necho $$ $* >> {folder}/played\n{does}\n", encoding="utf-8")
    program.chmod(0o755)
    return {"PATH": str(folder), "XDG_RUNTIME_DIR": str(folder)}


def test_pipewire_plays_where_there_is_one_and_no_device_is_named(tmp_path: Path) -> None:
    environment = player(tmp_path, "pw-play", "exit 0") | player(tmp_path, "aplay", "exit 0")
    (tmp_path / "pipewire-0").touch()
    assert "pw-play" in asyncio.run(SoundChime(None, "", environment).check())
    assert "aplay" in asyncio.run(SoundChime(None, "plughw:1", environment).check())


def test_a_player_that_plays_on_is_stopped_by_the_next_press(tmp_path: Path) -> None:
    chime = SoundChime(None, "null", player(tmp_path, "aplay", "exec /bin/sleep 60"))

    async def thrice() -> int:
        for _ in range(3):
            await chime.ring()
        await asyncio.to_thread(waited_for, lambda: bool(alive_of(tmp_path / "played")))  # it has come that far
        alive = len(alive_of(tmp_path / "played"))
        await chime._stop()
        return alive

    assert asyncio.run(thrice()) == 1
    assert alive_of(tmp_path / "played") == []


def test_a_check_that_somebody_cuts_short_leaves_the_device_to_the_next(tmp_path: Path) -> None:
    chime = SoundChime(None, "null", player(tmp_path, "aplay", "exec /bin/sleep 60"))

    async def cut_short() -> None:
        check = asyncio.create_task(chime.check())
        await asyncio.to_thread(waited_for, lambda: bool(alive_of(tmp_path / "played")))
        check.cancel()
        with pytest.raises(asyncio.CancelledError):
            await check
        await asyncio.to_thread(waited_for, lambda: not alive_of(tmp_path / "played"))

    asyncio.run(cut_short())
    assert alive_of(tmp_path / "played") == []


def alive_of(played: Path) -> list[str]:
    if not played.exists():
        return []
    pids = [line.split()[0] for line in played.read_text().splitlines()]
    return [pid for pid in pids if Path("/proc", pid).exists()]

"""From a press to the first sound, with the network cut: a namespace of its own in which only loopback is left.

    python -m benchmarks.chime [--presses 20]

Goal: 95 of 100 within 0.3 s.  The sound is played by ALSA's own player into a file device that passes samples on as
soon as it has them; a sound card adds its own buffer.  The server looks at a demo camera meanwhile, and its mail server
cannot be reached.  Needs the Debian packages alsa-utils and util-linux.
"""

import argparse
import asyncio
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from functools import partial
from pathlib import Path

import httpx
from benchmarks.figures import Figure, of_rounds, percentile, tell
from benchmarks.house import config_of, folder_of_our_own, server_of

from doorstep.app.folders import SOCKET_NAME
from doorstep.buttons.gpio import GpioButton
from doorstep.chimes.own_sound import own_sound
from doorstep.chimes.sound import SoundChime
from doorstep.clock import SystemClock
from doorstep.core.camera import CameraId
from doorstep.core.notify_settings import ButtonSettings
from fakes.pins import mock_pins
from fakes.server_process import wait_for

GOAL_SECONDS = 0.3
BETWEEN_SECONDS = 1.2
PATIENCE_SECONDS = 20.0
PIN = 17
INSIDE = "DOORSTEP_CUT_OFF"
CONFIG = """
[notify.email]
smtp = "smtps://mail.example.org"
from = "doorstep@example.org"
to = ["me@example.org"]

[chime]
sound = "own"
device = "{device}"
"""


class Ear:
    """Hears the first sample of each sound that is none of silence."""

    def __init__(self, folder: Path) -> None:
        self.device = f"tee:null,{folder / 'ear'},raw"
        os.mkfifo(folder / "ear")
        self._file = os.open(folder / "ear", os.O_RDWR)
        self._heard = threading.Event()
        self._heard_at = 0.0
        threading.Thread(target=self._listen, daemon=True).start()

    def seconds_to_sound(self, press: Callable[[], object]) -> float:
        """From the press until the ear hears it."""
        self._heard.clear()
        pressed_at = time.perf_counter()
        press()
        if not self._heard.wait(PATIENCE_SECONDS):
            msg = "no sound was heard"
            raise SystemExit(msg)
        taken = self._heard_at - pressed_at
        time.sleep(BETWEEN_SECONDS)
        return taken

    def _listen(self) -> None:
        while True:
            samples = os.read(self._file, 1 << 16)
            if not self._heard.is_set() and any(samples):
                self._heard_at = time.perf_counter()
                self._heard.set()


def cut_off() -> None:
    """Run this anew where there is no network, unless it runs there already."""
    if INSIDE in os.environ:
        loopback_up()
        return
    command = ["unshare", "--map-root-user", "--net", sys.executable, "-m", "benchmarks.chime", *sys.argv[1:]]
    sys.exit(subprocess.run(command, check=False, env={**os.environ, INSIDE: "1"}).returncode)


def loopback_up() -> None:
    """netdevice(7): SIOCSIFFLAGS with IFF_UP; then make sure that nothing else is there."""
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 1))
    assert [name for _, name in socket.if_nameindex()] == ["lo"]


def at_the_server(folder: Path, ear: Ear, presses: int) -> None:
    server = server_of(folder, config_of(["demo://"], more=CONFIG.format(device=ear.device)))
    server.start()
    try:
        wait_for(lambda: server.cameras()[0]["state"] == "live", 30, "the camera live")
        address = "/api/v1/cameras/camera-0/press"
        inside = httpx.HTTPTransport(uds=str(folder / "data" / SOCKET_NAME))
        with (
            httpx.Client(transport=inside, base_url="http://localhost", timeout=60) as here,
            httpx.Client(
                base_url=server.url, headers={"Authorization": f"Bearer {server.token()}"}, timeout=60
            ) as client,
        ):
            for name, asker in (("the Unix socket", here), ("HTTP with a token", client)):
                press = partial(asker.post, address)
                report(f"press by {name} to sound", [ear.seconds_to_sound(press) for _ in range(presses)])
    finally:
        server.stop()


@contextmanager
def button_that_rings(ear: Ear) -> Iterator[Callable[[], None]]:
    """A contact of a pin that is not there; its presses ring the real chime, on a loop of their own."""
    ready = threading.Event()
    over = threading.Event()

    async def listen() -> None:
        chime = SoundChime(None, ear.device, os.environ)
        await chime.check()
        async with asyncio.TaskGroup() as tasks:
            hearing = tasks.create_task(ring_each(chime))
            ready.set()
            await asyncio.to_thread(over.wait)
            hearing.cancel()

    async def ring_each(chime: SoundChime) -> None:
        button = GpioButton(ButtonSettings(CameraId("front-door"), PIN), SystemClock())
        async with aclosing(button.words()) as words:
            async for _ in words:
                await chime.ring()

    with mock_pins() as pins:
        thread = threading.Thread(target=lambda: asyncio.run(listen()))
        thread.start()
        ready.wait()
        time.sleep(BETWEEN_SECONDS)

        def press() -> None:
            pins.close_contact(PIN)
            threading.Timer(0.2, pins.open_contact, [PIN]).start()

        try:
            yield press
        finally:
            over.set()
            thread.join()


def bare_players(folder: Path, ear: Ear) -> list[float]:
    """The same sound by the same player, without us: what no chime of this machine can do without."""
    file = folder / "own.wav"
    file.write_bytes(own_sound())
    command = ["aplay", "-q", "-D", ear.device, str(file)]
    return [ear.seconds_to_sound(lambda: subprocess.run(command, check=True)) for _ in range(5)]


def report(name: str, seconds: list[float]) -> None:
    low, high = min(seconds), max(seconds)
    tell(of_rounds(f"chime, {name}, p50", seconds, "s"))
    tell(Figure(f"chime, {name}, p95", percentile(seconds, 0.95), low, high, "s", len(seconds), GOAL_SECONDS))


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--presses", type=int, default=20)
    presses = options.parse_args().presses
    for program, package in (("aplay", "alsa-utils"), ("unshare", "util-linux")):
        if shutil.which(program) is None:
            msg = f"needs the Debian package {package}"
            raise SystemExit(msg)
    cut_off()
    with folder_of_our_own() as folder:
        ear = Ear(folder)
        tell(of_rounds("chime, bare player to sound", bare_players(folder, ear), "s"))
        with button_that_rings(ear) as press:
            report("contact of a button to sound", [ear.seconds_to_sound(press) for _ in range(presses)])
        at_the_server(folder, ear, presses)


if __name__ == "__main__":
    main()

"""Cameras of a network at home: each in a namespace of its own, at the far end of a cable, at a private address.

Doorstep goes to no camera on loopback that a page names, so a wizard needs such.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from fakes.far_network import Cable, far_network
from fakes.rtsp_camera import SERVER, SYSTEM_PYTHON
from fakes.server_process import wait_for

ONVIF = Path(__file__).with_name("onvif_camera.py")
RTSP_PORT, SUB_PORT = 554, 8554
CARDS = Path("/sys/class/net")


@dataclass(frozen=True, slots=True)
class LanCamera:
    """Its address, and the door of its ONVIF service."""

    address: str
    door: str = ""


class Lan:
    """Starts cameras at addresses of their own; all end with it."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._far = stack.enter_context(far_network())
        self.cables: list[Cable] = []

    def onvif(self, *words: str, address: str = "") -> LanCamera:
        """What answers to ONVIF; `words` as of `onvif_camera.py`, in which ADDRESS stands for its own."""
        address = address or self._cable().address
        told = [word.replace("ADDRESS", address) for word in words]
        line = self._started(sys.executable, ONVIF, ["--address", address, *told])
        return LanCamera(address, f"http://{address}:{line.split()[1]}/onvif/device_service")

    def rtsp(self, *words: str, address: str = "", path: str = "stream1", port: int = RTSP_PORT) -> LanCamera:
        """A camera's RTSP; `words` as of `rtsp_camera_server.py`."""
        address = address or self._cable().address
        self._started(SYSTEM_PYTHON, SERVER, ["--address", address, "--port", str(port), "--name", path, *words])
        return LanCamera(address)

    def whole(self, *words: str, user: str = "", password: str = "") -> LanCamera:
        """ONVIF and RTSP of one camera, with a small stream beside the large one."""
        secret = ["--user", user, "--password", password] if user else []
        address = self.rtsp("--width", "640", "--height", "480", *secret).address
        self.rtsp("--width", "320", "--height", "240", *secret, address=address, path="stream2", port=SUB_PORT)
        main, sub = "rtsp://ADDRESS/stream1", f"rtsp://ADDRESS:{SUB_PORT}/stream2"
        return self.onvif("--main", main, "--sub", sub, *secret, *words, address=address)

    def nobody(self) -> str:
        """An address whose camera is unplugged."""
        cable = self._cable()
        cable.pull()
        return cable.address

    def _cable(self) -> Cable:
        self.cables.append(self._far.cable())
        return self.cables[-1]

    def _started(self, python: str, script: Path, words: Sequence[str]) -> str:
        process = subprocess.Popen(
            self._far.inside(python, str(script), *words),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._stack.callback(_ended, process)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("ready"), (words, line)
        return line


@contextmanager
def lan() -> Iterator[Lan]:
    """Until the block ends."""
    with ExitStack() as stack:
        made = Lan(stack)
        yield made
    # The kernel takes its time, and a browser that sees a cable go breaks off what it loads.
    wait_for(lambda: not any((CARDS / cable.near_card).exists() for cable in made.cables), 10, "the cables to go")


def _ended(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait(60)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()

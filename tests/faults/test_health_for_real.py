"""Each fault once, for real, at a server whose minutes are seconds: told by mail, red, and told again when it is over.

A disk that fills is in `test_full_disk`; clocks, certificates and silent phones are in `tests/app/test_health_parts`.
"""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.free_port import free_port
from fakes.hurried_server import HURRY, HurriedServer
from fakes.mail_server import Mailbox
from fakes.mjpeg_camera import MjpegCamera, Reply, jpeg_of, mjpeg_camera, stream
from fakes.server_process import wait_for
from faults.mail_at import mail_server_at
from faults.watching import metric, problem

pytestmark = pytest.mark.slow

WIDTH, HEIGHT = 320, 240
CONFIG = """
[notify.email]
smtp = "smtp://127.0.0.1:{port}"
from = "doorstep@example.org"
to = ["me@example.org"]

[[camera]]
id = "porch"
name = "Porch"
source = "{source}"
"""

Luma = NDArray[np.float32]


def porch(seed: int) -> Luma:
    dice = np.random.default_rng(seed)
    picture = np.full((HEIGHT, WIDTH), 120.0, np.float32)
    for _ in range(60):
        left, top = dice.integers(0, WIDTH), dice.integers(0, HEIGHT)
        picture[top : top + dice.integers(8, 60), left : left + dice.integers(8, 60)] = dice.uniform(40, 220)
    return picture


def out_of_focus(picture: Luma) -> Luma:
    for _ in range(8):
        picture = (np.roll(picture, 1, 0) + np.roll(picture, -1, 0) + picture) / np.float32(3)
        picture = (np.roll(picture, 1, 1) + np.roll(picture, -1, 1) + picture) / np.float32(3)
    return picture


def filmed(picture: Luma, *, grains: int = 11, levels: float = 2.0) -> Reply:
    """With living grain; a single one is a camera that hangs."""
    jpegs = []
    for seed in range(grains):
        luma = picture + np.random.default_rng(seed).normal(0, levels, picture.shape)
        packed = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
        packed[:HEIGHT] = np.clip(luma, 16, 235).astype(np.uint8)
        jpegs.append(jpeg_of(packed))
    return stream(jpegs, every=0.1)


WELL = filmed(porch(1))
FAULTS: dict[str, tuple[Reply, str, str]] = {
    "black": (
        filmed(np.full((HEIGHT, WIDTH), 17.0, np.float32), levels=1.0),
        "A camera shows only black",
        "The camera shows a picture again",
    ),
    "covered": (
        filmed(np.full((HEIGHT, WIDTH), 90.0, np.float32)),
        "A camera may be covered",
        "The camera shows a picture again",
    ),
    "frozen": (filmed(porch(1), grains=1), "A camera is frozen", "The camera moves again"),
    "blurred": (filmed(out_of_focus(porch(1))), "A camera is blurred", "The camera is sharp again"),
    "turned": (filmed(porch(2)), "A camera looks elsewhere", "The camera looks where it did"),
    "packets": (stream([]), "A camera is not seen", "The camera is seen again"),
}


class Scene:
    """What the camera shows may change while it is watched."""

    def __init__(self) -> None:
        self.shown: Reply = WELL

    def reply(self, request: Any, stop: Any) -> None:
        shown = self.shown

        class UntilChanged:
            def wait(self, seconds: float) -> bool:
                return stop.wait(seconds) or self_changed()

        def self_changed() -> bool:
            return self.shown is not shown

        shown(request, UntilChanged())  # type: ignore[arg-type]


def titles(mailbox: Mailbox) -> list[str]:
    return [str(message["Subject"]) for message in mailbox.messages]


@contextmanager
def house(folder: Path, camera: MjpegCamera, port: int, hurry: float = HURRY) -> Iterator[HurriedServer]:
    server = HurriedServer(folder / "data", CONFIG.format(port=port, source=camera.url()), hurry=hurry)
    server.start()
    try:
        wait_for(lambda: server.cameras()[0]["state"] == "live", 10, "the camera live")
        yield server
    finally:
        try:
            server.stop()
        except subprocess.TimeoutExpired:
            server.kill()


def test_each_fault_of_a_camera_is_told_once_and_its_end_once(tmp_path: Path) -> None:
    scene, port = Scene(), free_port()
    with (
        mjpeg_camera({"/stream": scene.reply}) as camera,
        mail_server_at(port) as mailbox,
        house(tmp_path, camera, port) as server,
    ):
        wait_for(lambda: known_view(server), 10, "the view, learnt")
        for rule, (reply, started, ended) in FAULTS.items():
            before = len(mailbox.messages)

            def told(before: int = before) -> list[str]:
                return titles(mailbox)[before:]

            scene.shown = reply
            wait_for(partial(arrived, told, started), 15, started)
            assert problem(server, "Porch") is not None
            assert metric(server, rule, "porch") == 1
            scene.shown = WELL
            wait_for(partial(arrived, told, ended), 15, ended)
            assert metric(server, rule, "porch") == 0
            assert (told().count(started), told().count(ended)) == (1, 1), told()


def arrived(told: Callable[[], list[str]], title: str) -> bool:
    return title in told()


def known_view(server: HurriedServer) -> bool:
    """It takes as long as the rules say; looks are the only sign of it."""
    return bool(float(next(_looks(server))) > 25)


def _looks(server: HurriedServer) -> Iterator[str]:
    headers = {"Authorization": f"Bearer {server.token()}"}
    for line in httpx.get(f"{server.url}/metrics", headers=headers, timeout=60).text.splitlines():
        if line.startswith('doorstep_camera_looks_total{camera="porch"}'):
            yield line.split()[-1]


def test_a_mail_server_that_stops_leaves_nobody_to_tell_until_it_is_back(tmp_path: Path) -> None:
    port = free_port()
    with mjpeg_camera({"/stream": WELL}) as camera, house(tmp_path, camera, port, 3 * HURRY) as server:
        assert wait_for(lambda: problem(server, "Nobody will be told"), 10, "nobody has been told yet")
        with server.client() as client:
            assert client.post("/cameras/porch/press").status_code == 202
        assert wait_for(lambda: problem(server, "do not arrive"), 30, "mail does not arrive")
        assert wait_for(lambda: problem(server, "no channel takes alerts at the moment"), 10, "nobody to tell")
        assert wait_for(lambda: problem(server, "be told by"), 40, "the outbox stuck")
        assert httpx.get(f"{server.url}/readyz", timeout=60).status_code == 503
        with mail_server_at(port) as mailbox:
            wait_for(lambda: "You will be told" in titles(mailbox), 60, "the mail that mails arrive")
            assert not problem(server, "Nobody will be told")
            wait_for(lambda: not problem(server, "be told by"), 60, "an outbox that is empty")


def test_a_process_that_was_killed_says_so_and_one_that_was_stopped_does_not(tmp_path: Path) -> None:
    port = free_port()
    with mjpeg_camera({"/stream": WELL}) as camera, mail_server_at(port) as mailbox:
        with house(tmp_path, camera, port) as server:
            wait_for((tmp_path / "data" / "alive").exists, 5, "the file that says it is alive")
            server.kill()
            server.start()
            wait_for(lambda: "Doorstep was restarted" in titles(mailbox), 15, "the mail")
            assert server.stop() == 0
            assert not (tmp_path / "data" / "alive").exists()
            server.start()
            wait_for((tmp_path / "data" / "alive").exists, 5, "alive again")
            wait_for(lambda: server.cameras()[0]["state"] == "live", 10, "the camera live")
        assert titles(mailbox).count("Doorstep was restarted") == 1

"""A mail server that refuses or hangs: shown, everything else goes on, and the mail arrives once when it is back."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from fakes.free_port import free_port
from fakes.mail_server import Mailbox
from fakes.server_process import ServerProcess, running, wait_for
from faults.bad_files import make_still
from faults.watching import CAMERA, problem

pytestmark = pytest.mark.slow

CONFIG = """
[events]
pre_roll = 2
close_after = 2
post_roll = 1

[notify.email]
smtp = "smtp://127.0.0.1:{port}"
from = "doorstep@example.org"
to = ["me@example.org"]
"""


@contextmanager
def dead_port(*, listening: bool) -> Iterator[int]:
    """A port that nobody else gets: connections are refused, or accepted by a server that never says a word."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", free_port()))
        if listening:
            held.listen()
        yield held.getsockname()[1]


@contextmanager
def mail_server_at(port: int) -> Iterator[Mailbox]:
    mailbox = Mailbox(port)
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


@pytest.mark.parametrize("hangs", [False, True], ids=["refuses", "hangs"])
def test_a_mail_arrives_once_when_its_server_is_back(tmp_path: Path, hangs: bool) -> None:
    camera = CAMERA.format(id="porch", path=make_still(tmp_path / "still.mp4"), loop="?loop")
    with ExitStack() as trouble:
        port = trouble.enter_context(dead_port(listening=hangs))
        with running(tmp_path / "data", CONFIG.format(port=port) + camera) as server:
            wait_for(lambda: server.cameras()[0]["state"] == "live", 10, "the camera live")
            with server.client() as client:
                assert client.post("/cameras/porch/press").status_code == 202
            wait_for(lambda: server.events()[0]["ended_at"] and server.events()[0]["clip"], 20, "the event, recorded")
            found = wait_for(lambda: problem(server, "Alerts by email do not arrive"), 20, "the problem")
            assert "127.0.0.1" in found["what"]

            trouble.close()
            with mail_server_at(port) as mailbox:
                wait_for(lambda: mailbox.messages, 40, "the mail")
                wait_for(lambda: not problem(server, "Alerts by email do not arrive"), 10, "no problem any more")
                wait_for(lambda: "accepted" in stages(server), 10, "the ledger")
                assert server.stop() == 0
                server.start()  # what was told is not told again
                wait_for(lambda: server.cameras()[0]["state"] == "live", 10, "the camera live again")
                assert server.stop() == 0
                assert len(mailbox.messages) == 1


def stages(server: ServerProcess) -> list[str]:
    """Of the newest event's ledger."""
    return [entry["stage"] for entry in server.events()[0]["ledger"]]

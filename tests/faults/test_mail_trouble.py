"""A mail server that refuses or hangs: shown, everything else goes on, and the mail arrives once when it is back."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from fakes.begun import Begun, begun
from fakes.free_port import free_port
from fakes.mail_server import Mailbox
from fakes.server_process import ServerProcess, running, wait_for
from faults.bad_files import make_still
from faults.mail_at import mail_server_at
from faults.watching import CAMERA, problem

pytestmark = pytest.mark.slow

WAYS = ("refuses", "hangs")

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


@dataclass(frozen=True, slots=True)
class Told:
    """What the owner was told of the trouble, and how often the mail came in the end."""

    problem: str
    mails: int


def trouble(folder: Path, hangs: bool, number: int) -> Told:
    (own := folder / f"{hangs}-{number}").mkdir()
    camera = CAMERA.format(id="porch", path=make_still(own / "still.mp4"), loop="?loop")
    with ExitStack() as away:
        port = away.enter_context(dead_port(listening=hangs))
        with running(own / "data", CONFIG.format(port=port) + camera) as server:
            wait_for(lambda: server.cameras()[0]["state"] == "live", 10, "the camera live")
            with server.client() as client:
                assert client.post("/cameras/porch/press").status_code == 202
            wait_for(lambda: any(one["ended_at"] and one["clip"] for one in server.events()), 20, "the event, recorded")
            found = wait_for(lambda: problem(server, "Alerts by email do not arrive"), 20, "the problem")

            away.close()
            with mail_server_at(port) as mailbox:
                wait_for(lambda: of_the_press(mailbox), 40, "the mail")
                wait_for(lambda: not problem(server, "Alerts by email do not arrive"), 10, "no problem any more")
                wait_for(lambda: "accepted" in stages(server), 10, "the ledger")
                assert server.stop() == 0
                server.start()  # what was told is not told again
                wait_for(lambda: server.cameras()[0]["state"] == "live", 10, "the camera live again")
                assert server.stop() == 0
                return Told(found["what"], len(of_the_press(mailbox)))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Begun[Told]]:
    """Both at once: it takes a mail server that hangs, and the tries after it, most of the time."""
    folder = tmp_path_factory.mktemp("mail")
    acts = {name: partial(trouble, folder, name == "hangs") for name in WAYS}
    with begun(acts, at_once=len(acts)) as found:
        yield found


@pytest.mark.parametrize("way", WAYS)
def test_a_mail_arrives_once_when_its_server_is_back(told: Begun[Told], way: str) -> None:
    found = told.result(way)
    assert "127.0.0.1" in found.problem
    assert found.mails == 1


def of_the_press(mailbox: Mailbox) -> list[str]:
    """Beside words about Doorstep itself."""
    subjects = [str(message["subject"]) for message in mailbox.messages]
    return [subject for subject in subjects if "porch" in subject]


def stages(server: ServerProcess) -> list[str]:
    """Of the newest event's ledger."""
    return [entry["stage"] for entry in server.events()[0]["ledger"]]

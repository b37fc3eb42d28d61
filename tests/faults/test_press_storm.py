"""A hundred presses a second from several places: one event, one alert, no ringing on, and nothing grows."""

import threading
import time
from pathlib import Path

import httpx
import pytest

from doorstep.core.button import MOST_PRESSES
from fakes.counting_player import CountingPlayer
from fakes.mail_server import Mailbox, mail_server
from fakes.server_process import ServerProcess, running, wait_for
from faults.bad_files import make_still
from faults.watching import CAMERA

pytestmark = pytest.mark.slow

PRESSES, A_SECOND, TOKENS = 500, 100, 4
MOST_GROWTH = 25_000_000
"""Bytes; the buffer of the camera itself grows meanwhile."""

CONFIG = """
[buffer]
seconds = 10

[events]
pre_roll = 2
close_after = 4
post_roll = 1

[chime]
sound = "own"

[notify.email]
smtp = "smtp://127.0.0.1:{port}"
from = "doorstep@example.org"
to = ["me@example.org"]
"""


def memory_of(server: ServerProcess) -> int:
    status = Path(f"/proc/{server.pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS"))


def tokens_of(server: ServerProcess) -> list[str]:
    with server.client() as client:
        return [client.post("/tokens", json={"scopes": ["press:write"]}).json()["token"] for _ in range(TOKENS)]


def storm(server: ServerProcess, tokens: list[str], presses: int) -> list[int]:
    """Every answer, from as many senders as there are tokens; a loaded machine storms for longer."""
    answers: list[int] = []

    def press(token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=f"{server.url}/api/v1", headers=headers, timeout=60) as client:
            while len(answers) < presses:
                answers.append(client.post("/cameras/porch/press").status_code)
                time.sleep(TOKENS / A_SECOND)

    threads = [threading.Thread(target=press, args=(token,)) for token in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def of_the_porch(mailbox: Mailbox) -> list[str]:
    """Beside words about Doorstep itself."""
    return [title for message in mailbox.messages if "rang at porch" in (title := str(message["Subject"]))]


def test_a_press_storm_is_one_event_and_one_alert_and_does_not_ring_on(tmp_path: Path) -> None:
    camera = CAMERA.format(id="porch", path=make_still(tmp_path / "still.mp4"), loop="?loop")
    player = CountingPlayer(tmp_path / "bin")
    with (
        mail_server() as mailbox,
        running(tmp_path / "data", CONFIG.format(port=mailbox.port) + camera, player.environment) as server,
    ):
        wait_for(lambda: server.cameras()[0]["state"] == "live", 10, "the camera live")
        tokens = tokens_of(server)
        storm(server, tokens, A_SECOND)  # whatever is made once is made now
        before = memory_of(server)
        answers = storm(server, tokens, PRESSES)
        grown = memory_of(server) - before
        wait_for(lambda: any(one["ended_at"] for one in server.events()), 20, "the end of the event")
        events = server.events()
        wait_for(lambda: of_the_porch(mailbox), 10, "the mail")
        assert set(answers) == {202, 429}
        assert len(events) == 1
        assert events[0]["causes"] == ["press"]
        # One, unless the loaded machine itself paused between two presses; a storm is silent from then on.
        assert 1 <= len(player.heard()) <= MOST_PRESSES
        assert len(of_the_porch(mailbox)) == 1
        print(f"{len(answers)} presses, {grown / 1e6:.1f} MB grown")
        assert grown < MOST_GROWTH
        assert any("was rung more than" in one["what"] for one in server.get("/status")["problems"])

"""A key of Web Push that cannot be used, at a server whose minutes are seconds: red, told by mail, over once mended."""

from pathlib import Path

import pytest

from fakes.hurried_server import HurriedServer
from fakes.mail_server import Mailbox, mail_server
from fakes.server_process import wait_for
from faults.watching import metric, problem

pytestmark = pytest.mark.slow

CONFIG = """
[notify.email]
smtp = "smtp://127.0.0.1:{port}"
from = "doorstep@example.org"
to = ["me@example.org"]

[[camera]]
id = "porch"
name = "Porch"
source = "demo://"
"""
STARTED = "Phones are not told"


def titles(mailbox: Mailbox) -> list[str]:
    return [str(message["Subject"]) for message in list(mailbox.messages)]


def test_a_damaged_key_of_web_push_is_told_until_it_is_mended(tmp_path: Path) -> None:
    key = tmp_path / "data" / "keys" / "push.pem"
    key.parent.mkdir(parents=True, mode=0o700)
    key.write_text("no key")
    with mail_server() as mailbox:
        server = HurriedServer(tmp_path / "data", CONFIG.format(port=mailbox.port))
        server.start()
        try:
            wait_for(lambda: STARTED in titles(mailbox), 30, STARTED)
            assert problem(server, "not told by Web Push")
            assert metric(server, "push-key") == 1
            assert server.stop() == 0
            key.unlink()  # the key is read at a start, so nobody is told that it is over: who mended it sees it
            server.start()
            wait_for(lambda: server.cameras()[0]["state"] == "live", 30, "a live camera")
            assert metric(server, "push-key") == 0
        finally:
            server.stop()
        assert titles(mailbox).count(STARTED) == 1

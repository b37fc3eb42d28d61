"""A box that starts while its PostgreSQL is away: the bell rings, it is recorded and told, and nothing is lost."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from doorstep.app.folders import SOCKET_NAME
from doorstep.cli.local import LocalServer
from doorstep.core.errors import DoorstepError
from doorstep.core.health_telling import RULES
from doorstep.core.health_words import TITLES
from fakes.mail_server import Mailbox, mail_server
from fakes.postgres import Postgres, missing, postgres
from fakes.server_process import ServerProcess, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(missing()), reason=missing() or "it is there")]

CONFIG = """
[buffer]
max_bytes = "60 MB"
[events]
pre_roll = 1
close_after = 2
post_roll = 1
[catalog]
url = "{url}"
site = "cabin"
[notify.email]
smtp = "smtp://127.0.0.1:{port}"
from = "door@example.org"
to = ["me@example.org"]
[[camera]]
id = "front-door"
name = "Front door"
source = "demo://"
"""
PRESS = "/cameras/front-door/press"


IN_A_HURRY = """
import doorstep.app.awaiting as awaiting
import doorstep.app.server as server
from doorstep.cli.main import app
from doorstep.core.errors import CatalogAway
from pathlib import Path

awaiting.EVERY_SECONDS, awaiting.STAYS_SECONDS = 1.0, {stays}
recover, mark = server._recover, Path({mark!r})

async def breaks_off_once(made):
    if mark.exists():
        mark.unlink()
        raise CatalogAway("the database is starting or stopping")
    await recover(made)

server._recover = breaks_off_once
app()
"""


class Box:
    def __init__(self, folder: Path, database: Postgres, mailbox: Mailbox) -> None:
        self.database, self.mailbox = database, mailbox
        self.data = folder / "data"
        url = database.url(database.new_database())
        self.server = ServerProcess(self.data, CONFIG.format(url=url, port=mailbox.port))
        self.breaks_off = folder / "breaks off"
        self.hurries(3.0)

    def hurries(self, stays: float) -> None:
        """From the next start on: a catalog that is there so long stays."""
        words = IN_A_HURRY.format(mark=str(self.breaks_off), stays=stays)
        self.server.run_words = [sys.executable, "-c", words, "run"]

    def ask(self, method: str, path: str) -> Any:
        """By the owner's own way in, for which nobody signs in."""
        with LocalServer(self.data) as server:
            return server.ask(method, path, **({"json": {}} if method == "POST" else {}))

    def titles(self) -> list[str]:
        return [str(message["Subject"]) for message in list(self.mailbox.messages)]

    def is_live(self) -> bool:
        try:
            return [one["state"] for one in self.ask("GET", "/cameras")["cameras"]] == ["live"]
        except DoorstepError:
            return False

    def events(self) -> list[dict[str, Any]]:
        try:
            found: list[dict[str, Any]] = self.ask("GET", "/events?limit=200")["events"]
        except DoorstepError:
            return []
        return found

    def problems(self) -> dict[str, dict[str, Any]]:
        transport = httpx.HTTPTransport(uds=str(self.data / SOCKET_NAME))
        with httpx.Client(transport=transport, base_url="http://localhost", timeout=60) as client:
            return {one["key"]: one for one in client.get("/readyz").json()["problems"]}

    def over(self) -> list[dict[str, Any]]:
        return [one for one in self.events() if one["ended_at"] and one["clip"] and one["clip"]["whole"]]

    def ring(self) -> None:
        mails = len(self.mailbox.messages)
        self.ask("POST", PRESS)
        wait_for(lambda: len(self.mailbox.messages) > mails, 30, "a mail about the press")

    def starts(self) -> int:
        return 1 + sum(line.startswith("listening on") for line in self.server.lines)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    with postgres() as database, mail_server() as mailbox:
        made = Box(tmp_path, database, mailbox)
        made.server.start()
        try:
            yield made
        finally:
            made.server.kill()


def test_the_door_goes_on_without_it_and_all_of_both_runs_is_there_once_it_is_back(box: Box) -> None:
    wait_for(box.is_live, 30, "a live camera")
    box.ring()
    before = wait_for(lambda: next((one for one in box.events() if one["clip"]), None), 30, "bytes of the first event")
    box.server.kill()  # in the middle of it
    box.database.stop()
    box.server.lines.clear()
    box.server.start()
    wait_for(box.is_live, 30, "a live camera without a catalog")
    problem = wait_for(lambda: box.problems().get("catalog"), 30, "what is wrong")
    assert "nobody can sign in" in problem["what"]
    assert "Check that PostgreSQL runs there" in problem["what"]
    assert box.ask("GET", "/status")["storage"] is None
    with pytest.raises(DoorstepError):
        box.ask("GET", "/events")
    answer = httpx.post(f"{box.server.url}/api/v1/setup", json={"code": "x", "name": "me", "password": "y" * 20})
    assert answer.status_code in {403, 503}
    box.ring()
    number = box.server.pid
    box.database.start()
    wait_for(lambda: box.starts() == 2, 60, "a start with the catalog")
    assert box.server.pid == number
    wait_for(box.is_live, 30, "a live camera again")
    wait_for(lambda: len(box.over()) == 2, 60, "the events of both runs")
    first, second = sorted(box.over(), key=lambda one: one["started_at"])
    assert first["id"] == before["id"]
    told = box.ask("GET", f"/events/{second['id']}")
    assert [(one["channel"], one["state"]) for one in told["deliveries"]] == [("email", "accepted")]
    for event in (first, second):
        with LocalServer(box.data) as local, local.download(f"/events/{event['id']}/clip.mp4", {}) as clip:
            assert len(clip.read()) > 10_000
    assert [line for line in box.server.lines if "/setup#" in line]
    box.ring()
    wait_for(lambda: len(box.over()) == 3, 60, "an event of the new run")
    assert "catalog" not in box.problems()
    assert box.server.stop() == 0
    assert "Traceback" not in box.server.log.read_text()


def test_a_catalog_that_goes_away_in_the_middle_of_the_start_has_it_begin_anew(box: Box) -> None:
    """The same process; a hang-up meanwhile, which asks for the config to be read, does not end it."""
    assert box.server.stop() == 0
    box.breaks_off.touch()
    box.server.start()
    wait_for(lambda: box.starts() == 2, 60, "a second start")
    os.kill(box.server.pid, signal.SIGHUP)
    wait_for(box.is_live, 30, "a live camera")
    box.ring()
    assert "Traceback" not in box.server.log.read_text()
    assert box.server.stop() == 0


def test_a_trouble_of_the_catalog_is_told_once_and_its_end_too(box: Box) -> None:
    assert box.server.stop() == 0
    box.hurries(RULES["catalog"].gone + 5.0)
    box.database.stop()
    box.server.start()
    wait_for(lambda: TITLES["catalog"][0] in box.titles(), 60, "a mail about the trouble")
    box.ring()
    box.database.start()
    wait_for(lambda: TITLES["catalog"][1] in box.titles(), 60, "a mail about its end")
    told = [title for title in box.titles() if title in TITLES["catalog"]]
    assert told == [*TITLES["catalog"]]


def test_a_server_that_waits_for_it_can_be_stopped(box: Box) -> None:
    assert box.server.stop() == 0
    box.database.stop()
    box.server.start()
    wait_for(box.is_live, 30, "a live camera without a catalog")
    assert box.server.stop() == 0
    assert box.starts() == 1


def test_what_only_the_owner_can_mend_still_ends_the_start(box: Box) -> None:
    assert box.server.stop() == 0
    path = box.data.parent / "data.toml"
    path.write_text(path.read_text().replace("with%40signs", "mistyped"), encoding="utf-8")
    with pytest.raises(AssertionError, match="refused the user name or the password"):
        box.server.start()

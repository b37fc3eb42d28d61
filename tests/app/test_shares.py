"""Links to events, as a server makes them: where they begin, in mails, and what is forgotten of them."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from doorstep.accounts.share_keys import ShareKeys
from doorstep.app.address import base_address, link_address
from doorstep.app.shares import SWEEP_SECONDS, Shares
from doorstep.catalog.memory_shares import MemoryShareRecords
from doorstep.core.camera import CameraId
from doorstep.core.event import Event, EventId
from doorstep.core.settings import ServerSettings
from fakes.clock import FakeClock
from fakes.server_process import ServerProcess, wait_for

ADDRESS = "https://door.example.org"


class OneRound(FakeClock):
    """Stands still in the first sleep."""

    def __init__(self) -> None:
        super().__init__()
        self.asleep = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        assert seconds == SWEEP_SECONDS
        self.asleep.set()
        await asyncio.Event().wait()


@dataclass
class Made:
    """Of a server whose clock is right, unless a test says otherwise."""

    address: str = ADDRESS
    clock: OneRound = field(default_factory=OneRound)
    records: MemoryShareRecords = field(default_factory=MemoryShareRecords)
    clock_is_right: bool = True
    seals: bool = False

    @property
    def shares(self) -> Shares:
        keys = ShareKeys(self.records, self.clock, lambda: (), lambda _token: None)
        return Shares(keys, self.clock, self.address, UTC, lambda: self.clock_is_right, self.seals)

    @property
    def ring(self) -> Event:
        return Event(EventId("ring"), CameraId("front-door"), self.clock.now(), self.clock.now())

    async def sweep(self) -> None:
        task = asyncio.create_task(self.shares.run())
        await self.clock.asleep.wait()
        task.cancel()


def test_a_mail_has_a_link_that_opens_its_event_for_so_long() -> None:
    made = Made()
    link = made.shares.share_for_mail(made.ring, 24)
    assert link.startswith(f"{ADDRESS}/s/")
    share = made.shares.keys.opened_by(link.rpartition("/")[2])
    assert share is not None
    assert (share.event, share.is_by_mail) == ("ring", True)
    assert share.expires_at == made.clock.now() + timedelta(hours=24)


def test_a_mail_has_none_where_nobody_outside_could_open_it() -> None:
    made = Made(address="")
    assert made.shares.share_for_mail(made.ring, 24) == ""
    assert made.records.shares() == []


def test_a_mail_about_what_lies_sealed_off_site_holds_no_secret_that_opens_it() -> None:
    """The words of the mail lie beside the clip, where whoever runs the bucket reads them."""
    made = Made(seals=True)
    assert made.shares.share_for_mail(made.ring) == f"{ADDRESS}/alerts/ring"
    assert made.records.shares() == []


@pytest.mark.parametrize(("is_right", "left"), [(True, 0), (False, 1)])
def test_what_is_over_for_a_week_is_forgotten_unless_the_clock_may_be_wrong(is_right: bool, left: int) -> None:
    made = Made(clock_is_right=is_right)
    made.shares.share_for_mail(made.ring, 1)
    made.clock.advance(timedelta(days=8).total_seconds())
    asyncio.run(made.sweep())
    assert len(made.records.shares()) == left


def test_links_begin_with_the_address_from_outside_where_there_is_one() -> None:
    at_home = ServerSettings(host="192.0.2.7")
    outside = ServerSettings(host="192.0.2.7", address=f"{ADDRESS}/")
    assert link_address(at_home, 8080) == base_address(at_home, 8080) == "http://192.0.2.7:8080"
    assert link_address(outside, 8080) == ADDRESS
    assert base_address(outside, 8080) == "http://192.0.2.7:8080"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    made = ServerProcess(tmp_path / "data", f'server.address = "{ADDRESS}"\n')
    made.start()
    yield made
    made.kill()


def test_a_server_answers_to_the_name_of_its_address_and_is_set_up_at_home(server: ServerProcess) -> None:
    line = wait_for(lambda: next((line for line in server.lines if "/setup#" in line), None), 20, "a set-up address")
    assert ADDRESS not in line
    with server.client() as client:
        client.headers["host"] = "door.example.org"
        assert client.get("/setup").json()["needed"] is True
        client.headers["host"] = "elsewhere.example.org"
        assert client.get("/setup").status_code == 421

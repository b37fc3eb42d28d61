"""A month of looks at a remote detector that costs money: never more pictures leave than are paid for."""

import tempfile
import threading
import time
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.core.errors import DetectorUnavailable
from doorstep.core.remote_use import RemoteCall
from doorstep.vision.remote import RemoteDetector, RemoteSettings, to_nobody
from doorstep.vision.remote_purse import Purse
from fakes.clock import FakeClock
from fakes.remote_detector import EMPTY, NOBODY, remote_detector

PRICE = 0.25


def here(_host: str, _port: int) -> list[str]:
    return ["127.0.0.1"]


class Shop:
    """Counts the pictures that reach it, in which month, whatever it answers."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.bought: dict[str, int] = {}
        self.trouble = "good"

    def serve(self, request: httpx.Request) -> httpx.Response:
        month = f"{self.clock.now():%Y-%m}"
        self.bought[month] = self.bought.get(month, 0) + 1
        request.read()
        if self.trouble == "drop":
            raise httpx.ReadError(self.trouble)
        status = 200 if self.trouble == "good" else int(self.trouble)
        return httpx.Response(status, stream=httpx.ByteStream(EMPTY))


@settings(deadline=None)
@given(
    st.integers(0, 12),
    st.lists(
        st.tuples(
            st.integers(0, 4000), st.sampled_from(["good", "good", "500", "502", "429", "drop", "restart", "crash"])
        ),
        max_size=40,
    ),
)
def test_no_month_costs_more_than_its_cap_whatever_fails(calls: int, steps: list[tuple[int, str]]) -> None:
    clock = FakeClock()
    shop = Shop(clock)
    told: list[RemoteCall] = []
    with tempfile.TemporaryDirectory() as folder:

        def fresh() -> RemoteDetector:
            where = RemoteSettings("http://shop.example/", answer_seconds=60.0)
            purse = Purse(Path(folder), calls * PRICE, PRICE)
            return RemoteDetector(where, purse, clock, transport=httpx.MockTransport(shop.serve), resolve=here)

        detector = fresh()
        for minutes, what in steps:
            clock.advance(60 * minutes)
            if what in {"restart", "crash"}:
                detector.close()
                detector = fresh()
            else:
                shop.trouble = what
            try:
                detector.look(NOBODY, 0.3, told.append)
            except DetectorUnavailable:
                continue
        detector.close()
    assert all(bought <= calls for bought in shop.bought.values())
    assert sum(call.cost_usd for call in told) == sum(shop.bought.values()) * PRICE


def test_a_disk_that_stalls_while_it_is_asked_for_money_stops_no_look(tmp_path: Path) -> None:
    disk_works = threading.Event()

    class StallingPurse(Purse):
        def _keep(self, wanted: object) -> bool:
            del wanted
            return disk_works.wait(30)

    with remote_detector() as remote:
        where = RemoteSettings(remote.address, answer_seconds=0.2)
        clock = FakeClock()
        detector = RemoteDetector(where, StallingPurse(tmp_path, 1.0, PRICE), clock)
        told: list[RemoteCall] = []
        began = time.monotonic()
        for _ in range(2):
            with pytest.raises(DetectorUnavailable, match="in time"):
                detector.look(NOBODY, 0.3, told.append)
        assert time.monotonic() - began < 10.0
        clock.advance(0.2)  # what waits for the disk is too late
        disk_works.set()
        detector.close()
        assert (remote.asked, told) == ([], [])


def test_a_name_that_nobody_knows_costs_nothing_and_is_no_picture_sent(tmp_path: Path) -> None:
    def nowhere(_host: str, _port: int) -> list[str]:
        return []

    told: list[RemoteCall] = []
    purse, clock = Purse(tmp_path, 1.0, PRICE), FakeClock()
    detector = RemoteDetector(RemoteSettings("http://gone.example/", answer_seconds=5.0), purse, clock, resolve=nowhere)
    with pytest.raises(DetectorUnavailable, match="Nobody knows the host"):
        detector.look(NOBODY, 0.3, told.append)
    detector.close()
    assert told == []
    assert purse.spent_usd(clock.now()) == 0.0


def test_the_money_of_a_month_that_is_over_buys_nothing_in_the_next(tmp_path: Path) -> None:
    clock = FakeClock()
    shop = Shop(clock)
    where = RemoteSettings("http://shop.example/", answer_seconds=5.0)
    transport = httpx.MockTransport(shop.serve)
    detector = RemoteDetector(where, Purse(tmp_path, 3 * PRICE, PRICE), clock, transport=transport, resolve=here)
    for _ in range(2):
        detector.detect(NOBODY, 0.3)
    clock.advance(timedelta(days=31).total_seconds())
    for _ in range(3):
        detector.detect(NOBODY, 0.3)
    with pytest.raises(DetectorUnavailable, match="is spent"):
        detector.look(NOBODY, 0.3, to_nobody)
    detector.close()
    assert list(shop.bought.values()) == [2, 3]

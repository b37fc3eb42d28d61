"""The page and whatever watches the server are answered while the disk is not, and say why."""

import asyncio
import inspect
from collections.abc import Iterator
from threading import Event

import httpx
import pytest
from anyio.to_thread import run_sync
from fastapi.routing import APIRoute

from doorstep.catalog.memory import MemoryCatalog
from doorstep.core.access import Grant
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.health import Problem
from fakes.accounts import FakeAccounts
from fakes.house import FRONT, House

STATUS = "/api/v1/status"
SOMEBODY = {"Authorization": "Bearer whatever"}
THREADS = 40
"""As many as wait at once in the web (anyio's default limiter)."""


class Unreachable(FakeAccounts):
    """Rows that cannot be read."""

    def grant_of(self, secret: str) -> Grant | None:
        raise CatalogUnavailable(secret)


class StallingCatalog(MemoryCatalog):
    """Waits, or fails, where it is asked how much is recorded."""

    def __init__(self) -> None:
        super().__init__()
        self.answers = Event()
        self.answers.set()
        self.broken = False
        self.asked = 0

    def recorded_bytes(self) -> int:
        self.asked += 1
        assert self.answers.wait(60)
        if self.broken:
            msg = "The catalog's disk does not answer. Check the disk."
            raise CatalogUnavailable(msg)
        return super().recorded_bytes()


@pytest.fixture
def catalog() -> StallingCatalog:
    return StallingCatalog()


@pytest.fixture
def house(catalog: StallingCatalog) -> Iterator[House]:
    with House(catalog=catalog) as made:
        made.health.wrong = [Problem("disk", "The disk does not answer.", made.clock.now(), "Check it.")]
        yield made
        catalog.answers.set()


def test_the_status_says_what_it_knew_last_while_the_disk_does_not_answer(
    house: House, catalog: StallingCatalog
) -> None:
    before = house.get(STATUS).json()
    catalog.answers.clear()
    asked = catalog.asked
    answers = [house.get(STATUS).json() for _ in range(3)]
    assert answers == [before] * 3
    assert catalog.asked == asked + 1
    catalog.answers.set()
    catalog.broken = True
    assert house.get(STATUS).json() == before


def test_a_status_that_was_never_known_is_refused_in_plain_words(house: House, catalog: StallingCatalog) -> None:
    catalog.answers.clear()
    answer = house.get(STATUS)
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    catalog.answers.set()
    assert house.get(STATUS).status_code == 200


def test_readiness_is_told_where_nobody_can_be_recognised() -> None:
    with House(accounts=Unreachable()) as house:
        house.health.wrong = [Problem("disk", "The disk does not answer.", house.clock.now(), "Check it.")]
        answer = house.ask("GET", "/readyz", SOMEBODY)
        assert (answer.status_code, answer.json()["problems"]) == (503, ["disk"])


CAMERA = f"/api/v1/cameras/{FRONT}"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/readyz", 503),
        ("GET", "/api/v1/cameras", 200),
        ("GET", f"{CAMERA}/clip?duration=15", 200),
        ("POST", f"{CAMERA}/motion", 202),
        ("POST", f"{CAMERA}/press", 202),
    ],
)
def test_who_is_signed_in_is_answered_while_every_thread_waits_for_the_disk(
    house: House, method: str, path: str, status: int
) -> None:
    goes_on = Event()

    async def act() -> httpx.Response:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(THREADS):
                tasks.create_task(run_sync(goes_on.wait, 60.0))
            await asyncio.sleep(0)  # all of them have taken theirs
            transport = httpx.ASGITransport(house.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
                asking = tasks.create_task(client.request(method, path, headers=house.owner()))
                answered, _ = await asyncio.wait([asking], timeout=50.0)
                goes_on.set()
                assert answered
        return asking.result()

    assert house.runner.run(act()).status_code == status


def test_no_dependency_of_any_route_is_run_in_a_thread(house: House) -> None:
    """FastAPI does that to plain functions."""
    routes = house.app.routes  # type: ignore[attr-defined]
    waiting = [route.dependant for route in routes if isinstance(route, APIRoute)]
    assert waiting
    while waiting:
        dependant = waiting.pop()
        assert inspect.iscoroutinefunction(dependant.call), dependant.call
        waiting += dependant.dependencies

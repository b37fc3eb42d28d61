"""Two real boxes on one real PostgreSQL: one page for both, and no right that was not given."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from doorstep.app.catalog import open_catalog
from doorstep.app.fsck import check_recordings
from doorstep.catalog.sql import SqlCatalog
from doorstep.core.cloud_settings import CatalogSettings
from doorstep.ports import EventQuery
from fakes.postgres import Postgres, missing, postgres
from fakes.server_process import PASSWORD, ServerProcess, wait_for

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
site = "{site}"
shared_with = {shared_with}
"""
CAMERA = """
[[camera]]
id = "front-door"
name = "Front door"
source = "demo://"
"""
HOME, CABIN = "home", "cabin"
_NUMBERS = count(1)


class Box:
    """A server with a camera `front-door`, and people who signed in at it."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.server.start()

    def set_up(self) -> httpx.Client:
        """The owner, signed in."""
        line = wait_for(lambda: next((line for line in self.server.lines if "/setup#" in line), None), 20, "a code")
        client = self._browser()
        code = line.strip().rpartition("#")[2]
        body = {"code": code, "name": "owner", "password": PASSWORD}
        assert client.post("/setup", json=body).status_code == 201
        return client

    def somebody(self, owner: httpx.Client, cameras: list[str] | None) -> httpx.Client:
        """One of the family, signed in."""
        name = f"family{next(_NUMBERS)}"
        body = {"name": name, "password": PASSWORD, "role": "family", "cameras": cameras}
        made = owner.post("/users", json=body)
        assert made.status_code == 201, made.text
        client = self._browser()
        assert client.post("/session", json={"name": name, "password": PASSWORD}).status_code == 201
        return client

    def ring(self) -> str:
        """Somebody rings and is recorded; the event's id."""
        wait_for(lambda: self.server.cameras()[0]["state"] == "live", 30, "a live camera")
        with self.server.client() as client:
            assert client.post("/cameras/front-door/press", json={}).status_code == 202

        def over() -> dict[str, Any] | None:
            return next((one for one in self.server.events() if one["ended_at"] and one["clip"]), None)

        return str(wait_for(over, 30, "an event that is over")["id"])

    def _browser(self) -> httpx.Client:
        headers = {"Sec-Fetch-Site": "same-origin"}
        return httpx.Client(base_url=f"{self.server.url}/api/v1", headers=headers, timeout=60)


def config_of(url: str, site: str, *shared_with: str) -> str:
    return CONFIG.format(url=url, site=site, shared_with=json.dumps(shared_with)) + CAMERA


class Boxes:
    """`home` reads what `cabin` shows it, and shows nothing itself."""

    def __init__(self, folder: Path, database: Postgres) -> None:
        self.database, self.folder = database, folder
        self.url = database.url(database.new_database())
        self.home = Box(ServerProcess(folder / HOME, config_of(self.url, HOME)))
        self.cabin = Box(ServerProcess(folder / CABIN, config_of(self.url, CABIN, HOME)))


@pytest.fixture(scope="module")
def boxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Boxes]:
    with ExitStack() as held:
        made = Boxes(tmp_path_factory.mktemp("boxes"), held.enter_context(postgres()))
        for box in (made.home, made.cabin):
            held.callback(box.server.stop)
        yield made


@pytest.fixture(scope="module")
def visits(boxes: Boxes) -> tuple[str, str]:
    """One at each."""
    return boxes.home.ring(), boxes.cabin.ring()


@pytest.fixture(scope="module")
def owner(boxes: Boxes) -> Iterator[httpx.Client]:
    with closing(boxes.home.set_up()) as client:
        yield client


@pytest.fixture(scope="module")
def cabins_owner(boxes: Boxes) -> Iterator[httpx.Client]:
    with closing(boxes.cabin.set_up()) as client:
        yield client


def listed(client: httpx.Client, query: str = "") -> set[str]:
    answer = client.get(f"/events?limit=200{query}")
    assert answer.status_code == 200, answer.text
    return {str(one["camera"]) for one in answer.json()["events"]}


def answers(client: httpx.Client, event: str) -> set[int]:
    """Of all that can be asked about an event, for reading and for changing."""
    found = [client.get(f"/events/{event}{rest}") for rest in ("", "/clip.mp4", "/thumbnail.jpg", "/still.jpg")]
    found += [client.get(f"/events/{event}/explanation"), client.delete(f"/events/{event}")]
    return {one.status_code for one in [*found, client.post(f"/events/{event}/restore", json={})]}


def test_the_owner_sees_both_on_one_page(visits: tuple[str, str], owner: httpx.Client) -> None:
    ours, theirs = visits[0], f"{visits[1]}@cabin"
    events = {one["id"]: one for one in owner.get("/events").json()["events"]}
    assert {ours, theirs} <= set(events)
    assert events[theirs]["camera"] == "front-door@cabin"
    assert listed(owner, "&camera=front-door@cabin") == {"front-door@cabin"}
    assert listed(owner, "&camera=front-door") == {"front-door"}
    turned = [event for page in pages(owner, 1) for event in page]
    assert {ours, theirs} <= set(turned)
    assert len(turned) == len(set(turned))


def pages(client: httpx.Client, limit: int) -> Iterator[list[str]]:
    """The ids on each page."""
    cursor = ""
    while cursor is not None:
        page = client.get(f"/events?limit={limit}{cursor and '&cursor='}{cursor}").json()
        yield [str(one["id"]) for one in page["events"]]
        cursor = page["next"]


def test_what_lies_elsewhere_can_be_read_and_its_video_is_there(
    boxes: Boxes, visits: tuple[str, str], owner: httpx.Client
) -> None:
    theirs = f"{visits[1]}@cabin"
    row = owner.get(f"/events/{theirs}")
    assert row.status_code == 200
    assert row.json()["deliveries"] == []
    for asked in ("/clip.mp4", "/thumbnail.jpg", "/still.jpg"):
        refused = owner.get(f"/events/{theirs}{asked}")
        assert refused.status_code in {404, 409}, "also where a press left no picture"
        assert asked != "/clip.mp4" or "lies at cabin" in refused.json()["detail"]
    assert owner.delete(f"/events/{theirs}").status_code == 409
    assert owner.post(f"/events/{theirs}/restore", json={}).status_code == 409
    assert any(one["id"] == visits[1] for one in boxes.cabin.server.events())


def test_who_was_not_told_of_the_other_box_sees_nothing_of_it(
    boxes: Boxes, visits: tuple[str, str], owner: httpx.Client
) -> None:
    theirs = f"{visits[1]}@cabin"
    with closing(boxes.home.somebody(owner, None)) as anna, boxes.home.server.client() as script:
        for asker in (anna, script):  # the script's token may do everything, at this box
            assert listed(asker) == {"front-door"}
            assert listed(asker, "&camera=front-door@cabin") == set()
            assert answers(asker, theirs) <= {403, 404}
        assert anna.get(f"/events/{visits[0]}").status_code == 200


def test_who_was_told_sees_just_that(boxes: Boxes, visits: tuple[str, str], owner: httpx.Client) -> None:
    theirs = f"{visits[1]}@cabin"
    with closing(boxes.home.somebody(owner, ["front-door@cabin"])) as bert:
        assert listed(bert) == {"front-door@cabin"}
        assert bert.get(f"/events/{theirs}").status_code == 200
        assert answers(bert, visits[0]) <= {403, 404}
        assert "front-door" not in {one["id"] for one in bert.get("/cameras").json()["cameras"]}


def test_who_shares_sees_nothing_of_who_does_not(visits: tuple[str, str], cabins_owner: httpx.Client) -> None:
    assert listed(cabins_owner) == {"front-door"}
    assert listed(cabins_owner, "&camera=front-door@home") == set()
    assert answers(cabins_owner, f"{visits[0]}@home") == {404}
    assert answers(cabins_owner, visits[0]) == {404}
    assert cabins_owner.get(f"/events/{visits[1]}").status_code == 200


def test_a_second_box_of_the_same_name_is_refused(boxes: Boxes, tmp_path: Path) -> None:
    third = ServerProcess(tmp_path / "third", config_of(boxes.url, HOME))
    with pytest.raises(AssertionError, match="belongs to another box"):
        third.start()


@pytest.mark.usefixtures("visits")
def test_while_the_database_is_away_a_ring_is_taken_and_its_row_follows(boxes: Boxes) -> None:
    before = {one["id"] for one in boxes.home.server.events()}
    recordings = boxes.home.server.data / "recordings" / "front-door"
    files = set(recordings.rglob("*.mp4"))
    with boxes.home.server.client() as client:
        boxes.database.stop()
        try:
            assert client.post("/cameras/front-door/press", json={}).status_code == 202
            wait_for(lambda: set(recordings.rglob("*.mp4")) - files, 20, "its recording")
            assert client.get("/events").status_code == 503
        finally:
            boxes.database.start()

        def told() -> set[str]:
            answer = client.get("/events?limit=200")
            return {one["id"] for one in answer.json()["events"]} - before if answer.status_code == 200 else set()

        wait_for(told, 40, "the event that happened meanwhile")


def test_in_a_new_database_events_are_made_anew_from_the_recordings(boxes: Boxes, tmp_path: Path) -> None:
    box = Box(ServerProcess(tmp_path / "alone", CONFIG.partition("[catalog]")[0] + CAMERA))
    alone = box.server
    try:
        event = box.ring()
    finally:
        alone.stop()
    kept = CatalogSettings(boxes.database.url(boxes.database.new_database()), "alone")
    check_recordings(alone.data, 1.0, lambda *_: None, repair=True, kept=kept)
    engine = open_catalog(alone.data, kept)
    try:
        assert event in {one.id for one in SqlCatalog(engine).events(EventQuery())[0]}
    finally:
        engine.dispose()

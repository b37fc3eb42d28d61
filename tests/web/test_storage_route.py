"""What fills the storage, and who did what, as the owner's pages read them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from doorstep.core.access import Role
from doorstep.core.audit import WATCHED, AuditEntry
from doorstep.core.camera import CameraId
from doorstep.core.errors import CatalogUnavailable
from doorstep.web.asgi import create_app
from fakes.house import FRONT, FRONT_EVENT, GARDEN, House

V1 = "/api/v1"


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


def test_the_camera_that_fills_it_most_comes_first_with_those_that_are_gone(house: House) -> None:
    def sizes() -> dict[CameraId, int]:
        return {FRONT: 10, GARDEN: 30, CameraId("old-shed"): 10}

    app = create_app(replace(house.parts, keep_days=lambda: 30.0, bytes_by_camera=sizes))
    told = house.ask("GET", f"{V1}/storage", house.owner(), app=app).json()
    assert told["cameras"] == [
        {"camera": "garden", "name": "Garden", "bytes": 30},
        {"camera": "front-door", "name": "Front door", "bytes": 10},
        {"camera": "old-shed", "name": "old-shed", "bytes": 10},
    ]
    assert told["keep_days"] == 30.0
    assert told["storage"]["used_bytes"] == 8192


def test_what_is_kept_in_the_long_run_goes_by_age_or_by_room(house: House) -> None:
    house.change_event(FRONT_EVENT, started_at=house.clock.now() - timedelta(days=2))
    for keep_days, bound, kept, left in ((30.0, "age", 30.0, None), (300.0, "room", 244.1, 242.1)):
        app = create_app(replace(house.parts, keep_days=partial(float, keep_days)))
        storage = house.ask("GET", f"{V1}/status", house.owner(), app=app).json()["storage"]
        assert (storage["bound"], storage["days_kept"], storage["days_left"]) == (bound, kept, left)


def test_a_catalog_that_is_away_is_told(house: House) -> None:
    def away() -> dict[CameraId, int]:
        raise CatalogUnavailable

    app = create_app(replace(house.parts, bytes_by_camera=away))
    assert house.ask("GET", f"{V1}/storage", house.owner(), app=app).status_code == 503


def test_it_is_the_owners_alone(house: House) -> None:
    for role in (Role.FAMILY, Role.GUEST):
        assert house.ask("GET", f"{V1}/storage", house.session(role)).status_code == 403


def test_the_audit_log_is_read_by_who_by_camera_and_by_verb(house: House) -> None:
    for number, (who, verb, camera) in enumerate(
        [("Ann", WATCHED, FRONT), ("Ben & <b>", WATCHED, GARDEN), ("Ann", "made a backup", None)]
    ):
        at = house.clock.now() + timedelta(seconds=number)
        house.audit.save_entries([AuditEntry(f"id-{number}", at, who, "", verb, camera)])

    def found(query: str) -> list[str]:
        return [one["id"] for one in house.get(f"{V1}/audit?{query}").json()["entries"]]

    assert found("") == ["id-2", "id-1", "id-0"]
    assert found("who=Ann") == ["id-2", "id-0"]
    assert found("who=Ben%20%26%20%3Cb%3E") == ["id-1"]
    assert found("camera=front-door") == ["id-0"]
    assert found("verb=watched&who=Ann") == ["id-0"]
    assert found("verb=watched&verb=made%20a%20backup") == ["id-2", "id-1", "id-0"]
    assert found("who=") == []
    page = house.get(f"{V1}/audit?who=Ann&limit=1").json()
    assert [one["id"] for one in page["entries"]] == ["id-2"]
    assert found(f"who=Ann&cursor={page['next']}") == ["id-0"]
    assert house.get(f"{V1}/audit?who={'x' * 500}").status_code == 400

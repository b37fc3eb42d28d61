"""What a stranger, and whoever may see some cameras only, learn of what is wrong: no names, no foreign cameras."""

from collections.abc import Iterator

import pytest

from doorstep.core.access import Scope
from doorstep.core.health import Problem
from fakes.house import FRONT, GARDEN, House


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


def test_a_stranger_learns_no_names_of_people_devices_or_channels(house: House) -> None:
    keys = ("push:anna:Anna's phone", "push:7", "notifier:email", "task:outbox Anna's phone", "camera:front-door")
    house.health.wrong = [Problem(key, "Something.", house.clock.now(), "Look.") for key in keys]
    answer = house.get("/readyz", {})
    assert answer.json() == {"seeing": False, "problems": ["push", "notifier", "task", "camera:front-door"]}
    assert len(house.get("/readyz").json()["problems"]) == len(keys)


@pytest.mark.parametrize("key", [f"press-storm:{GARDEN}", f"test:{GARDEN}", f"camera:{GARDEN}:black"])
def test_what_happens_at_a_foreign_camera_is_not_told(house: House, key: str) -> None:
    house.health.wrong = [Problem(key, "Something at the garden.", house.clock.now(), "Look.")]
    some, everything = house.token(Scope.STATUS_READ, cameras=frozenset({FRONT})), house.token(Scope.STATUS_READ)
    for path in ("/api/v1/status", "/readyz", "/metrics"):
        assert GARDEN not in house.get(path, some).text.lower()
    assert house.get("/api/v1/status", everything).json()["problems"][0]["key"] == key

"""SIGHUP to a real server: only what changed in the config is touched."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes.server_process import ServerProcess, wait_for

pytestmark = pytest.mark.slow

CAMERA = '[[camera]]\nid = "{id}"\nname = "{name}"\nsource = "demo://"\n'


def config_of(**names: str) -> str:
    """One camera for each name; ids are the keywords."""
    return '[buffer]\nmax_bytes = "90 MB"\n' + "".join(CAMERA.format(id=key, name=name) for key, name in names.items())


class House:
    """A server whose config is changed while it runs."""

    def __init__(self, folder: Path) -> None:
        self.server = ServerProcess(folder / "data", config_of(still="Still", changing="Before", going="Going"))
        self._config = folder / "data.toml"
        self._buffers = folder / "data-run"

    def reload(self, config: str) -> None:
        self._config.write_text(config, encoding="utf-8")
        os.kill(self.server.pid, signal.SIGHUP)

    def camera(self, name: str) -> dict[str, Any] | None:
        return next((camera for camera in self.server.cameras() if camera["id"] == name), None)

    def is_live(self, *names: str) -> bool:
        return all((camera := self.camera(name)) is not None and camera["state"] == "live" for name in names)

    def connections(self, name: str) -> set[str]:
        """Of which the buffer holds anything."""
        return {path.name for path in self._buffers.glob(f"*/{name}/*")}

    def segments(self, name: str) -> set[str]:
        return {path.name for path in self._buffers.glob(f"*/{name}/*/*.m4s")}

    def problems(self) -> list[str]:
        return [problem["what"] for problem in self.server.get("/status")["problems"]]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    made.server.start()
    try:
        wait_for(lambda: made.is_live("still", "changing", "going"), 30, "three live cameras")
        wait_for(lambda: all(map(made.segments, ("still", "changing", "going"))), 30, "their first segments")
        yield made
    finally:
        made.server.stop()


def test_what_changed_is_begun_anew_and_what_did_not_goes_on(house: House) -> None:
    still, before = house.camera("still"), house.connections("changing")
    connections, oldest = house.connections("still"), min(house.segments("still"))
    house.reload(config_of(coming="Coming", changing="After", still="Still"))
    wait_for(lambda: house.camera("going") is None and house.is_live("coming", "changing"), 30, "the new config")
    assert [camera["id"] for camera in house.server.cameras()] == ["coming", "changing", "still"]
    changed = house.camera("changing")
    assert changed is not None
    assert changed["name"] == "After"
    wait_for(lambda: len(house.connections("changing")) == 2, 20, "a second connection")
    assert before < house.connections("changing")  # its last minutes are kept
    now = house.camera("still")
    assert now is not None
    passing = {key: now[key] for key in ("watching", "recording")}  # the demo's visitor comes by itself
    assert now == {**(still or {}), **passing}
    assert house.connections("still") == connections
    assert min(house.segments("still")) == oldest
    assert not house.segments("going")


def test_an_event_of_a_camera_that_goes_is_closed_with_its_recording(house: House) -> None:
    with house.server.client() as client:
        client.post("/cameras/going/press", json={}).raise_for_status()
    wait_for(lambda: any(event["camera"] == "going" for event in house.server.events()), 20, "the event")
    house.reload(config_of(still="Still"))
    wait_for(lambda: house.camera("going") is None, 30, "the camera gone")

    def closed() -> dict[str, Any] | None:
        (event,) = (event for event in house.server.events() if event["camera"] == "going")
        return event if event["ended_at"] and event["clip"] else None

    event = wait_for(closed, 20, "the event closed")
    with house.server.client() as client:
        clip = client.get(event["clip"]["href"].removeprefix("/api/v1"))
    assert clip.status_code == 200
    assert len(clip.content) > 10_000


def test_a_broken_config_changes_nothing_and_is_told_until_it_is_mended(house: House) -> None:
    connections = {name: house.connections(name) for name in ("still", "changing", "going")}
    house.reload(config_of(still="Still") + "surce = 1\n")
    (problem,) = wait_for(lambda: [one for one in house.problems() if "not used" in one], 20, "the problem")
    assert "line 7" in problem
    assert {name: house.connections(name) for name in connections} == connections
    house.reload(config_of(still="Still", changing="Before", going="Going"))
    wait_for(lambda: not [one for one in house.problems() if "not used" in one], 20, "the problem gone")
    assert {name: house.connections(name) for name in connections} == connections


def test_what_needs_a_restart_is_named(house: House) -> None:
    config = config_of(still="Still", changing="Before", going="Going")
    house.reload(config + "[detection]\nsecond_look = true\n")
    (problem,) = wait_for(lambda: [one for one in house.problems() if "restart" in one], 20, "the problem")
    assert "[detection]" in problem
    house.reload(config)
    wait_for(lambda: not [one for one in house.problems() if "restart" in one], 20, "the problem gone")

"""From the settings to a doorbell, and what `doorstep check` says of it."""

import asyncio
from datetime import datetime
from pathlib import Path

import pytest

from doorstep.app.doorbell import chimes_of, doorbell_findings, make_doorbell, untried_doorbell
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.notify_settings import ButtonSettings, ChimeSettings
from doorstep.core.settings import Settings
from doorstep.pipeline.health import HealthBoard
from fakes.clock import FakeClock
from fakes.counting_player import CountingPlayer
from fakes.pins import mock_pins

FRONT = CameraId("front-door")
SETTINGS = Settings(buttons=(ButtonSettings(FRONT, 17),), chime=ChimeSettings(sound_on=True, pin=22))


async def _no_event(camera: CameraId, cause: Cause, note: str, at: datetime) -> None:
    del camera, cause, note, at


def test_each_button_and_each_chime_runs_for_itself() -> None:
    clock = FakeClock()
    made = make_doorbell(SETTINGS, _no_event, HealthBoard(clock), clock)
    assert set(made.endless) == {"chime: chime on pin 22", "chime: sound", "button on pin 17"}


def test_without_settings_nothing_runs_and_nothing_sounds() -> None:
    clock = FakeClock()
    assert make_doorbell(Settings(), _no_event, HealthBoard(clock), clock).endless == {}
    assert list(chimes_of(ChimeSettings())) == []
    assert asyncio.run(doorbell_findings(Settings(), clock)) == []


def test_check_tries_all_of_it_in_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    player = CountingPlayer(tmp_path)
    for name, value in player.environment.items():
        monkeypatch.setenv(name, value)
    with mock_pins() as pins:
        found = asyncio.run(doorbell_findings(SETTINGS, FakeClock()))
        assert True not in pins.states(22)
    assert [(one.what, one.ok) for one in found] == [
        ("chime on pin 22", True),
        ("sound", True),
        ("button on pin 17", True),
    ]
    assert player.heard() == []


def test_check_names_what_cannot_work_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with mock_pins() as pins, pins.taken(17), pins.taken(22):
        found = asyncio.run(doorbell_findings(SETTINGS, FakeClock()))
    assert [one.ok for one in found] == [False] * 3
    assert "alsa-utils" in found[1].detail


def test_beside_a_running_server_nothing_is_tried_and_what_it_knows_is_said() -> None:
    with mock_pins() as pins, pins.taken(17), pins.taken(22):
        found = untried_doorbell(SETTINGS, FakeClock(), {"chime:sound": "The bell does not sound.", "disk": "Full."})
    assert [(one.what, one.ok) for one in found] == [
        ("chime on pin 22", True),
        ("sound", False),
        ("button on pin 17", True),
    ]
    assert "Not tried" in found[0].detail
    assert found[1].detail == "The bell does not sound."
    assert untried_doorbell(Settings(), FakeClock(), {}) == []

"""Keys and failed tries at the door of the listener."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.camera import CameraId
from doorstep.core.errors import ConfigInvalid
from doorstep.sources.rtmp_door import FailedTries, KeyRing, PushedCamera
from fakes.clock import FakeClock

KEYS = st.lists(st.text(min_size=1, max_size=40), unique=True, max_size=6)


@given(KEYS, st.text(max_size=40))
def test_a_key_opens_its_own_camera_and_no_other(keys: list[str], other: str) -> None:
    ring = KeyRing(PushedCamera(CameraId(f"camera-{number}"), key) for number, key in enumerate(keys))
    for number, key in enumerate(keys):
        found = ring.camera_of(key)
        assert found is not None
        assert found.id == f"camera-{number}"
    assert (ring.camera_of(other) is not None) == (other in keys)


@pytest.mark.parametrize("keys", [("same", "same"), ("one", "")])
def test_keys_that_open_two_cameras_or_none_are_refused(keys: tuple[str, str]) -> None:
    with pytest.raises(ConfigInvalid, match="stream_key"):
        KeyRing(PushedCamera(CameraId(f"camera-{number}"), key) for number, key in enumerate(keys))


def test_a_key_is_in_no_text() -> None:
    assert "secret" not in repr(PushedCamera(CameraId("front"), "secret"))


NEAR, FAR = "192.0.2.1", "192.0.2.2"


def test_who_failed_too_often_waits_a_while_and_is_logged_once_a_minute() -> None:
    clock = FakeClock()
    tries = FailedTries(clock, most=3)
    assert [tries.count(NEAR) for _ in range(3)] == [True, False, False]
    assert not tries.admits(NEAR)
    assert tries.admits(FAR)
    clock.advance(20)
    assert tries.admits(NEAR)
    assert not tries.count(NEAR)
    assert not tries.admits(NEAR)
    clock.advance(60)
    assert tries.count(NEAR)
    assert tries.admits(NEAR)


def test_a_camera_with_a_wrong_key_does_not_lock_out_the_right_one_beside_it() -> None:
    clock = FakeClock()
    tries = FailedTries(clock, most=120)
    for _ in range(3000):  # two a second, behind one router
        clock.advance(0.5)
        assert tries.admits(NEAR)
        tries.count(NEAR)


def test_a_household_with_many_addresses_has_one_count() -> None:
    tries = FailedTries(FakeClock(), most=3)
    for number in range(3):
        tries.count(f"2001:db8:1:1::{number}")
    assert not tries.admits("2001:db8:1:1:ffff::9")
    assert tries.admits("2001:db8:1:2::1")
    assert tries.admits(NEAR)


def test_addresses_without_end_are_forgotten() -> None:
    tries = FailedTries(FakeClock(), most=3, households=100)
    for number in range(10_000):
        tries.count(f"10.0.{number // 250}.{number % 250}")
    assert len(tries._rows) <= 100

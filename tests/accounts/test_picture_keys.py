"""A key opens one picture, for some minutes, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.accounts.picture_keys import LASTS, PictureKeys
from fakes.clock import FakeClock


def test_it_opens_its_picture_until_it_is_over() -> None:
    clock = FakeClock()
    keys = PictureKeys(clock)
    key = keys.make("a1", "e1")
    assert keys.opens("a1", "e1", key)
    clock.advance(LASTS.total_seconds() - 1)
    assert keys.opens("a1", "e1", key)
    clock.advance(1)
    assert not keys.opens("a1", "e1", key)


def test_it_opens_no_other_picture_and_nobody_elses_house() -> None:
    clock = FakeClock()
    keys = PictureKeys(clock)
    key = keys.make("a1", "e1")
    assert not keys.opens("a2", "e1", key)
    assert not keys.opens("a1", "e2", key)
    assert not keys.opens("a1e1", "", key)
    assert not PictureKeys(clock).opens("a1", "e1", key)


def test_nobody_makes_it_last_longer() -> None:
    keys = PictureKeys(FakeClock())
    until, _, signature = keys.make("a1").partition(".")
    assert not keys.opens("a1", "", f"{int(until, 16) + 3600:x}.{signature}")


@pytest.mark.parametrize("key", ["", ".", "a.b", "." * 200, "ü.ü", "zz." + "A" * 43, "1." + "A" * 5000])
def test_what_is_no_key_opens_nothing(key: str) -> None:
    assert not PictureKeys(FakeClock()).opens("a1", "", key)


@given(st.text(max_size=300), st.text(max_size=50))
def test_no_text_upsets_it(key: str, alert: str) -> None:
    keys = PictureKeys(FakeClock())
    assert not keys.opens(alert, "", key)
    assert keys.opens(alert, key, keys.make(alert, key))

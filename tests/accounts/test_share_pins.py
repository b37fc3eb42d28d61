"""PINs of links: what is kept of one, how few a stranger tries, and how long who knew it is let in."""

from dataclasses import replace
from datetime import timedelta

import pytest

from doorstep.accounts.share_keys import ShareKeys
from doorstep.accounts.share_pins import PASS_LASTS, SharePins, pin_hash_of
from doorstep.catalog.memory_shares import MemoryShareRecords
from doorstep.core.camera import CameraId
from doorstep.core.event import Event, EventId
from doorstep.core.share import BY_MAIL, FREE_TRIES, PinVerdict, Share
from fakes.clock import FakeClock

RIGHT = PinVerdict(right=True)
WRONG = PinVerdict(right=False)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def pins(clock: FakeClock) -> SharePins:
    return SharePins(clock)


def made(clock: FakeClock, pin: str | None = "4711") -> tuple[Share, str]:
    ring = Event(EventId("ring"), CameraId("front-door"), clock.now(), clock.now())
    return ShareKeys(MemoryShareRecords(), clock, lambda: (), lambda _token: None).make(ring, BY_MAIL, 720, pin)


def test_of_a_pin_only_a_hash_is_kept_that_the_rows_alone_do_not_explain(clock: FakeClock) -> None:
    share, secret = made(clock)
    assert share.pin_hash == pin_hash_of(secret, "4711")
    other, _ = made(clock)
    assert other.pin_hash != share.pin_hash
    assert share.pin_hash not in repr(share)
    assert made(clock, None)[0].pin_hash is None


def test_the_right_one_opens_and_no_other(clock: FakeClock, pins: SharePins) -> None:
    share, secret = made(clock)
    assert pins.try_pin(share, secret, "4711") == RIGHT
    assert pins.try_pin(share, secret, "4712") == WRONG
    assert pins.try_pin(share, "x" * 43, "4711") == WRONG


@pytest.mark.parametrize("typed", ["", "471", "471100000", "47a1", "٤٧١١", "4711\n", "-471", "4 711"])
def test_what_cannot_be_a_pin_is_wrong_and_costs_no_try(clock: FakeClock, pins: SharePins, typed: str) -> None:
    share, secret = made(clock)
    for _ in range(50):
        assert pins.try_pin(share, secret, typed) == WRONG
    assert pins.try_pin(share, secret, "4711") == RIGHT


def test_after_five_wrong_ones_the_link_rests_longer_each_time_even_from_the_right_one(
    clock: FakeClock, pins: SharePins
) -> None:
    share, secret = made(clock)
    for _ in range(FREE_TRIES - 1):
        assert pins.try_pin(share, secret, "0000") == WRONG
    for minutes in (1, 2, 4, 8):
        rest = timedelta(minutes=minutes)
        assert pins.try_pin(share, secret, "0000") == PinVerdict(right=False, rests_for=rest)
        assert pins.try_pin(share, secret, "4711") == PinVerdict(right=False, rests_for=rest)
        clock.advance(rest.total_seconds())
    assert pins.try_pin(share, secret, "4711") == RIGHT


def test_another_link_does_not_rest_with_it(clock: FakeClock, pins: SharePins) -> None:
    (share, secret), (other, others) = made(clock), made(clock)
    for _ in range(FREE_TRIES):
        pins.try_pin(share, secret, "0000")
    assert pins.try_pin(other, others, "4711") == RIGHT


def test_a_week_is_not_enough_to_guess_four_digits(clock: FakeClock, pins: SharePins) -> None:
    share, secret = made(clock, "9999")
    tried, left = 0, timedelta(days=7)
    while left > timedelta(0):
        verdict = pins.try_pin(share, secret, f"{tried:04}")
        assert not verdict.right
        tried += 1
        clock.advance(verdict.rests_for.total_seconds())
        left -= verdict.rests_for
    assert tried < 30


def test_a_pass_opens_its_link_for_an_hour_and_no_other(clock: FakeClock, pins: SharePins) -> None:
    (share, _), (other, _) = made(clock), made(clock)
    given = pins.new_pass(share)
    assert pins.admits(share, given)
    assert not pins.admits(other, given)
    clock.advance(PASS_LASTS.total_seconds() - 1)
    assert pins.admits(share, given)
    clock.advance(1)
    assert not pins.admits(share, given)


@pytest.mark.parametrize("given", ["", ".", "1.", "99999999999.x", "x.y", "²." + "0" * 64, "9999999999." + "ä" * 64])
def test_what_is_no_pass_opens_nothing(clock: FakeClock, pins: SharePins, given: str) -> None:
    assert not pins.admits(made(clock)[0], given)


def test_a_pass_cannot_be_lengthened_and_ends_with_the_run(clock: FakeClock, pins: SharePins) -> None:
    share, _ = made(clock)
    until, _, signature = pins.new_pass(share).partition(".")
    assert not pins.admits(share, f"{int(until) + 1}.{signature}")
    assert not SharePins(clock).admits(share, f"{until}.{signature}")


def test_a_link_without_a_pin_asks_for_none(clock: FakeClock, pins: SharePins) -> None:
    share, secret = made(clock, None)
    assert pins.try_pin(share, secret, "") == RIGHT
    assert replace(share, pin_hash="x") != share

"""What of the way from outside is worth a word, and when."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.hub_link import HubState, LinkView
from doorstep.core.hub_rules import (
    HUB,
    HUB_CERTIFICATE,
    HUB_CLOCK,
    certificate_ends,
    clock_is_off,
    hub_troubles,
    not_reached,
    unreachable,
)
from doorstep.core.hub_tunnel import HubReason

DAY = 86400
WALL = 1_795_000_000.0
FINE = LinkView(HubState.UP, 0.0, certificate_ends=int(WALL) + 60 * DAY, reached=True, clock_ahead=0.2)
DOWN = LinkView(HubState.DOWN, 100.0, reason="The hub door.example.org does not answer.", why=HubReason.TIMED_OUT)


def test_a_way_that_is_well_is_worth_no_word() -> None:
    assert list(hub_troubles(FINE, 1e6, WALL)) == []
    assert list(hub_troubles(LinkView(HubState.OFF, 0.0), 1e6, WALL)) == []
    assert list(hub_troubles(LinkView(HubState.CONNECTING, 0.0), 1e6, WALL)) == []


def test_a_lost_way_is_minor_for_two_minutes_and_says_what_goes_on() -> None:
    soon, later = unreachable(DOWN, 219.0), unreachable(DOWN, 220.0)
    assert soon is not None
    assert later is not None
    assert (soon.minor, later.minor) == (True, False)
    assert later.what == (
        "Your door cannot be reached from outside. The hub door.example.org does not answer. "
        "Recording, chime and alerts go on as ever."
    )
    assert "comes back by itself" in later.remedy


@pytest.mark.parametrize("reason", [HubReason.REVOKED, HubReason.HOST_KEY, HubReason.KEY_LOST, HubReason.NO_SSH])
def test_what_only_a_person_can_mend_is_told_at_once(reason: HubReason) -> None:
    trouble = unreachable(replace(DOWN, why=reason), 100.0)
    assert trouble is not None
    assert not trouble.minor
    assert "comes back by itself" not in trouble.remedy


@given(st.sampled_from(HubReason), st.floats(0, 1e6))
def test_every_reason_has_a_remedy(reason: HubReason, after: float) -> None:
    trouble = unreachable(replace(DOWN, why=reason), 100.0 + after)
    assert trouble is not None
    assert trouble.remedy


def test_a_door_that_the_hub_cannot_open_is_told_after_a_minute() -> None:
    shut = replace(FINE, reached=False, reached_why="It answers 502.", unreached_since=50.0)
    assert not_reached(shut, 109.0) is None
    trouble = not_reached(shut, 110.0)
    assert trouble is not None
    assert trouble.what == (
        "Your door cannot be reached from outside, though the hub answers. The hub says: It answers 502. "
        "Recording, chime and alerts go on as ever."
    )
    silent = not_reached(replace(shut, reached_why=""), 110.0)
    assert silent is not None
    assert ".." not in silent.what


@pytest.mark.parametrize(("life", "left", "told"), [(90, 20, False), (90, 13, True), (6, 2, False), (6, 0.5, True)])
def test_a_certificate_is_judged_by_what_is_left_of_its_life(life: float, left: float, told: bool) -> None:
    ends = int(WALL + left * DAY)
    view = replace(FINE, certificate_ends=ends, certificate_begins=int(ends - life * DAY))
    trouble = certificate_ends(view, WALL)
    assert (trouble is not None) is told
    assert trouble is None or trouble.minor


def test_a_certificate_that_is_over_is_told() -> None:
    trouble = certificate_ends(replace(FINE, certificate_ends=int(WALL) - 1), WALL)
    assert trouble is not None
    assert not trouble.minor
    assert "browsers refuse" in trouble.what


def test_a_wrong_clock_here_does_not_end_the_certificate() -> None:
    later = 400 * DAY
    view = replace(FINE, clock_ahead=-later)
    assert certificate_ends(view, WALL + later) is None
    trouble = clock_is_off(view)
    assert trouble is not None
    assert trouble.minor
    assert "400 days behind" in trouble.what


@pytest.mark.parametrize(("ahead", "words"), [(119.0, ""), (125.0, "2 minutes ahead of"), (-10800.0, "3 hours behind")])
def test_clocks_that_disagree_are_told(ahead: float, words: str) -> None:
    trouble = clock_is_off(replace(FINE, clock_ahead=ahead))
    assert (trouble.what if trouble else "").find(words) >= 0
    assert bool(trouble) is bool(words)


def test_a_way_that_is_lost_makes_no_clock_right() -> None:
    trouble = clock_is_off(replace(DOWN, clock_ahead=-10800.0))
    assert trouble is not None
    assert "3 hours behind" in trouble.what


def test_each_has_its_own_key() -> None:
    view = replace(FINE, certificate_ends=int(WALL), clock_ahead=500.0, reached=False, unreached_since=0.0)
    assert [key for key, _ in hub_troubles(view, 1e6, WALL)] == [HUB, HUB_CERTIFICATE, HUB_CLOCK]

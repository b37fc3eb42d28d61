"""Nobody told, alerts that wait, silent phones, a certificate that runs out, clocks that run wrong."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from doorstep.core.health_rules import (
    LIVES_AFTER_SECONDS,
    MOST_SET_RIGHT,
    WITHIN_SECONDS,
    DriftRule,
    certificate_expires,
    dropped,
    nobody_told,
    outbox_stuck,
    restart_is_told,
    restarted,
    unknown_person,
    unseen_on,
)
from doorstep.core.push_subscription import PushSubscription
from doorstep.core.recipient import Recipient, Turn
from doorstep.core.standing import Standing

NOW = datetime(2026, 11, 21, 13, 0, tzinfo=UTC)
DAY = timedelta(days=1)
UNTRIED = Standing(Recipient("email", "Mail"))
PROVEN = replace(UNTRIED, proven_at=NOW - DAY)
BROKER = Standing(Recipient("mqtt", "MQTT", reaches_people=False), proven_at=NOW - DAY)
PHONE = PushSubscription("1", "ada", "g", "Ada's phone", "https://x", "p", "a", NOW - 30 * DAY)


@pytest.mark.parametrize(
    ("standings", "words"),
    [
        ([], "no way to tell"),
        ([UNTRIED], "no channel has been proven yet (Mail)"),
        ([replace(UNTRIED, trouble="refused")], "no channel takes alerts"),
        ([replace(PROVEN, trouble="refused"), UNTRIED], "no channel takes alerts"),
        ([BROKER], "no way to tell"),
        ([BROKER, UNTRIED], "no channel has been proven yet (Mail)"),
        ([BROKER, replace(UNTRIED, trouble="refused")], "no channel takes alerts"),
    ],
)
def test_nobody_will_be_told_without_a_channel_that_works(standings: list[Standing], words: str) -> None:
    trouble = nobody_told(standings)
    assert trouble is not None
    assert trouble.what.startswith("Nobody will be told")
    assert words in trouble.what
    assert not trouble.minor


def test_one_proven_channel_is_enough() -> None:
    assert nobody_told([replace(UNTRIED, trouble="refused"), PROVEN]) is None


def test_alerts_that_wait_are_stuck_unless_they_wait_for_their_turn() -> None:
    later = Standing(Recipient("sms", "SMS", turn=Turn.UNANSWERED), waiting=2)
    assert outbox_stuck([PROVEN, later]) is None
    stuck = outbox_stuck([replace(PROVEN, waiting=1), replace(later, trouble="no answer")])
    assert stuck is not None
    assert stuck.what == "2 alerts wait and cannot be told by Mail, SMS."


@pytest.mark.parametrize(
    ("unshown", "is_told"), [(None, False), (timedelta(minutes=1), False), (6 * DAY, False), (7 * DAY, True)]
)
def test_a_device_is_silent_that_shows_nothing_for_a_week(unshown: timedelta | None, is_told: bool) -> None:
    phone = replace(
        PHONE,
        accepted_at=NOW,
        acknowledged_at=NOW - 30 * DAY,
        unshown_since=None if unshown is None else NOW - unshown,
    )
    trouble = unseen_on(phone, NOW)
    assert (trouble is not None) is is_told
    assert trouble is None or ("Ada's phone" in trouble.what and trouble.minor)


def test_a_device_whose_browser_ended_it_is_named_with_its_person() -> None:
    trouble = dropped(PHONE, "its browser ended that")
    assert trouble.what == "Ada's phone of ada no longer takes alerts: its browser ended that."
    assert trouble.minor
    assert PHONE.endpoint not in trouble.what + trouble.remedy


@pytest.mark.parametrize(
    ("left", "words", "minor"),
    [
        (15 * DAY, None, True),
        (13.5 * DAY, "in 13 days", True),
        (1.5 * DAY, "in 1 day.", True),
        (0.5 * DAY, "today", True),
        (-DAY, "has expired", False),
    ],
)
def test_a_certificate_is_told_two_weeks_ahead(left: timedelta, words: str | None, minor: bool) -> None:
    trouble = certificate_expires(NOW + left, NOW)
    assert (trouble is None) is (words is None)
    assert trouble is None or (words in trouble.what and trouble.minor is minor)  # type: ignore[operator]


def test_a_restart_says_for_how_long_nothing_was_seen() -> None:
    assert "about 20 s" in restarted(NOW - timedelta(seconds=20), NOW).what
    assert "about 10 min" in restarted(NOW - timedelta(minutes=10), NOW).what
    assert "about 0 s" in restarted(NOW + timedelta(hours=1), NOW).what  # the clock was set back


def test_a_camera_whose_times_jump_again_and_again_is_told_until_an_hour_is_quiet() -> None:
    rule = DriftRule()
    for number in range(MOST_SET_RIGHT - 1):
        rule.set_right(100.0 * number)
    assert rule.trouble(300.0, "Front door") is None
    rule.set_right(400.0)
    assert rule.trouble(400.0, "Front door") is not None
    assert rule.trouble(WITHIN_SECONDS, "Front door") is None
    assert not rule.is_quiet
    assert rule.trouble(400.0 + WITHIN_SECONDS, "Front door") is None
    assert rule.is_quiet


def test_a_server_that_crashes_again_and_again_is_told_once_an_hour_or_once_it_lives() -> None:
    just_told = NOW - timedelta(minutes=5)
    assert restart_is_told(None, NOW, 0.0)
    assert not restart_is_told(just_told, NOW, 0.0)
    assert restart_is_told(just_told, NOW, LIVES_AFTER_SECONDS)
    assert restart_is_told(NOW - timedelta(hours=1), NOW, 0.0)
    assert restart_is_told(NOW + timedelta(days=1), NOW, 0.0)  # the clock was set back


def test_whoever_a_channel_is_said_to_be_of_is_spelt_as_the_account() -> None:
    pager, bell = Recipient("a", "pager", person="anna"), Recipient("b", "bell", person="Bob")
    assert unknown_person([pager, bell, UNTRIED.recipient], ["anna", "Bob"]) is None
    assert unknown_person([pager], []) is None  # nobody has an account yet
    trouble = unknown_person([pager, bell], ["Anna"])
    assert trouble is not None
    assert trouble.what == (
        "No account is called anna: pager follows nobody's choices. "
        "No account is called Bob: bell follows nobody's choices."
    )
    assert trouble.minor

"""What [notify.email], [[notify.apprise]] and [[notify.webhook]] may say."""

from datetime import time
from pathlib import Path

import pytest

from doorstep.config.load import load_settings
from doorstep.config.without_secrets import without_secrets
from doorstep.core.alert_preferences import UNLESS_CHOSEN, AlertPreferences, QuietHours
from doorstep.core.cause import Cause
from doorstep.core.errors import ConfigInvalid
from doorstep.core.notify_settings import AppriseSettings, EmailSettings, NotifySettings, WebhookSettings
from doorstep.core.recipient import Turn

CAMERA = '[[camera]]\nid = "front-door"\nname = "Front door"\nsource = "demo://"\n'
SECRET = "0123456789abcdef"
APPRISE = '[[notify.apprise]]\nname = "phone"\nurl = "ntfy://host/a-secret-topic"\n'
WEBHOOK = f'[[notify.webhook]]\nname = "home"\nurl = "http://10.0.0.7:1880/in?key=K"\nsecret = "{SECRET}"\n'
EMAIL = '[notify.email]\nfrom = "d@example.org"\nto = ["a@example.org"]\n'


def loaded(tmp_path: Path, text: str) -> NotifySettings:
    path = tmp_path / "doorstep.toml"
    path.write_text(CAMERA + text, encoding="utf-8")
    return load_settings(path, {}).notify


def refused(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigInvalid) as raised:
        loaded(tmp_path, text)
    return str(raised.value)


def test_each_channel_has_a_name_and_an_address_and_is_told_at_once(tmp_path: Path) -> None:
    found = loaded(tmp_path, APPRISE + WEBHOOK)
    assert found.apprise == (AppriseSettings("phone", "ntfy://host/a-secret-topic"),)
    assert found.webhooks == (WebhookSettings("home", "http://10.0.0.7:1880/in?key=K", SECRET),)


def test_mail_goes_by_a_server_or_by_ses(tmp_path: Path) -> None:
    email = EmailSettings("", "d@example.org", ("a@example.org",), ses_region="eu-central-1")
    assert loaded(tmp_path, f'{EMAIL}ses_region = "eu-central-1"').email == email
    assert "notify.email.smtp: is missing" in refused(tmp_path, EMAIL)
    both = refused(tmp_path, f'{EMAIL}smtp = "smtp://h"\nses_region = "eu-central-1"')
    assert "together with smtp" in both
    assert "such as" in refused(tmp_path, f'{EMAIL}ses_region = "Frankfurt"')


@pytest.mark.parametrize("table", [APPRISE, WEBHOOK, f'{EMAIL}smtp = "smtp://h"\n'])
def test_every_channel_says_who_is_told_of_what_and_when(tmp_path: Path, table: str) -> None:
    keys = (
        'person = "anna"\nturn = "unanswered"\nafter_seconds = 20\ncauses = ["press", "motion"]\n'
        'cameras = ["front-door"]\ntroubles = false\n'
        'quiet_hours = [{begins = "22:00", ends = "07:30", weekdays = ["fri", "sat"]}]\n'
    )
    found = loaded(tmp_path, table + keys)
    chosen: list[EmailSettings | AppriseSettings | WebhookSettings | None] = [found.email]
    chosen += [*found.apprise]
    chosen += [*found.webhooks]
    one = next(channel for channel in chosen if channel is not None)
    assert one.preferences == AlertPreferences(
        causes=frozenset({Cause.PRESS, Cause.MOTION}),
        cameras=frozenset({"front-door"}),  # type: ignore[arg-type]
        quiet_hours=(QuietHours(frozenset({4, 5}), time(22), time(7, 30)),),
        troubles=False,
    )
    assert (one.person, one.turn, one.after_seconds) == ("anna", Turn.UNANSWERED, 20)


def test_mere_motion_is_told_only_where_it_is_named(tmp_path: Path) -> None:
    assert loaded(tmp_path, APPRISE).apprise[0].preferences is None
    chosen = loaded(tmp_path, f"{APPRISE}troubles = false").apprise[0].preferences
    assert chosen is not None
    assert chosen.causes == UNLESS_CHOSEN
    assert Cause.MOTION not in chosen.causes


def test_quiet_hours_hold_on_every_day_unless_days_are_named(tmp_path: Path) -> None:
    text = f'{APPRISE}quiet_hours = [{{begins = "22:00", ends = "07:00"}}]'
    preferences = loaded(tmp_path, text).apprise[0].preferences
    assert preferences is not None
    assert preferences.quiet_hours[0].weekdays == frozenset(range(7))


def test_who_waits_for_its_turn_waits_half_a_minute_unless_told_otherwise(tmp_path: Path) -> None:
    one = loaded(tmp_path, f'{APPRISE}turn = "undelivered"').apprise[0]
    assert (one.turn, one.after_seconds) == (Turn.UNDELIVERED, 30)


def test_secrets_may_lie_in_files_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("ntfy://host/topic\n", encoding="utf-8")
    (tmp_path / "key").write_text(f"{SECRET}\n", encoding="utf-8")
    text = (
        '[[notify.apprise]]\nname = "a"\nurl_file = "url"\n'
        '[[notify.webhook]]\nname = "w"\nurl = "https://h/"\nsecret_file = "key"\n'
    )
    found = loaded(tmp_path, text)
    assert found.apprise[0].url == "ntfy://host/topic"
    assert found.webhooks[0].secret == SECRET


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        (APPRISE + APPRISE, "notify.apprise", "another one"),
        (WEBHOOK + WEBHOOK, "notify.webhook", "another one"),
        ('[[notify.apprise]]\nname = "x"\n', "url", "is missing"),
        ('[[notify.webhook]]\nname = "x"\nurl = "https://h/"\n', "secret", "is missing"),
        (APPRISE.replace("ntfy://host/a-secret-topic", "a-secret-topic"), "url", "ntfy://HOST/TOPIC"),
        (APPRISE.replace("a-secret-topic", "t" * 10_240), "url", "at most 4096"),
        (WEBHOOK.replace("http://10.0.0.7", "ftp://10.0.0.7"), "url", "https://HOST"),
        (WEBHOOK.replace("10.0.0.7", "me:word@10.0.0.7"), "url", "without a user"),
        (WEBHOOK.replace("10.0.0.7:1880", "169.254.169.254"), "url", "credentials"),
        (WEBHOOK.replace(SECRET, "short"), "secret", "at least 16"),
        (f'{APPRISE}cameras = ["back-door"]', "cameras", "ids of cameras"),
        (f"{APPRISE}after_seconds = 20", "after_seconds", "means nothing"),
        (f'{APPRISE}turn = "unanswered"\nafter_seconds = 901', "after_seconds", "at most 900"),
        (f'{APPRISE}turn = "last"', "turn", "must be"),
        (f'{APPRISE}quiet_hours = [{{begins = "25:00", ends = "07:00"}}]', "begins", "time of day"),
        (f'{APPRISE}quiet_hours = [{{begins = "22:00+01:00", ends = "07:00"}}]', "begins", "time of day"),
        (f'{APPRISE}quiet_hours = [{{begins = "22:00", ends = "0700Z"}}]', "ends", "time of day"),
        (f'{APPRISE}quiet_hours = [{{begins = "T2230", ends = "07:00"}}]', "begins", "time of day"),
        (f'{APPRISE}quiet_hours = [{{begins = "22:00", ends = "07:00", weekdays = []}}]', "weekdays", "at least 1"),
        (f'{APPRISE}cause = ["press"]', "cause", "did you mean causes"),
        ('[notify.apprise]\nname = "x"\nurl = "ntfy://h/t"\n', "notify.apprise", "two brackets: [[notify.apprise]]"),
        (APPRISE.replace('"phone"', '"My phone"'), "name", "a-z"),
    ],
)
def test_what_cannot_be_meant_is_refused_without_its_value(tmp_path: Path, text: str, where: str, words: str) -> None:
    told = refused(tmp_path, text)
    assert where in told
    assert words in told
    for secret in ("a-secret-topic", "key=K", SECRET, "word@", "tttt"):
        assert secret not in told


def test_a_shown_config_holds_no_address_and_no_secret() -> None:
    shown = without_secrets(CAMERA + APPRISE + WEBHOOK, "doorstep.toml").text
    for secret in ("a-secret-topic", "key=K", SECRET):
        assert secret not in shown

"""What the config file may say about channels to people, and what it means.  The other tables stand in `schema`."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from doorstep.config.mqtt_table import Mqtt, mqtt_settings
from doorstep.config.preferences_table import Told
from doorstep.config.table import Table, Text
from doorstep.core.notify_settings import (
    AppriseSettings,
    EmailSettings,
    NotifySettings,
    PushSettings,
    WebhookSettings,
)
from doorstep.core.push_endpoint import push_endpoint

_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-[0-9]")
_MAIL = re.compile(r"[^@\s<>,;\"\\]+@[^@\s<>,;\"\\]+")


def _mail(value: str) -> str:
    if not _MAIL.fullmatch(value):
        msg = 'must be a mail address such as "me@example.org"'
        raise ValueError(msg)
    return value


MailAddress = Annotated[str, AfterValidator(_mail)]


def _region(value: str) -> str:
    if not _REGION.fullmatch(value):
        msg = 'must be a region of Amazon such as "eu-central-1"'
        raise ValueError(msg)
    return value


class Email(Told):
    """Alerts by mail."""

    smtp: Text | None = Field(
        None, repr=False, description="The mail server: smtp:// (STARTTLS if offered) or smtps:// (TLS)."
    )
    smtp_file: Text | None = Field(None, description="A file that holds that address, instead of `smtp`.")
    ses_region: Annotated[str, AfterValidator(_region)] | None = Field(
        None, description="The region of Amazon SES that sends them, instead of a mail server."
    )
    sender: MailAddress = Field(alias="from", description="Who the mails are from.")
    to: list[MailAddress] = Field(min_length=1, max_length=50, description="Who gets them.")


def _contact(value: str) -> str:
    if value and not _MAIL.fullmatch(value) and not re.fullmatch(r"https://[^\s/:@?#]+(/[^\s?#]*)?", value):
        msg = 'must be a mail address such as "me@example.org", or an https:// address'
        raise ValueError(msg)
    return value


def _beginning(value: str) -> str:
    if push_endpoint(value if value.endswith("/") else f"{value}/", [value]) is None or "?" in value:
        msg = 'must be the beginning of an https:// address, such as "https://push.example.org/"'
        raise ValueError(msg)
    return value if value.endswith("/") else f"{value}/"


class Push(Table):
    """Notifications of browsers (Web Push)."""

    contact: Annotated[Text, AfterValidator(_contact)] = Field(
        "", description="Whom push services may write to if something is wrong; the sender of mails, if it is missing."
    )
    services: list[Annotated[Text, AfterValidator(_beginning)]] = Field(
        [], max_length=20, description="Own push services, besides those of the browsers: beginnings of addresses."
    )


_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,22}[a-z0-9])?")
SHORTEST_SECRET = 16


def _channel_name(value: str) -> str:
    if not _NAME.fullmatch(value):
        msg = "must consist of a-z, 0-9 and - (not at its ends), at most 24 of them"
        raise ValueError(msg)
    return value


def _signing_secret(value: str) -> str:
    if len(value) < SHORTEST_SECRET:
        msg = f"must have at least {SHORTEST_SECRET} characters"
        raise ValueError(msg)
    return value


ChannelName = Annotated[str, AfterValidator(_channel_name)]


class Apprise(Told):
    """Any service that Apprise knows."""

    name: ChannelName = Field(description="What you call it: a-z, 0-9 and -, at most 24.")
    url: Text | None = Field(
        None, repr=False, description="Its address, as Apprise wants it: ntfy://HOST/TOPIC, tgram://TOKEN/CHAT ..."
    )
    url_file: Text | None = Field(None, description="A file that holds that address, instead of `url`.")


class Webhook(Told):
    """An address that gets each alert as signed JSON."""

    name: ChannelName = Field(description="What you call it: a-z, 0-9 and -, at most 24.")
    url: Text | None = Field(None, repr=False, description="Where it is posted to: https:// or http://.")
    url_file: Text | None = Field(None, description="A file that holds that address, instead of `url`.")
    secret: Annotated[Text, AfterValidator(_signing_secret)] | None = Field(
        None, repr=False, description="What it is signed with, at least 16 characters."
    )
    secret_file: Text | None = Field(None, description="A file that holds the secret, instead of `secret`.")
    picture: bool = Field(False, description="Whether the picture is sent along, in base64.")


class Notify(Table):
    """How people are told."""

    email: Email | None = Field(None, description="Alerts by mail.")
    push: Push = Field(default_factory=Push, description="Notifications of browsers.")
    mqtt: Mqtt | None = Field(None, description="A broker for home automation.")
    apprise: list[Apprise] = Field([], max_length=20, description="Other services, one [[notify.apprise]] each.")
    webhook: list[Webhook] = Field([], max_length=20, description="Own addresses, one [[notify.webhook]] each.")


def notify_fault(notify: Notify, cameras: set[str]) -> tuple[str, str] | None:
    """What does not go together, as where (seen from the whole file) and words."""
    tables: list[tuple[str, Told]] = [("notify.email", notify.email)] if notify.email else []
    kinds: dict[str, Sequence[Apprise | Webhook]] = {"apprise": notify.apprise, "webhook": notify.webhook}
    for kind, channels in kinds.items():
        names = [one.name for one in channels]
        for number, one in enumerate(channels):
            tables.append((f"notify.{kind}.{number}", one))
            if one.name in names[:number]:
                return f"notify.{kind}.{number}.name", "is the name of another one; each needs its own"
    for where, table in tables:
        if table.cameras is not None and not cameras.issuperset(table.cameras):
            return f"{where}.cameras", "must be ids of cameras of this file"
    return None


def notify_settings(notify: Notify, folder: Path) -> NotifySettings:
    """The same for the rest of Doorstep; files are seen from `folder`."""
    return NotifySettings(
        email=_email(notify.email) if notify.email else None,
        push=PushSettings(contact=notify.push.contact, services=tuple(notify.push.services)),
        mqtt=mqtt_settings(notify.mqtt, folder),
        apprise=tuple(map(_apprise, notify.apprise)),
        webhooks=tuple(map(_webhook, notify.webhook)),
    )


def _email(email: Email) -> EmailSettings:
    return EmailSettings(
        smtp=email.smtp or "",
        sender=email.sender,
        to=tuple(email.to),
        ses_region=email.ses_region or "",
        person=email.person,
        preferences=email.preferences(),
        turn=email.whose_turn(),
        after_seconds=email.wait(),
    )


def _apprise(one: Apprise) -> AppriseSettings:
    return AppriseSettings(
        name=one.name,
        url=one.url or "",
        person=one.person,
        preferences=one.preferences(),
        turn=one.whose_turn(),
        after_seconds=one.wait(),
    )


def _webhook(one: Webhook) -> WebhookSettings:
    return WebhookSettings(
        name=one.name,
        url=one.url or "",
        secret=one.secret or "",
        picture=one.picture,
        person=one.person,
        preferences=one.preferences(),
        turn=one.whose_turn(),
        after_seconds=one.wait(),
    )

"""The channels that the config names: their notifiers, who is told by them, and whether they work."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import structlog

from doorstep.app.finding import Finding
from doorstep.core.errors import DoorstepError, NotifierRefused, NotifierUnavailable
from doorstep.core.notify_settings import AppriseSettings, EmailSettings, NotifySettings, WebhookSettings
from doorstep.core.recipient import Recipient
from doorstep.notifiers.apprise import AppriseNotifier
from doorstep.ports import Clock, Notifier, Payments, Recipients

log = structlog.get_logger()

EMAIL = "email"
"""The channel, and the recipient's name."""

Chosen = EmailSettings | AppriseSettings | WebhookSettings


def put_channels(
    settings: NotifySettings, recipients: Recipients, clock: Clock, payments: Payments | None = None
) -> list[AppriseNotifier]:
    """Each into the recipients; those that should be warmed before the first alert are returned.

    Raises NotifierRefused for an address that is none.
    """
    to_warm = []
    for chosen, notifier in _channels(settings, clock, payments):
        recipients.put(_recipient(chosen, notifier), notifier)
        if isinstance(notifier, AppriseNotifier):
            to_warm.append(notifier)
    return to_warm


def change_channels(
    before: NotifySettings,
    after: NotifySettings,
    recipients: Recipients,
    clock: Clock,
    payments: Payments | None = None,
) -> None:
    """What came, went or changed in the config, while Doorstep runs; a channel that stays as it is notices nothing.

    One that changed has to be proven anew.  Called on the event loop.
    """
    if before == after:
        return
    old = {_channel_of(chosen): chosen for chosen in _chosen(before)}
    new = {_channel_of(chosen): chosen for chosen in _chosen(after)}
    for channel, chosen in old.items():
        if new.get(channel) != chosen:
            recipients.remove(channel)
    for channel, chosen in new.items():
        if old.get(channel) != chosen:
            try:
                notifier = _notifier(chosen, clock, payments)
            except NotifierRefused as error:  # the config was judged: a part of the machine is missing
                log.warning("a channel cannot be used", channel=channel, reason=str(error))
                continue
            recipients.put(_recipient(chosen, notifier), notifier)


async def warm(notifiers: list[AppriseNotifier]) -> None:
    """Load what they need, one after the other; a wrong address is told by its first alert, and by a check."""
    for notifier in notifiers:
        with suppress(NotifierRefused, NotifierUnavailable):
            await notifier.warm()
    await asyncio.Event().wait()  # whoever runs as long as the server does has no end


async def channel_findings(settings: NotifySettings, clock: Clock) -> AsyncIterator[Finding]:
    """Each channel tried without telling anybody anything."""
    for _, notifier in _channels(settings, clock):
        try:
            yield Finding(notifier.channel, ok=True, detail=await notifier.check())
        except DoorstepError as error:
            yield Finding(notifier.channel, ok=False, detail=str(error))


def _recipient(chosen: Chosen, notifier: Notifier) -> Recipient:
    return Recipient(
        notifier.channel,
        EMAIL if isinstance(chosen, EmailSettings) else chosen.name,
        person=chosen.person,
        preferences=chosen.preferences,
        turn=chosen.turn,
        after_seconds=chosen.after_seconds,
    )


def _channels(
    settings: NotifySettings, clock: Clock, payments: Payments | None = None
) -> Iterator[tuple[Chosen, Notifier]]:
    for chosen in _chosen(settings):
        yield chosen, _notifier(chosen, clock, payments)


def _chosen(settings: NotifySettings) -> Iterator[Chosen]:
    if settings.email is not None:
        yield settings.email
    yield from settings.apprise
    yield from settings.webhooks


def _channel_of(chosen: Chosen) -> str:
    """As its notifier calls itself, without making one."""
    match chosen:
        case EmailSettings():
            return EMAIL
        case AppriseSettings():
            return f"apprise:{chosen.name}"
        case WebhookSettings():
            return f"webhook:{chosen.name}"


def _notifier(chosen: Chosen, clock: Clock, payments: Payments | None) -> Notifier:
    match chosen:
        case EmailSettings():
            return _mail(chosen, payments)
        case AppriseSettings():
            return AppriseNotifier(chosen)
        case WebhookSettings():
            from doorstep.notifiers.webhook import WebhookNotifier  # noqa: PLC0415 - TLS, which most do without here

            return WebhookNotifier(chosen, clock)


def _mail(settings: EmailSettings, payments: Payments | None) -> Notifier:
    if not settings.ses_region:
        from doorstep.notifiers.smtp import SmtpNotifier  # noqa: PLC0415 - aiosmtplib, for houses that are told by mail

        return SmtpNotifier(settings)
    from doorstep.notifiers.ses import SesNotifier  # noqa: PLC0415 - an extra, which most do without

    return SesNotifier(settings, payments=payments)

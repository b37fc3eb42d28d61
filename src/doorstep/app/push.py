"""Web Push of a server: its key, its devices, and what the web may use of both."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote

import structlog
from sqlalchemy import Engine

from doorstep.accounts.account_book import AccountBook
from doorstep.accounts.picture_keys import PictureKeys
from doorstep.app.cameras import Shared
from doorstep.app.event_still import event_still
from doorstep.app.telling import Telling
from doorstep.catalog.sql_recipients import SqlRecipientRecords
from doorstep.core.alert import Alert, AlertId
from doorstep.core.delivery import Delivery, delivery_id
from doorstep.core.errors import NotifierRefused, StoreUnavailable
from doorstep.core.notify_settings import NotifySettings
from doorstep.core.push_endpoint import push_endpoint
from doorstep.core.push_subscription import NewDevice, PushSubscription
from doorstep.core.push_words import ends_soon_alert
from doorstep.notifiers.vapid_key import VapidKey, vapid_key
from doorstep.notifiers.web_push import PushNotifier, PushSender, keys_of
from doorstep.pipeline.push_devices import PushDevices
from doorstep.pipeline.recipient_book import RecipientBook
from doorstep.pipeline.silences import Silences
from doorstep.pipeline.supervisor import Tasks
from doorstep.ports import Catalog, Clock
from doorstep.web.push_parts import PushParts

log = structlog.get_logger()

SETTINGS_PATH = "/settings"
KEY_FILE = Path("keys") / "push.pem"
NOBODY = "mailto:doorstep@doorstep.invalid"
"""Push services want to know whom to write to; who names nobody cannot be written to (RFC 2606, 2)."""


@dataclass(frozen=True, slots=True)
class Push:
    """Its devices, and what the web gets; neither where the key cannot be used."""

    devices: PushDevices | None = None
    parts: PushParts | None = None

    def endless(self) -> Tasks:
        """What runs as long as the server does."""
        return {"push devices": self.devices.run} if self.devices else {}


async def make_push(
    engine: Engine,
    accounts: AccountBook,
    telling: Telling,
    shared: Shared,
    silences: Silences,
    catalog: Catalog,
) -> Push:
    """Empty where its key cannot be used: that is a problem, for nobody's phone is told.  Its devices load later."""
    settings, health, clock, outbox = shared.settings, shared.health, shared.clock, telling.outbox
    try:
        key = await asyncio.to_thread(vapid_key, settings.server.data / KEY_FILE)
    except StoreUnavailable as error:
        log.warning("phones are not told by Web Push", reason=str(error))
        health.report("push-key", "Phones are not told by Web Push.", str(error))
        return Push()
    keys = PictureKeys(clock)
    sender = push_sender(settings.notify, key, clock, keys)

    devices = PushDevices(
        telling.book,
        SqlRecipientRecords(engine),
        accounts.login,
        lambda subscription, on_gone: PushNotifier(subscription, sender, on_gone),
        telling.tests.test,
        warning(telling.book, outbox.send_to, silences, catalog.delivery, clock),
        health,
        clock,
    )
    outbox.on_change.append(devices.told)
    accounts.on_revoked = _from_any_thread(devices.look_now)
    parts = PushParts(
        key.public,
        devices,
        _judge(settings.notify.push.services),
        keys.opens,
        lambda one: outbox.snapshot_of(AlertId(one)),
        partial(event_still, catalog, shared.storage.store),
    )
    return Push(devices, parts)


def warning(
    book: RecipientBook,
    send_to: Callable[[str, Alert], str | None],
    silences: Silences,
    find: Callable[[str], Delivery | None],
    clock: Clock,
) -> Callable[[PushSubscription], Awaitable[bool]]:
    """What tells a device, once and when that wakes nobody, that its login ends; False where it must wait."""

    async def warn(one: PushSubscription) -> bool:
        alert, recipient = ends_soon_alert(one, clock.now(), SETTINGS_PATH), book.recipient(one.channel)
        if recipient is None or silences.would_be(recipient, alert) is not None:
            return False
        known = await asyncio.to_thread(find, delivery_id(alert.id, one.channel))
        return known is not None or send_to(one.channel, alert) is not None

    return warn


def _from_any_thread(call: Callable[[], None]) -> Callable[[], None]:
    """The call, to be made on the event loop that runs now."""
    loop = asyncio.get_running_loop()

    def call_soon() -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody is told anything any more
            loop.call_soon_threadsafe(call)

    return call_soon


def push_sender(
    settings: NotifySettings,
    key: VapidKey,
    clock: Clock,
    keys: PictureKeys | None = None,
    *,
    tls: ssl.SSLContext | None = None,
) -> PushSender:
    """Whoever alerts come from by mail may be written to about pushes, too.  `tls` None: the machine's authorities."""
    contact = settings.push.contact or (settings.email.sender if settings.email else "")
    if contact and ":" not in contact:
        contact = f"mailto:{contact}"
    return PushSender(
        key,
        contact or NOBODY,
        clock,
        settings.push.services,
        lambda alert: picture_path(alert, keys) if keys else None,
        tls or ssl.create_default_context(),
    )


def _judge(own: tuple[str, ...]) -> Callable[[NewDevice], None]:
    def judge(device: NewDevice) -> None:
        if push_endpoint(device.endpoint, own) is None:
            msg = (
                "This browser's push service is not one that Doorstep knows. "
                "The owner can add it to services in [notify.push]."
            )
            raise NotifierRefused(msg)
        keys_of(device.p256dh, device.auth)

    return judge


def picture_path(alert: Alert, keys: PictureKeys) -> str | None:
    """Where a phone finds the picture of an alert, without signing in, for some minutes; None for one without."""
    if not alert.snapshot and alert.event is None:
        return None
    event = alert.event or ""
    path = f"/api/v1/alerts/{quote(alert.id, safe='')}/picture.jpg?key={keys.make(alert.id, event)}"
    return f"{path}&event={quote(event, safe='')}" if event else path

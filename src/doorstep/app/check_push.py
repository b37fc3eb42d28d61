"""Tries Web Push for `doorstep check`: the key, and each push service that tells somebody.  Nobody is told anything."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence

from doorstep.app.catalog import open_catalog
from doorstep.app.finding import Finding
from doorstep.app.push import KEY_FILE, push_sender
from doorstep.catalog.sql_recipients import SqlRecipientRecords
from doorstep.core.errors import CatalogUnavailable, DoorstepError
from doorstep.core.push_endpoint import push_endpoint
from doorstep.core.push_subscription import PushSubscription
from doorstep.core.settings import Settings
from doorstep.notifiers.vapid_key import VapidKey, vapid_key
from doorstep.notifiers.web_push import PushNotifier
from doorstep.ports import Clock


async def push_findings(settings: Settings, clock: Clock, tls: ssl.SSLContext | None = None) -> AsyncIterator[Finding]:
    """Nothing where nobody ever turned notifications on; `tls` says whom to trust, None for the machine's."""
    path = settings.server.data / KEY_FILE
    if not path.exists():
        return
    try:
        key = await asyncio.to_thread(vapid_key, path)
        subscriptions = await asyncio.to_thread(_subscriptions, settings)
    except DoorstepError as error:
        yield Finding("notifications", ok=False, detail=str(error))
        return
    for one in _one_for_each(settings, subscriptions):
        yield await _tried(settings, key, clock, one, tls)


async def _tried(
    settings: Settings, key: VapidKey, clock: Clock, one: PushSubscription, tls: ssl.SSLContext | None
) -> Finding:
    try:
        sender = push_sender(settings.notify, key, clock, tls=tls)
        return Finding("notifications", ok=True, detail=await PushNotifier(one, sender).check())
    except DoorstepError as error:
        return Finding("notifications", ok=False, detail=str(error))


def _subscriptions(settings: Settings) -> Sequence[PushSubscription]:
    """None where the catalog is not yet what this version needs: the server mends that."""
    engine = open_catalog(settings.server.data, settings.catalog)
    try:
        return SqlRecipientRecords(engine).subscriptions()
    except CatalogUnavailable:
        return ()
    finally:
        engine.dispose()


def _one_for_each(settings: Settings, subscriptions: Sequence[PushSubscription]) -> Sequence[PushSubscription]:
    """Those that lie nowhere have one of their own: that is told."""
    found: dict[str, PushSubscription] = {}
    for one in subscriptions:
        endpoint = push_endpoint(one.endpoint, settings.notify.push.services)
        found.setdefault(endpoint.origin if endpoint else one.id, one)
    return tuple(found.values())

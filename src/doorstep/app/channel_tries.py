"""Tries a channel that somebody filled in on the page: made for one test alert, and forgotten.

An address from the page is not the owner's file: it may lead home or to the internet, not to this machine itself.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from typing import cast
from urllib.parse import urlsplit

from doorstep.config.tried_channel import tried_notify
from doorstep.core.alert import word_about_doorstep
from doorstep.core.errors import NotifierRefused, NotifierUnavailable
from doorstep.core.notify_settings import NotifySettings
from doorstep.core.public_address import may_be_a_camera
from doorstep.notifiers.apprise import AppriseNotifier
from doorstep.notifiers.blocking_calls import BlockingCalls
from doorstep.notifiers.guarded_post import look_up
from doorstep.notifiers.telegram_bot import chats_of
from doorstep.pipeline.channel_test import TEXT, TITLE
from doorstep.ports import Clock, Notifier
from doorstep.web.channel_parts import ChannelParts

SERVICE = "The service"
LOOK_UP_SECONDS = 5.0
FORBIDDEN = "It lies on this machine, or where nothing may be sent from a page. Write it into the config file."
NO_SUCH_HOST = "There is no server of that name. Check how it is spelt, and that this machine is on the internet."
UNKNOWN_PLACE = "Doorstep cannot see where this service is. Write it into the config file."

MayReach = Callable[[str], bool]
AddressesOf = Callable[[str, int], Sequence[str]]


class ChannelTries:
    """Used on the event loop."""

    def __init__(
        self, clock: Clock, link: str, may_reach: MayReach = may_be_a_camera, addresses_of: AddressesOf = look_up
    ) -> None:
        """`link` is Doorstep's page; `may_reach` judges every address of a host; `addresses_of` blocks."""
        self._clock = clock
        self._link = link
        self._may_reach = may_reach
        self._addresses_of = addresses_of
        self._numbers = count(1)
        self._lookups = BlockingCalls(SERVICE, LOOK_UP_SECONDS)

    async def try_out(self, kind: str, keys: Mapping[str, object]) -> None:
        """Send one test alert.  Raises ConfigInvalid, NotifierRefused, NotifierUnavailable, without a secret."""
        settings = tried_notify(kind, keys)
        notifier = await self._notifier(settings)
        at = self._clock.now()
        alert_id = f"try:{at:%Y%m%d%H%M%S%f}-{next(self._numbers)}"
        await notifier.send(word_about_doorstep(alert_id, at, (TITLE, TEXT), self._link, is_test=True))

    async def _notifier(self, settings: NotifySettings) -> Notifier:
        """The notifier of the one channel that there is, which may go where it leads.

        Mail and webhooks go to what was judged, whatever their name means a moment later; Apprise looks up again.
        """
        if settings.email is not None:
            await asyncio.to_thread(_load_smtp)
            from doorstep.notifiers.smtp import SmtpNotifier  # noqa: PLC0415 - as there

            parts = urlsplit(settings.email.smtp)
            found = await self._judged(parts.hostname or "", parts.port or 0)
            return SmtpNotifier(settings.email, reached_at=found)
        if settings.apprise:
            notifier = AppriseNotifier(replace(settings.apprise[0], name=SERVICE))
            place = await notifier.place()
            if place is None:
                raise NotifierRefused(UNKNOWN_PLACE)
            await self._judged(*place)
            return notifier
        from doorstep.notifiers.webhook import WebhookNotifier  # noqa: PLC0415 - TLS, which most do without here

        chosen = replace(settings.webhooks[0], name=SERVICE)
        parts = urlsplit(chosen.url)
        await self._judged(parts.hostname or "", parts.port or 0)
        return WebhookNotifier(chosen, self._clock, addresses_of=self._addresses_of, may_reach=self._may_reach)

    async def _judged(self, host: str, port: int) -> Sequence[str]:
        """Its addresses.  Raises NotifierRefused where a page must not send to one, NotifierUnavailable for none."""
        bare = host.removeprefix("[").removesuffix("]")
        try:
            call = partial(self._addresses_of, bare, port)
            found = cast("Sequence[str]", await self._lookups.make(f"{bare}:{port}", call))
        except (OSError, UnicodeError):
            raise NotifierUnavailable(NO_SUCH_HOST) from None
        if not found or not all(map(self._may_reach, found)):
            raise NotifierRefused(FORBIDDEN)
        return found


def _load_smtp() -> None:
    """In a thread, as `camera_wizard` loads ONVIF: the event loop has cameras to serve."""
    import doorstep.notifiers.smtp  # noqa: F401, PLC0415 - aiosmtplib, for who tries mail


def channel_parts(clock: Clock, link: str) -> ChannelParts:
    """What the web may use of it."""
    return ChannelParts(try_out=ChannelTries(clock, link).try_out, telegram=chats_of)

"""Alerts by any service that Apprise knows: ntfy, Telegram, Pushover and a hundred others.  Retries: `pipeline`."""

from functools import partial
from typing import cast

from doorstep.core.alert import Alert
from doorstep.core.errors import NotifierUnavailable
from doorstep.core.notify_settings import AppriseSettings
from doorstep.notifiers.blocking_calls import BlockingCalls
from doorstep.notifiers.http_answer import refusal

ATTEMPT_SECONDS = 15.0
PICTURE_REFUSED = frozenset({400, 405, 406, 411, 413, 415, 422})
"""Answers that may mean the picture alone: a server of ntfy that keeps no attachments says 400."""


class AppriseNotifier:
    """Implements `ports.Notifier` for one address, which holds secrets: no error repeats it, nor what the service said.

    Each attempt ends within `seconds`.  A press is loud where the service can be.
    """

    def __init__(self, settings: AppriseSettings, seconds: float = ATTEMPT_SECONDS) -> None:
        self._name = settings.name
        self._url = settings.url
        self._calls = BlockingCalls(settings.name, seconds)

    @property
    def channel(self) -> str:
        """One for each address."""
        return f"apprise:{self._name}"

    async def send(self, alert: Alert) -> None:
        """Hand it to the service; without the picture where that is what it refuses."""
        await self._calls.make(alert.id, partial(_tell, self._name, self._url, alert))

    async def check(self) -> str:
        """Reach the service, if Apprise says where it is.  Whether it knows the receiver only a message would tell."""
        return str(await self._calls.make("check", partial(_reach, self._url)))

    async def place(self) -> tuple[str, int] | None:
        """Where the service is, None where Apprise does not tell.  Raises NotifierRefused for no address."""
        found = await self._calls.make("place", partial(_place, self._url))
        return cast("tuple[str, int] | None", found)

    async def warm(self) -> None:
        """Load what the first alert would wait for.  Raises NotifierRefused for an address that means nothing."""
        await self._calls.make("warm", partial(_load, self._url))


# In a thread of their own; the library is loaded there, because that takes long and most do without it.


def _tell(name: str, url: str, alert: Alert) -> None:
    from doorstep.notifiers import apprise_link as link  # noqa: PLC0415 - as above

    words = link.Words(alert.title, alert.text, alert.link, alert.snapshot)
    answer = link.tell(link.opened(url, urgent=alert.is_urgent), words)
    if not answer.taken and alert.snapshot and answer.status in PICTURE_REFUSED:
        answer = link.tell(link.opened(url, urgent=alert.is_urgent), link.Words(alert.title, alert.text, alert.link))
    if answer.taken:
        return
    if answer.status is None:
        msg = f"{name} did not take the alert; it may be away, or its address wrong."
        raise NotifierUnavailable(msg)
    raise refusal(name, answer.status)


def _reach(url: str) -> str:
    from doorstep.notifiers import apprise_link as link  # noqa: PLC0415 - as above

    opened = link.opened(url)
    host = link.reach(opened)
    if host is None:
        return f"Its address is one of {opened.service_name}; only a test alert shows whether it is right."
    return f"Reached {host} for {opened.service_name}; only a test alert shows whether the rest is right."


def _place(url: str) -> tuple[str, int] | None:
    from doorstep.notifiers import apprise_link as link  # noqa: PLC0415 - as above

    return link.place(url)


def _load(url: str) -> None:
    from doorstep.notifiers import apprise_link as link  # noqa: PLC0415 - as above

    link.opened(url)

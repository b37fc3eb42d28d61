"""What the page needs to try a channel before it is written down.  Trying: `app`."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from doorstep.core.errors import NotifierRefused
from doorstep.core.telegram_chat import TelegramBot


async def _cannot_try(kind: str, keys: Mapping[str, object]) -> None:
    del kind, keys
    msg = "This server tries no channels."
    raise NotifierRefused(msg)


async def _no_bot(token: str) -> TelegramBot:
    del token
    msg = "This server does not reach Telegram."
    raise NotifierRefused(msg)


@dataclass(frozen=True, slots=True)
class ChannelParts:
    """Channels that somebody fills in on the page.

    `try_out` sends a test alert by one that is not in the config, a table of [notify] with its keys, and returns once
    it was taken; `telegram` asks a bot who has written to it.  Both raise ConfigInvalid, NotifierRefused and
    NotifierUnavailable in plain words without a secret, and write nothing anywhere.
    """

    try_out: Callable[[str, Mapping[str, object]], Awaitable[None]] = _cannot_try
    telegram: Callable[[str], Awaitable[TelegramBot]] = _no_bot

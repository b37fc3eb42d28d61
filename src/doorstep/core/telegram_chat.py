"""Who can be told by a Telegram bot: whoever has written to it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TelegramChat:
    """A person or a group, by the name that they have there; any text may stand in it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class TelegramBot:
    """A bot, without its "@", and who has written to it lately, the newest first."""

    name: str
    chats: Sequence[TelegramChat]

"""Who has written to a Telegram bot: its owner writes to it, and need not look up the number of the chat.

By the Bot API (core.telegram.org/bots/api: getMe, getUpdates).  Alerts themselves go by Apprise.
"""

import json
import re
import ssl
from typing import Any

from doorstep.core.errors import NotifierRefused, NotifierUnavailable
from doorstep.core.telegram_chat import TelegramBot, TelegramChat

API = "https://api.telegram.org"
SECONDS = 10.0
MOST_BYTES = 1 << 20
MOST_CHATS = 20
LONGEST_NAME = 100

_TOKEN = re.compile(r"[0-9]{4,20}:[A-Za-z0-9_-]{20,100}")
_WRITTEN = ("message", "edited_message", "channel_post", "my_chat_member")
_AWAY = "Telegram cannot be reached; is this machine on the internet?"
_STRANGE = "Telegram answered with something that Doorstep does not understand."
_WRONG = "Telegram does not know this token. Copy the whole of it from BotFather: digits, a colon, letters."


async def chats_of(token: str) -> TelegramBot:
    """The bot of this token, and who has written to it within the last day (getUpdates keeps no more).

    Raises NotifierRefused for a wrong token, NotifierUnavailable; no error holds it.
    """
    if not _TOKEN.fullmatch(token.strip()):
        raise NotifierRefused(_WRONG)
    bot = await _asked(token.strip(), "getMe")
    updates = await _asked(token.strip(), "getUpdates")
    if not isinstance(bot, dict) or not isinstance(updates, list):
        raise NotifierUnavailable(_STRANGE)
    return TelegramBot(str(bot.get("username", ""))[:LONGEST_NAME], _chats(updates))


def _chats(updates: list[Any]) -> list[TelegramChat]:
    """Each once, the newest first.  Any: a stranger's JSON."""
    found: dict[str, TelegramChat] = {}
    for update in reversed(updates):
        for kind in _WRITTEN:
            message = update.get(kind) if isinstance(update, dict) else None
            chat = message.get("chat") if isinstance(message, dict) else None
            if isinstance(chat, dict) and isinstance(chat.get("id"), int):
                found.setdefault(str(chat["id"]), TelegramChat(str(chat["id"]), _name(chat)))
    return list(found.values())[:MOST_CHATS]


def _name(chat: dict[str, Any]) -> str:
    parts = [chat.get("title"), chat.get("first_name"), chat.get("last_name")]
    name = " ".join(str(part) for part in parts if part) or str(chat.get("username") or chat["id"])
    return name[:LONGEST_NAME]


async def _asked(token: str, method: str) -> object:
    import httpx  # noqa: PLC0415 - TLS, which most do without here

    try:
        async with (
            httpx.AsyncClient(timeout=SECONDS, trust_env=False, verify=ssl.create_default_context()) as client,
            client.stream("GET", f"{API}/bot{token}/{method}") as answer,
        ):
            if answer.status_code in (401, 404):
                raise NotifierRefused(_WRONG)
            if answer.status_code == 409:
                msg = "Another program reads this bot's messages. Use a bot of its own for Doorstep."
                raise NotifierRefused(msg)
            return _result(await _body(answer))
    except httpx.HTTPError:
        raise NotifierUnavailable(_AWAY) from None  # its words hold the address, and that the token


async def _body(answer: Any) -> bytes:  # noqa: ANN401 - of a library that is imported late
    body = b""
    async for piece in answer.aiter_bytes():
        body += piece
        if len(body) > MOST_BYTES:
            raise NotifierUnavailable(_STRANGE)
    return body


def _result(body: bytes) -> object:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise NotifierUnavailable(_STRANGE) from None
    if not isinstance(told, dict) or told.get("ok") is not True:
        raise NotifierUnavailable(_STRANGE)
    return told.get("result")

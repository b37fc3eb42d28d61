"""A channel is tried before it is written down, so that only what arrived gets into the config.  Sending: `app`.

Writing it down is `PUT /settings`; a channel of the config is tried in `recipients`.
"""

from typing import Annotated

from fastapi import Depends, Request
from pydantic import BaseModel, Field, SecretStr, StringConstraints

from doorstep.core.access import Grant
from doorstep.core.errors import ConfigInvalid, NotifierRefused, NotifierUnavailable
from doorstep.core.pace import Buckets, Pace
from doorstep.web.gate import Asker, Parts, resource
from doorstep.web.parts import WebParts
from doorstep.web.problems import Refusal, too_often
from doorstep.web.settings import of_the_house

router = resource("channels")
router.dependencies.append(Depends(of_the_house))  # who may not save a channel has none to try

TRIES_PACE = Pace(burst=10, per_second=0.2)
"""A person tries a few times in a row; more would make a search for open ports of it."""

Key = Annotated[str, StringConstraints(pattern=r"\A[a-z_]{1,32}\z")]
Line = Annotated[str, StringConstraints(max_length=2000)]


class TriedChannel(BaseModel):
    """A table of [notify] ("email", "apprise", "webhook") and its keys, as the config file would hold them."""

    kind: Annotated[str, StringConstraints(max_length=32)]
    settings: dict[Key, Line | Annotated[list[Line], Field(max_length=50)]] = Field(max_length=10, repr=False)


class TriedShape(BaseModel):
    """Whether the other end took the test alert; if not, why, in plain words."""

    sent: bool
    problem: str


class AskedBot(BaseModel):
    """A bot's token, as Telegram's BotFather gives it."""

    token: SecretStr = Field(max_length=200)


class ChatShape(BaseModel):
    """Who has written to the bot."""

    id: str
    name: str


class BotShape(BaseModel):
    """The bot's name and who has written to it, the newest first; `problem` says why that is not known."""

    bot: str
    chats: list[ChatShape]
    problem: str


@router.post("/channels/try")
async def try_channel(body: TriedChannel, request: Request, parts: Parts, asker: Asker) -> TriedShape:
    """Send a test alert by a channel that is not in the config.  Nothing of it is kept."""
    _unless_too_often(request, parts, asker)
    try:
        await parts.channels.try_out(body.kind, body.settings)
    except ConfigInvalid as error:
        raise Refusal(422, "channel-invalid", str(error)) from None
    except (NotifierRefused, NotifierUnavailable) as error:
        return TriedShape(sent=False, problem=str(error))
    return TriedShape(sent=True, problem="")


@router.post("/channels/telegram")
async def ask_telegram(body: AskedBot, request: Request, parts: Parts, asker: Asker) -> BotShape:
    """Who has written to a Telegram bot, so that nobody needs to look up the number of a chat."""
    _unless_too_often(request, parts, asker)
    try:
        bot = await parts.channels.telegram(body.token.get_secret_value())
    except (NotifierRefused, NotifierUnavailable) as error:
        return BotShape(bot="", chats=[], problem=str(error))
    return BotShape(bot=bot.name, chats=[ChatShape(id=chat.id, name=chat.name) for chat in bot.chats], problem="")


def _unless_too_often(request: Request, parts: WebParts, asker: Grant) -> None:
    tries: Buckets = request.app.state.channel_tries
    if wait := tries.wait((asker.person,), parts.clock.monotonic()):
        detail = "Too many tries in a row. Wait a moment, then try again."
        raise too_often(detail, wait)

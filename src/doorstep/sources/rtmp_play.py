"""One player of the RTMP listener: may it, and the packets of now until it leaves.  Its socket lives in `rtmp_link`."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from doorstep.core.camera import CameraId
from doorstep.core.errors import DoorstepError
from doorstep.ports import Clock, PacketFeed
from doorstep.rtmp.errors import RtmpInvalid
from doorstep.rtmp.events import PlayAsked
from doorstep.sources.rtmp_link import Link

NOT_PLAYED: Final = "There is no such stream, or the address gives no right to see it. Ask Doorstep for a new one."
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_ANSWER_SECONDS: Final = 8.0
_STUCK_SECONDS: Final = 10.0
_RIGHT_SECONDS: Final = 30.0
_NO_AGAIN_SECONDS: Final = 12.0  # longer than anybody remembers the last no
_NOES: Final = 2


@dataclass(frozen=True, slots=True)
class Watching:
    """What players need: the packets, and `may_play(camera, token)`, which also knows which cameras there are."""

    feed: PacketFeed
    may_play: Callable[[str, str], Awaitable[bool]]


def is_possible(asked: PlayAsked) -> bool:
    """Whether it names a token, and what a camera can be called: else nobody need be asked."""
    return bool(asked.token and _NAME.fullmatch(asked.name))


async def is_allowed(asked: PlayAsked, watching: Watching) -> bool:
    """What `may_play` says; an error, or no answer within some seconds, is a no."""
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            return await watching.may_play(asked.name, asked.token)
    except (TimeoutError, DoorstepError):
        return False


async def until_not_allowed(asked: PlayAsked, watching: Watching, clock: Clock) -> None:
    """Return once the token opens the camera no more: it is over, or was revoked.

    Asked anew each half minute; a no is asked twice, for it may be a moment's (the catalog is busy).
    """
    noes = 0
    while noes < _NOES:
        await clock.sleep(_NO_AGAIN_SECONDS if noes else _RIGHT_SECONDS)
        noes = 0 if await is_allowed(asked, watching) else noes + 1


async def play(link: Link, camera: CameraId, feed: PacketFeed) -> None:
    """From the current group of pictures on, until the camera is removed.

    A player that is behind is waited for: the feed drops for it meanwhile, and goes on at a key frame.  One that takes
    nothing for ten seconds is closed.
    """
    try:
        link.play()
        async with aclosing(feed.packets(camera)) as items:
            async for item in items:
                async with asyncio.timeout(_STUCK_SECONDS):
                    await link.send(item)
    except RtmpInvalid as error:
        link.refuse(f"{error}.")
    except (TimeoutError, DoorstepError):
        link.close()
    else:
        link.refuse("The camera is gone.")

"""One player of the RTMP listener: may it, and the packets of now until it leaves.  Its socket lives in `rtmp_link`."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from doorstep.core.camera import CameraId
from doorstep.core.errors import DoorstepError
from doorstep.ports import PacketFeed
from doorstep.rtmp.errors import RtmpInvalid
from doorstep.rtmp.events import PlayAsked
from doorstep.sources.rtmp_link import Link

NOT_PLAYED: Final = "There is no such stream, or the address gives no right to see it. Ask Doorstep for a new one."
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_ANSWER_SECONDS: Final = 8.0
_STUCK_SECONDS: Final = 10.0

Enter = Callable[[CameraId, str, str, Callable[[], None]], Awaitable[Callable[[], None]]]


async def _uncounted(_camera: CameraId, _token: str, _address: str, _on_end: Callable[[], None]) -> Callable[[], None]:
    return lambda: None


@dataclass(frozen=True, slots=True)
class Watching:
    """What players need: the packets, and `may_play(camera, token)`, which also knows which cameras there are.

    `enter(camera, token, address, on_end)` counts a player among all who watch and gives what ends that; `on_end` is
    called when it is over from outside, as it is with the right to watch.  It raises TooManyViewers, AccessDenied,
    CatalogUnavailable.
    """

    feed: PacketFeed
    may_play: Callable[[str, str], Awaitable[bool]]
    enter: Enter = _uncounted


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

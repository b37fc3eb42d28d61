"""What one viewer by MSE is sent: the stream that fits their link, and never so much at once that it comes late.

Which stream fits is the rule of `core.stream_choice`, what the link carries that of `core.viewer_link`; the socket is
`live_mse`'s.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

import anyio

from doorstep.core.camera import CameraId, StreamKind
from doorstep.core.live_piece import LiveFormat, LiveFragment, LivePiece, LiveSkip
from doorstep.core.stream_choice import StreamChoice
from doorstep.core.viewer_link import ViewerLink
from doorstep.ports import Clock, MseFeed

LOOK_SECONDS = 0.5
"""Who says nothing while much is under way is looked at so often."""


@dataclass(frozen=True, slots=True)
class LiveMove:
    """From here on it is this stream; its format is next."""

    stream: StreamKind


@dataclass(frozen=True, slots=True)
class LiveWish:
    """What a viewer asked for.

    `counts`: they say how many bytes came; who does not is sent what they asked for, whatever becomes of it.
    `is_slow`: their link was too slow for the main stream a moment ago.
    """

    stream: StreamKind
    counts: bool = False
    is_slow: bool = False


class FittedLive:
    """One viewer's pieces; used on the event loop only."""

    def __init__(self, mse: MseFeed, clock: Clock, camera: CameraId, wish: LiveWish) -> None:
        self._mse = mse
        self._clock = clock
        self._camera = camera
        self._counts = wish.counts
        begins = StreamKind.SUB if wish.counts and wish.is_slow else wish.stream
        self.stream = mse.shown(camera, begins)
        self._link = ViewerLink()
        self._heard = asyncio.Event()
        self._begun = clock.monotonic()
        fits_itself = wish.counts and wish.stream is StreamKind.MAIN
        self._choice = StreamChoice(self.stream) if fits_itself else None

    def got(self, total: int) -> None:
        """The viewer says that so many bytes came, of all init segments and fragments."""
        self._link.got(self._clock.monotonic(), total)
        self._heard.set()

    async def pieces(self) -> AsyncGenerator[LivePiece | LiveMove]:
        """As `MseFeed.pieces`, each when it may go out, with a move to another stream wherever that fits better."""
        while True:
            stream = self.stream
            async with aclosing(self._mse.pieces(self._camera, stream)) as pieces:
                async for piece in pieces:
                    await self._until_it_may_go(piece)
                    if self.stream is not stream:
                        break
                    self._note_sent(piece)
                    yield piece
                else:
                    return
            self._begun = self._clock.monotonic()
            yield LiveMove(self.stream)

    async def _until_it_may_go(self, piece: LivePiece) -> None:
        """Or until the stream that it is of fits no longer."""
        before = self.stream
        self._judge(piece)
        while self._counts and self.stream is before and not self._link.has_room(self._clock.monotonic()):
            self._heard.clear()
            with anyio.move_on_after(LOOK_SECONDS):
                await self._heard.wait()
            self._judge(piece)

    def _judge(self, piece: LivePiece) -> None:
        if self._choice is None:
            return
        at = self._clock.monotonic()
        behind = max(self._link.behind(at), at - self._owed_since(piece))
        has_small = self._mse.shown(self._camera, StreamKind.SUB) is StreamKind.SUB
        skipped = isinstance(piece, LiveSkip)
        self.stream = self._choice.judge(at, behind, has_small=has_small, skipped=skipped)

    def _note_sent(self, piece: LivePiece) -> None:
        match piece:
            case LiveFormat():
                size = len(piece.init)
            case LiveFragment():
                size = len(piece.data)
            case LiveSkip():
                return
        self._link.sent(self._clock.monotonic(), size, self._owed_since(piece))

    def _owed_since(self, piece: LivePiece) -> float:
        """Not from before they came: what they missed was never owed to them then."""
        made_at = piece.made_at if isinstance(piece, LiveFragment) else self._clock.monotonic()
        return max(made_at, self._begun)

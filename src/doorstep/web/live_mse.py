"""Live video over a WebSocket, for a browser's media source.  What is shown, and to how many, is `ports.MseFeed`'s and
`viewing`'s.

The server's texts are JSON with a `type`: "hello" at first, "format" before the init segment of it, "skipped" where
fragments were left out, "stream" where the other stream follows, "pong", and "gone" when the camera was removed; its
binary messages are init segments and fragments.  The viewer sends {"type": "ping", "t": number} and nothing else, but
with `got=0` in its address {"type": "got", "bytes": number} a few times a second: the sum of the binary messages that
came.  Who does is never sent more than comes, and is moved to the small stream while the main one is too much for their
link; with `slow=1` they begin there.
"""

import json
from contextlib import aclosing
from dataclasses import dataclass
from typing import assert_never

import anyio
from starlette.websockets import WebSocket, WebSocketDisconnect

from doorstep.core.camera import StreamKind
from doorstep.core.live_piece import LiveFormat, LiveFragment, LiveSkip
from doorstep.core.live_session import LiveWay
from doorstep.ports import Clock
from doorstep.web.fitted_live import FittedLive, LiveMove, LiveWish
from doorstep.web.gate import GatedSocket, parts_of, resource
from doorstep.web.problems import Refusal
from doorstep.web.viewing import viewing

LONGEST_MESSAGE = 1024
"""Bytes that a viewer may send at once: a ping has some forty."""

PING_SECONDS = 0.1
"""More words of theirs than one in this time wait."""

CLOSE_SECONDS = 2.0
LONGEST_REASON = 123
"""Bytes of text in a close frame (RFC 6455, 5.5)."""

_LARGEST = 2**53
_WORDS = {"ping": "t", "got": "bytes"}


@dataclass(frozen=True, slots=True)
class _Ending:
    """Why a viewer's socket is closed (RFC 6455, 7.4)."""

    code: int
    reason: str


_REMOVED = _Ending(1000, "This camera was removed.")
_NOT_UNDERSTOOD = _Ending(1003, "Doorstep understands pings here and nothing else.")
_FORBIDDEN = _Ending(1008, "You may not watch this camera any longer.")
_TOO_LARGE = _Ending(1009, "This message is too large.")


async def watch(socket: WebSocket) -> None:
    """Show the camera until the viewer goes, the camera is removed, or they may no longer watch."""
    camera, wish, parts = socket.state.camera.id, _wish(socket), parts_of(socket)
    try:
        async with viewing(socket, camera, LiveWay.MSE) as watching:
            if not await _accepted(socket):
                return
            ending = await _show(socket, FittedLive(parts.mse, parts.clock, camera, wish))
        if watching.session_over:
            ending = _FORBIDDEN
    except Refusal as refusal:
        if not await _accepted(socket):
            return
        ending = _Ending(1013, refusal.detail)
    if ending is not None:
        await _close(socket, ending)


router = resource("live")
router.routes.append(GatedSocket("/api/v1/cameras/{camera_id}/live/mse", watch))


async def _accepted(socket: WebSocket) -> bool:
    """False where the viewer left before it was let in."""
    try:
        await socket.accept()
    except OSError:  # as an ASGI server says it (ASGI, WebSocket, Send); once it is let in, starlette says it otherwise
        return False
    return True


def _wish(socket: WebSocket) -> LiveWish:
    asked = socket.query_params
    try:
        stream = StreamKind(asked.get("stream", StreamKind.MAIN))
    except ValueError:
        raise Refusal(422, "invalid", "The stream is either main or sub.") from None
    return LiveWish(stream, counts="got" in asked, is_slow="slow" in asked)


async def _show(socket: WebSocket, live: FittedLive) -> _Ending | None:
    """Send and answer; why it ends from here, None when the viewer went."""
    clock = parts_of(socket).clock
    endings: list[_Ending | None] = []

    async def answer() -> None:
        endings.append(await _hear(socket, live, clock))
        tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(answer)
        endings.append(await _send_pieces(socket, live, clock))
        tasks.cancel_scope.cancel()
    return endings[0] if endings else None


async def _send_pieces(socket: WebSocket, live: FittedLive, clock: Clock) -> _Ending | None:
    try:
        await _tell(socket, "hello", now=_milliseconds(clock), stream=live.stream)
        async with aclosing(live.pieces()) as pieces:
            async for piece in pieces:
                match piece:
                    case LiveFragment():
                        await socket.send_bytes(piece.data)
                    case LiveFormat():
                        await _tell(socket, "format", mime=piece.mime, width=piece.width, height=piece.height)
                        await socket.send_bytes(piece.init)
                    case LiveSkip():
                        await _tell(socket, "skipped")
                    case LiveMove():
                        await _tell(socket, "stream", stream=piece.stream)
                    case _:
                        assert_never(piece)
        await _tell(socket, "gone")
    except WebSocketDisconnect:
        return None
    return _REMOVED


async def _hear(socket: WebSocket, live: FittedLive, clock: Clock) -> _Ending | None:
    try:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return None
            text = message.get("text")
            if len(text or message.get("bytes") or "") > LONGEST_MESSAGE:
                return _TOO_LARGE
            kind, number = _word_of(text)
            if kind == "ping":
                await _tell(socket, "pong", t=number, now=_milliseconds(clock))
            elif kind == "got":
                live.got(int(number))
            else:
                return _NOT_UNDERSTOOD
            await clock.sleep(PING_SECONDS)
    except WebSocketDisconnect:
        return None


def _word_of(text: str | None) -> tuple[str, float]:
    """What kind of word it is, with the viewer's time or their sum of bytes; an empty kind for anything else."""
    try:
        message = json.loads(text or "")
    except (ValueError, RecursionError):
        return "", 0
    kind = message.get("type") if isinstance(message, dict) else None
    number = message.get(_WORDS[kind]) if isinstance(kind, str) and kind in _WORDS else None
    if isinstance(kind, str) and isinstance(number, int | float) and not isinstance(number, bool):
        return (kind, number) if abs(number) < _LARGEST else ("", 0)
    return "", 0


async def _tell(socket: WebSocket, kind: str, **fields: object) -> None:
    await socket.send_text(json.dumps({"type": kind, **fields}))


async def _close(socket: WebSocket, ending: _Ending) -> None:
    """Who takes nothing is not waited for: the server drops the connection then."""
    reason = ending.reason.encode()[:LONGEST_REASON].decode(errors="ignore")
    with anyio.move_on_after(CLOSE_SECONDS, shield=True):
        try:
            await socket.close(ending.code, reason)
        except (RuntimeError, WebSocketDisconnect):
            return  # the viewer was faster


def _milliseconds(clock: Clock) -> int:
    return int(clock.now().timestamp() * 1000)

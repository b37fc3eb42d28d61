"""Live video over a WebSocket, for a browser's media source.  What is shown, and to how many, is `ports.MseFeed`'s and
`viewing`'s.

The server's texts are JSON with a `type`: "hello" at first, "format" before the init segment of it, "skipped" where
fragments were left out, "pong", and "gone" when the camera was removed; its binary messages are init segments and
fragments.  The viewer sends {"type": "ping", "t": number} and nothing else.
"""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import assert_never

import anyio
from starlette.websockets import WebSocket, WebSocketDisconnect

from doorstep.core.camera import CameraId, StreamKind
from doorstep.core.live_piece import LiveFormat, LiveFragment, LivePiece, LiveSkip
from doorstep.core.live_session import LiveWay
from doorstep.ports import Clock
from doorstep.web.gate import GatedSocket, parts_of, resource
from doorstep.web.problems import Refusal
from doorstep.web.viewing import viewing

LONGEST_MESSAGE = 1024
"""Bytes that a viewer may send at once: a ping has some forty."""

PING_SECONDS = 0.1
"""More pings than one in this time wait."""

CLOSE_SECONDS = 2.0
LONGEST_REASON = 123
"""Bytes of text in a close frame (RFC 6455, 5.5)."""

_LATEST_TIME = 2**53


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
    camera, asked = socket.state.camera.id, _asked_stream(socket)
    try:
        async with viewing(socket, camera, LiveWay.MSE) as watching:
            if not await _accepted(socket):
                return
            ending = await _show(socket, camera, asked)
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


def _asked_stream(socket: WebSocket) -> StreamKind:
    try:
        return StreamKind(socket.query_params.get("stream", StreamKind.MAIN))
    except ValueError:
        raise Refusal(422, "invalid", "The stream is either main or sub.") from None


async def _show(socket: WebSocket, camera: CameraId, asked: StreamKind) -> _Ending | None:
    """Send and answer; why it ends from here, None when the viewer went."""
    parts = parts_of(socket)
    stream = parts.mse.shown(camera, asked)
    endings: list[_Ending | None] = []

    async def answer() -> None:
        endings.append(await _answer_pings(socket, parts.clock))
        tasks.cancel_scope.cancel()

    async with aclosing(parts.mse.pieces(camera, stream)) as pieces, anyio.create_task_group() as tasks:
        tasks.start_soon(answer)
        endings.append(await _send_pieces(socket, pieces, stream, parts.clock))
        tasks.cancel_scope.cancel()
    return endings[0] if endings else None


async def _send_pieces(
    socket: WebSocket, pieces: AsyncGenerator[LivePiece], stream: StreamKind, clock: Clock
) -> _Ending | None:
    try:
        await _tell(socket, "hello", now=_milliseconds(clock), stream=stream)
        async for piece in pieces:
            match piece:
                case LiveFragment():
                    await socket.send_bytes(piece.data)
                case LiveFormat():
                    await _tell(socket, "format", mime=piece.mime, width=piece.width, height=piece.height)
                    await socket.send_bytes(piece.init)
                case LiveSkip():
                    await _tell(socket, "skipped")
                case _:
                    assert_never(piece)
        await _tell(socket, "gone")
    except WebSocketDisconnect:
        return None
    return _REMOVED


async def _answer_pings(socket: WebSocket, clock: Clock) -> _Ending | None:
    try:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return None
            text = message.get("text")
            if len(text or message.get("bytes") or "") > LONGEST_MESSAGE:
                return _TOO_LARGE
            sent_at = _time_of_ping(text)
            if sent_at is None:
                return _NOT_UNDERSTOOD
            await _tell(socket, "pong", t=sent_at, now=_milliseconds(clock))
            await clock.sleep(PING_SECONDS)
    except WebSocketDisconnect:
        return None


def _time_of_ping(text: str | None) -> float | None:
    """What the viewer's clock shows, None for anything but a ping."""
    try:
        message = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict) or message.get("type") != "ping":
        return None
    sent_at = message.get("t")
    if isinstance(sent_at, int | float) and not isinstance(sent_at, bool) and abs(sent_at) < _LATEST_TIME:
        return sent_at
    return None


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

"""Sends a clip: whole or one range of it, in big pieces read in a thread, a little ahead of the network.

What the clip shows, and who may see it, is decided before.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress

import anyio
import structlog
from anyio.abc import ObjectSendStream
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from doorstep.core.errors import BlobMissing, StoreUnavailable
from doorstep.ports import Clip
from doorstep.web.byte_range import ByteRange, Unsatisfiable, parse_range
from doorstep.web.instants import rfc3339
from doorstep.web.problems import Refusal

log = structlog.get_logger()

# Fewer, bigger pieces: 64 KiB through a thread cost seven times as much as 1 MiB.
LEAST_PIECE = 1 << 20
LOOK_AHEAD = 1


def clip_response(request: Request, clip: Clip, disposition: str) -> Response:
    """The answer to a GET or HEAD of this clip; `disposition` is "inline" or "attachment".  Raises Refusal (416)."""
    try:
        part = parse_range(_valid_range(request, clip), clip.size)
    except Unsatisfiable:
        detail = "The range asked for lies behind the end of the clip."
        raise Refusal(416, "range", detail, {"Content-Range": f"bytes */{clip.size}"}) from None
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": etag_of(clip),
        "Content-Disposition": f'{disposition}; filename="{_plain(clip.name)}"',
        "Doorstep-Starts-At": rfc3339(clip.starts_at),
        "Doorstep-Ends-At": rfc3339(clip.ends_at),
    }
    return ClipBody(clip, part, headers, with_body=request.method != "HEAD")


def etag_of(clip: Clip) -> str:
    """A strong validator: the same for the same bytes only (RFC 9110, 8.8.3)."""
    identity = f"{clip.name}|{clip.size}|{clip.starts_at.isoformat()}|{clip.ends_at.isoformat()}"
    return f'"{hashlib.sha256(identity.encode()).hexdigest()[:32]}"'


def _valid_range(request: Request, clip: Clip) -> str | None:
    """The Range header, unless it was meant for other bytes (RFC 9110, 13.1.5) or is no GET's (14.2)."""
    condition = request.headers.get("if-range")
    if request.method != "GET" or (condition is not None and condition.strip() != etag_of(clip)):
        return None
    return request.headers.get("range")


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)


def in_big_pieces(pieces: Iterator[bytes], least: int = LEAST_PIECE) -> Iterator[bytes]:
    """The same bytes in pieces of at least `least` bytes but for the last; big ones pass uncopied."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= least:
            yield held[0] if len(held) == 1 else b"".join(held)
            held, size = [], 0
    if size:
        yield b"".join(held)


class ClipBody(Response):
    """An ASGI response of known length.  A read error before the first byte becomes a problem document; behind it,
    and when the viewer goes, the connection is broken off, so that nobody takes a part for the whole.
    """

    def __init__(self, clip: Clip, part: ByteRange | None, headers: dict[str, str], *, with_body: bool) -> None:
        self._clip = clip
        self._part = part or ByteRange(0, clip.size)
        self._with_body = with_body
        if part is not None:
            headers["Content-Range"] = part.content_range(clip.size)
        self.status_code = 206 if part is not None else 200
        self.background = None
        self.body = b""
        self.media_type = "video/mp4"
        self.init_headers({**headers, "Content-Length": str(self._part.length)})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises BlobMissing and StoreUnavailable only before the answer has begun."""
        del scope
        if not self._with_body:
            await self._start(send)
            await send({"type": "http.response.body", "body": b""})
            return
        source = self._clip.read(self._part.offset, self._part.length)
        pieces = in_big_pieces(source)
        try:
            first = await run_sync(next, pieces, b"")
            await self._start(send)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_cancel_when_gone, receive, tasks.cancel_scope)
                await self._send_pieces(first, pieces, send)
                tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await run_sync(_close, pieces)
                await run_sync(_close, source)

    async def _start(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})

    async def _send_pieces(self, first: bytes, pieces: Iterator[bytes], send: Send) -> None:
        left = self._part.length - len(first)
        await send({"type": "http.response.body", "body": first, "more_body": left > 0})
        if left <= 0:
            return
        into, out_of = anyio.create_memory_object_stream[bytes](LOOK_AHEAD)
        async with anyio.create_task_group() as tasks, out_of:
            tasks.start_soon(self._read_ahead, pieces, into)
            async for piece in out_of:
                left -= len(piece)
                await send({"type": "http.response.body", "body": piece, "more_body": left > 0})
        if left > 0:
            log.warning("a clip broke off", clip=self._clip.name, missing_bytes=left)

    async def _read_ahead(self, pieces: Iterator[bytes], into: ObjectSendStream[bytes]) -> None:
        async with into:
            try:
                while piece := await run_sync(next, pieces, b""):
                    await into.send(piece)
            except (BlobMissing, StoreUnavailable) as error:
                log.warning("a clip could not be read to its end", clip=self._clip.name, reason=str(error))


async def _cancel_when_gone(receive: Receive, cancel_scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    cancel_scope.cancel()


def _close(iterator: Iterator[bytes]) -> None:
    """End a generator in a thread, for it may have to close files; other iterators have nothing to end."""
    with suppress(AttributeError):
        iterator.close()  # type: ignore[attr-defined]

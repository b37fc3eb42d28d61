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
from anyio.lowlevel import checkpoint
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from doorstep.core.clip_file import Clip
from doorstep.core.clip_name import clip_file_name
from doorstep.core.errors import BlobMissing, StoreUnavailable
from doorstep.web.byte_range import ByteRange, Unsatisfiable, parse_range
from doorstep.web.clip_turns import ClipTurns, clip_turns_of
from doorstep.web.instants import rfc3339
from doorstep.web.problems import Refusal

log = structlog.get_logger()

# Fewer, bigger pieces: 64 KiB through a thread cost seven times as much as 1 MiB.
LEAST_BATCH = 1 << 20
LOOK_AHEAD = 1

SMALL = 128 * 1024
"""Bytes below which a piece is joined to its neighbours: a larger one is dearer to copy than to send alone."""

STALL_SECONDS = 60.0
"""A reader that takes nothing for so long is given up: it would keep what it pins, and its memory, for ever."""

SLOW_SECONDS = 0.01
"""A batch that takes so long to read does not lie in memory, whatever is said of it."""

Batch = list[bytes]


def clip_response(request: Request, clip: Clip, disposition: str, asker: str = "", camera: str = "") -> Response:
    """The answer to a GET or HEAD of this clip; `disposition` is "inline" or "attachment".  Raises Refusal (416).

    It is called after its time and the name of its `camera`.

    Doorstep-Parts tells how many gapless parts the span has, Doorstep-Missing-Seconds how much of it is not shown.
    """
    try:
        part = parse_range(_valid_range(request, clip), clip.size)
    except Unsatisfiable:
        detail = "The range asked for lies behind the end of the clip."
        raise Refusal(416, "range", detail, {"Content-Range": f"bytes */{clip.size}"}) from None
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": etag_of(clip),
        "Content-Disposition": f'{disposition}; filename="{_plain(clip_file_name(clip.name, camera))}"',
        "Doorstep-Starts-At": rfc3339(clip.starts_at),
        "Doorstep-Ends-At": rfc3339(clip.ends_at),
        "Doorstep-Parts": str(clip.parts),
        "Doorstep-Missing-Seconds": f"{clip.missing_seconds:.3f}",
        "Doorstep-Codec": clip.codec.value,
    }
    if clip.cpu_seconds is not None:
        headers["Doorstep-Conversion-Cpu-Seconds"] = f"{clip.cpu_seconds:.1f}"
    body = ClipBody(clip, part, headers, with_body=request.method != "HEAD")
    body.turns, body.asker = clip_turns_of(request), asker
    return body


def etag_of(clip: Clip) -> str:
    """A strong validator: the same for the same bytes only (RFC 9110, 8.8.3)."""
    return f'"{hashlib.sha256(clip.identity.encode()).hexdigest()[:32]}"'


def _valid_range(request: Request, clip: Clip) -> str | None:
    """The Range header, unless it was meant for other bytes (RFC 9110, 13.1.5) or is no GET's (14.2)."""
    condition = request.headers.get("if-range")
    if request.method != "GET" or (condition is not None and condition.strip() != etag_of(clip)):
        return None
    return request.headers.get("range")


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", name)


def in_batches(pieces: Iterator[bytes], least: int = LEAST_BATCH, small: int = SMALL) -> Iterator[Batch]:
    """The same bytes in lists of together at least `least` bytes but for the last; big pieces pass uncopied."""
    batch: Batch = []
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        size += len(piece)
        if len(piece) < small:
            held.append(piece)
        else:
            batch += [b"".join(held), piece] if held else [piece]
            held = []
        if size >= least:
            yield [*batch, b"".join(held)] if held else batch
            batch, held, size = [], [], 0
    if size:
        yield [*batch, b"".join(held)] if held else batch


class ClipBody(Response):
    """An ASGI response of known length.  A read error before the first byte becomes a problem document; behind it,
    and when the viewer goes, the connection is broken off, so that nobody takes a part for the whole.
    """

    def __init__(self, clip: Clip, part: ByteRange | None, headers: dict[str, str], *, with_body: bool) -> None:
        self.turns = ClipTurns()
        self.asker = ""
        self.stall_seconds = STALL_SECONDS
        self.slow_seconds = SLOW_SECONDS
        self._clip = clip
        self._part = part or ByteRange(0, clip.size)
        self._with_body = with_body
        if part is not None:
            headers["Content-Range"] = part.content_range(clip.size)
        self.status_code = 206 if part is not None else 200
        self.background = None
        self.body = b""
        self.media_type = clip.media_type
        self.init_headers({**headers, "Content-Length": str(self._part.length)})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises BlobMissing, StoreUnavailable and Refusal only before the answer has begun."""
        del scope
        if not self._with_body:
            await self._start(send)
            await send({"type": "http.response.body", "body": b""})
            return
        with self.turns.sending(self.asker):
            release = self._clip.hold()
            try:
                await self._send_all(receive, send)
            finally:
                release()

    async def _send_all(self, receive: Receive, send: Send) -> None:
        source = self._clip.read(self._part.offset, self._part.length)
        batches = in_batches(source)
        try:
            first = next(batches, []) if self._clip.in_memory else await self._next(batches)
            await self._start(send)
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_cancel_when_gone, receive, tasks.cancel_scope)
                await self._send_batches(first, batches, send)
                tasks.cancel_scope.cancel()
        finally:
            if self._clip.in_memory:
                _close(batches, source)
            else:
                with anyio.CancelScope(shield=True):
                    await run_sync(_close, batches, source, limiter=self._reading)

    async def _next(self, batches: Iterator[Batch]) -> Batch:
        return await run_sync(next, batches, [], limiter=self._reading)

    @property
    def _reading(self) -> anyio.CapacityLimiter:
        return self.turns.reading_off_site if self._clip.off_site else self.turns.reading

    async def _start(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})

    async def _send_batches(self, first: Batch, batches: Iterator[Batch], send: Send) -> None:
        left = await self._send_batch(first, self._part.length, send)
        if left and self._clip.in_memory:
            left = await self._send_from_memory(batches, left, send)
        if not left:
            return
        into, out_of = anyio.create_memory_object_stream[Batch](LOOK_AHEAD)
        async with anyio.create_task_group() as tasks, out_of:
            tasks.start_soon(self._read_ahead, batches, into)
            async for batch in out_of:
                left = await self._send_batch(batch, left, send)
                if left is None:
                    tasks.cancel_scope.cancel()
                    return
        if left:
            log.warning("a clip broke off", clip=self._clip.name, missing_bytes=left)

    async def _send_from_memory(self, batches: Iterator[Batch], left: int, send: Send) -> int | None:
        """How much is left where that is no memory after all, or cannot be read; None where the reader stopped reading.

        Without a thread: to bring what it read from its core's cache to the loop's takes longer than to read it.
        """
        while left:
            began = anyio.current_time()
            try:
                batch = next(batches, [])
            except (BlobMissing, StoreUnavailable) as error:
                self._tell_broken(error)
                return left
            is_slow = anyio.current_time() - began > self.slow_seconds
            rest = await self._send_batch(batch, left, send)
            if rest is None or is_slow or not batch:
                return rest
            left = rest
            await checkpoint()  # a fast reader never makes us wait, and others want the loop too
        return left

    async def _send_batch(self, batch: Batch, left: int, send: Send) -> int | None:
        """How much is left after it; None where the reader stopped reading."""
        for piece in batch:
            left -= len(piece)
            with anyio.move_on_after(self.stall_seconds) as waiting:
                await send({"type": "http.response.body", "body": piece, "more_body": left > 0})
            if waiting.cancelled_caught:
                log.warning("a clip was given up: its reader takes nothing", clip=self._clip.name, missing_bytes=left)
                return None
        return left

    async def _read_ahead(self, batches: Iterator[Batch], into: ObjectSendStream[Batch]) -> None:
        async with into:
            try:
                while batch := await self._next(batches):
                    await into.send(batch)
            except (BlobMissing, StoreUnavailable) as error:
                self._tell_broken(error)

    def _tell_broken(self, error: Exception) -> None:
        log.warning("a clip could not be read to its end", clip=self._clip.name, reason=str(error))


async def _cancel_when_gone(receive: Receive, cancel_scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    cancel_scope.cancel()


def _close(*iterators: Iterator[object]) -> None:
    """End generators, which may have to close files; other iterators have nothing to end."""
    for one in iterators:
        with suppress(AttributeError):
            one.close()  # type: ignore[attr-defined]

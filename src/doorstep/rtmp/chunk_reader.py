"""Chunks to messages (RTMP, 5.3 and 5.4.1-2): what a peer sends, put together again under limits."""

from typing import Final

from doorstep.rtmp.errors import RtmpInvalid
from doorstep.rtmp.limits import MOST_CHUNK_BYTES, MOST_CHUNK_STREAMS, STRANGER, ReadLimits
from doorstep.rtmp.message import Kind, Message

_HEADER_SIZES: Final = (11, 7, 3, 0)  # by format (RTMP, 5.3.1.2)
_EXTENDED: Final = 0xFFFFFF


class _Stream:
    """One chunk stream: what its next header may leave out, and the message that it is in the middle of."""

    __slots__ = ("body", "extended", "head", "kind", "length", "step", "stream", "timestamp")

    def __init__(self, number: int) -> None:
        self.head = bytes([0xC0 | number]) if number < 64 else b""
        self.timestamp = 0
        self.step = 0
        self.extended = False
        self.length = 0
        self.kind = 0
        self.stream = 0
        self.body = bytearray()


class ChunkReader:
    """Bytes in, whole messages out.  Obeys set-chunk-size and abort itself; they are not handed on."""

    def __init__(self) -> None:
        self.limits: ReadLimits = STRANGER
        self._chunk_size = 128
        self._streams: dict[int, _Stream] = {}
        self._open: _Stream | None = None  # in the middle of one of its chunks
        self._left = 0  # bytes of that chunk still to come
        self._header = b""  # the beginning of a header whose end has not come
        self._unfinished = 0

    def read(self, received: bytes | memoryview) -> list[Message]:
        """Every message that these bytes end.  Nothing of `received` is kept but copies.  Raises RtmpInvalid."""
        view = memoryview(self._header + bytes(received) if self._header else received)
        messages: list[Message] = []
        at, size = 0, len(view)
        while at < size:
            stream = self._open
            if stream is None:
                begin = self._read_header(view, at)
                if begin is None:
                    break
                at, stream = begin
            take = min(self._left, size - at)
            if take == stream.length:  # a message in one chunk, and all of it is here
                payload: bytes | None = bytes(view[at : at + take])
                at += take
            else:
                at = self._append(stream, view, at, take)
                if self._left:
                    self._open = stream
                    break
                at = self._take_run(stream, view, at)
                payload = self._whole(stream)
            self._open = None
            if payload is not None:
                self._hand_on(Message(stream.kind, stream.timestamp, stream.stream, payload), messages)
        self._header = bytes(view[at:])
        return messages

    def _append(self, stream: _Stream, view: memoryview, at: int, count: int) -> int:
        stream.body += view[at : at + count]
        self._left -= count
        self._unfinished += count
        if self._unfinished > self.limits.unfinished:
            msg = "the peer left too many messages unfinished"
            raise RtmpInvalid(msg)
        return at + count

    def _take_run(self, stream: _Stream, view: memoryview, at: int) -> int:
        """Take the full chunks that go on behind each other under one byte of header, all in one piece.

        FFmpeg and librtmp begin with chunks of 128 bytes: a header at a time, video of 4 Mbit/s would cost a loop 4000
        turns a second.
        """
        if stream.extended:
            return at
        period = self._chunk_size + 1
        count = min((stream.length - len(stream.body)) // self._chunk_size, (len(view) - at) // period)
        if count < 2:
            return at
        run = bytearray(view[at : at + count * period])
        heads = run[::period]
        same = count - len(heads.lstrip(stream.head))
        del run[same * period :]
        del run[::period]
        self._left += len(run)
        self._append(stream, memoryview(run), 0, len(run))
        return at + same * period

    def _whole(self, stream: _Stream) -> bytes | None:
        if len(stream.body) < stream.length:
            return None
        payload = bytes(stream.body)
        self._forget(stream)
        return payload

    def _forget(self, stream: _Stream) -> None:
        self._unfinished -= len(stream.body)
        stream.body = bytearray()

    def _hand_on(self, message: Message, messages: list[Message]) -> None:
        if message.kind == Kind.SET_CHUNK_SIZE:
            self._set_chunk_size(message)
        elif message.kind == Kind.ABORT:
            aborted = self._streams.get(int.from_bytes(message.payload[:4]))
            if aborted is not None:
                self._forget(aborted)
        else:
            messages.append(message)

    def _set_chunk_size(self, message: Message) -> None:
        """RTMP, 5.4.1; more than a message can hold changes nothing any more."""
        size = int.from_bytes(message.payload[:4])
        if len(message.payload) < 4 or not 0 < size < 2**31:
            msg = "the peer set an impossible chunk size"
            raise RtmpInvalid(msg)
        self._chunk_size = min(size, MOST_CHUNK_BYTES)

    # ------------------------------------------------------------------------------------------------- headers

    def _read_header(self, view: memoryview, at: int) -> tuple[int, _Stream] | None:
        """Where the chunk's bytes begin and whose they are; None (and nothing has changed) where more must come."""
        form, number = view[at] >> 6, view[at] & 0x3F
        at += 1
        if number < 2:  # RTMP, 5.3.1.1: ids of two or three bytes
            end = at + 1 + number
            if end > len(view):
                return None
            number = 64 + int.from_bytes(view[at:end], "little")
            at = end
        stream = self._streams.get(number) or _Stream(number)
        end = at + _HEADER_SIZES[form]
        if end + (4 if form < 3 or stream.extended else 0) > len(view) and self._lacks(stream, form, view, at, end):
            return None
        self._keep(number, stream, form)
        if form < 3:
            end = self._read_fields(stream, form, view, at, end)
        elif stream.extended and int.from_bytes(view[at : at + 4]) == stream.step:
            end += 4  # not all peers repeat it in front of what only goes on
        if not stream.body:
            self._begin_message(stream, form)
        self._left = min(self._chunk_size, stream.length - len(stream.body))
        return end, stream

    @staticmethod
    def _lacks(stream: _Stream, form: int, view: memoryview, at: int, end: int) -> bool:
        if end > len(view):
            return True
        return stream.extended if form == 3 else int.from_bytes(view[at : at + 3]) == _EXTENDED

    def _keep(self, number: int, stream: _Stream, form: int) -> None:
        if number not in self._streams:
            # librtmp's first ping comes in format 1 on a stream that nobody has begun.
            if form > 1 or len(self._streams) >= MOST_CHUNK_STREAMS:
                msg = "the peer continued what it never began, or began too much"
                raise RtmpInvalid(msg)
            self._streams[number] = stream
        if stream.body and form != 3:
            msg = "the peer began a message inside another"
            raise RtmpInvalid(msg)

    def _read_fields(self, stream: _Stream, form: int, view: memoryview, at: int, end: int) -> int:
        """RTMP, 5.3.1.2.1-3 and 5.3.1.3."""
        stream.step = int.from_bytes(view[at : at + 3])
        if form < 2:
            stream.length = int.from_bytes(view[at + 3 : at + 6])
            stream.kind = view[at + 6]
            if stream.length > self.limits.message:
                msg = "the peer announced a message that is too large"
                raise RtmpInvalid(msg)
        if form == 0:
            stream.stream = int.from_bytes(view[at + 7 : at + 11], "little")
        stream.extended = stream.step == _EXTENDED
        if stream.extended:
            stream.step = int.from_bytes(view[end : end + 4])
            return end + 4
        return end

    @staticmethod
    def _begin_message(stream: _Stream, form: int) -> None:
        """A format-3 header repeats the last step, also where that was a format-0 header's time (RTMP, 5.3.1.2.4)."""
        stream.timestamp = stream.step if form == 0 else (stream.timestamp + stream.step) & 0xFFFFFFFF

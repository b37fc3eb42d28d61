"""The words between Doorstep and a child that reads a camera, as bytes and back.  Sans I/O; who speaks is elsewhere.

A record is a byte of kind, four bytes of length (little-endian), then its payload.  What a child sends is hostile:
every length is bounded before a byte of memory is taken for it, every field checked.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from doorstep.core.errors import CredentialsRefused, MediaInvalid, SourceEnded, SourceError, SourceLost, SourceRefused
from doorstep.core.media import AudioFormat, AudioPacket, Codec, Packet, StreamItem, VideoFormat
from doorstep.media.shared_frame import PictureShape


class Kind(IntEnum):
    """What a record is."""

    FORMAT = 1
    PACKET = 2
    AUDIO = 3
    PICTURE = 4  # a new piece of memory comes beside it
    END = 5
    PONG = 6
    READY = 7
    GIVEN_UP = 8  # a piece of memory that was not needed for a while
    SPEC = 16
    WANTED = 17
    UNWANTED = 18
    PING = 19
    RETURNED = 20
    KEY_FRAME_WANTED = 21


LARGEST_PACKET_BYTES = 32 * 2**20
_LARGEST: dict[int, int] = {
    Kind.FORMAT: 256 * 2**10,
    Kind.PACKET: LARGEST_PACKET_BYTES,
    Kind.AUDIO: 64 * 2**10,
    Kind.PICTURE: 64,
    Kind.END: 8 * 2**10,
    Kind.PONG: 64,
    Kind.READY: 1024,
    Kind.GIVEN_UP: 4,
    Kind.SPEC: 1024 * 2**10,
    Kind.WANTED: 0,
    Kind.UNWANTED: 0,
    Kind.KEY_FRAME_WANTED: 0,
    Kind.PING: 0,
    Kind.RETURNED: 256,
}
_HEAD = struct.Struct("<BI")
_FORMAT = struct.Struct("<BIIIIBIBI")
_PACKET = struct.Struct("<qqqdB")
_AUDIO = struct.Struct("<qqd")
_PICTURE = struct.Struct("<ddIIIBBIB")
_PIECE = struct.Struct("<I")
_CODECS = tuple(Codec)
_MOST_TICKS = 2**60
_MOST_TEXT = 300
_USUAL_BUFFER = 64 * 2**10
_LARGE_BUFFER = 4 * _USUAL_BUFFER


@dataclass(frozen=True, slots=True)
class SharedPicture:
    """A picture that was wanted; times as in `ports.Frame`, `new` where the descriptor of its memory comes beside."""

    at: float
    captured_at: float
    shape: PictureShape
    piece: int
    new: bool


def record(kind: Kind, payload: bytes = b"") -> bytes:
    """A whole record."""
    return _HEAD.pack(kind, len(payload)) + payload


def item_record(item: StreamItem) -> tuple[bytes, bytes]:
    """A record in two parts, so that a packet's bytes are not copied.  Raises MediaInvalid for a giant."""
    match item:
        case Packet(data, pts, dts, duration, key, arrived):
            head, kind = _PACKET.pack(pts, dts, duration, arrived, key), Kind.PACKET
        case AudioPacket(data, pts, duration, arrived):
            head, kind = _AUDIO.pack(pts, duration, arrived), Kind.AUDIO
        case VideoFormat():
            head, data, kind = _format_head(item), b"", Kind.FORMAT
    length = len(head) + len(data)
    if length > _LARGEST[kind]:
        msg = f"a packet of {len(data)} bytes is larger than any camera's"
        raise MediaInvalid(msg)
    return _HEAD.pack(kind, length) + head, data


def _format_head(fmt: VideoFormat) -> bytes:
    sound = fmt.audio
    config = sound.decoder_config if sound is not None else b""
    return (
        _FORMAT.pack(
            _CODECS.index(fmt.codec),
            fmt.width,
            fmt.height,
            fmt.timescale,
            len(fmt.decoder_config),
            sound is not None,
            sound.sample_rate if sound is not None else 0,
            sound.channels if sound is not None else 0,
            len(config),
        )
        + fmt.decoder_config
        + config
    )


def item_of(kind: Kind, payload: memoryview) -> StreamItem:
    """The item in a FORMAT, PACKET or AUDIO record.  Raises MediaInvalid."""
    try:
        match kind:
            case Kind.PACKET:
                return _packet(payload)
            case Kind.AUDIO:
                pts, duration, arrived = _AUDIO.unpack_from(payload)
                _check(abs(pts) < _MOST_TICKS and 0 < duration < _MOST_TICKS)
                return AudioPacket(bytes(payload[_AUDIO.size :]), pts, duration, arrived)
            case Kind.FORMAT:
                return _format(payload)
            case _:
                msg = f"a record of kind {kind} is no part of a stream"
                raise MediaInvalid(msg)
    except (struct.error, ValueError, IndexError) as error:
        msg = "the reader of this camera sent what cannot be read"
        raise MediaInvalid(msg) from error


def _packet(payload: memoryview) -> Packet:
    pts, dts, duration, arrived, key = _PACKET.unpack_from(payload)
    _check(abs(pts) < _MOST_TICKS and abs(dts) < _MOST_TICKS and 0 < duration < _MOST_TICKS)
    _check(len(payload) > _PACKET.size)
    return Packet(bytes(payload[_PACKET.size :]), pts, dts, duration, bool(key), arrived)


def _format(payload: memoryview) -> VideoFormat:
    codec, width, height, timescale, size, has_sound, rate, channels, sound_size = _FORMAT.unpack_from(payload)
    configs = bytes(payload[_FORMAT.size :])
    _check(0 < size <= len(configs) and len(configs) == size + sound_size)
    sound = AudioFormat(rate, channels, configs[size:]) if has_sound else None
    return VideoFormat(_CODECS[codec], width, height, timescale, configs[:size], sound)


def picture_record(picture: SharedPicture) -> bytes:
    """A whole record; the descriptor is sent beside it."""
    shape = picture.shape
    return record(
        Kind.PICTURE,
        _PICTURE.pack(
            picture.at,
            picture.captured_at,
            shape.width,
            shape.height,
            shape.stride,
            shape.full_range,
            shape.colorspace,
            picture.piece,
            picture.new,
        ),
    )


def picture_of(payload: memoryview) -> SharedPicture:
    """Raises MediaInvalid."""
    try:
        at, captured_at, width, height, stride, full, space, piece, new = _PICTURE.unpack(payload)
        _check(abs(at) < _MOST_TICKS)  # neither endless nor no number
        shape = PictureShape(width, height, stride, full_range=bool(full), colorspace=space)
        return SharedPicture(at, captured_at, shape, piece, bool(new))
    except (struct.error, ValueError) as error:
        msg = "the reader of this camera sent a picture that is none"
        raise MediaInvalid(msg) from error


def piece_record(kind: Kind, piece: int) -> bytes:
    """A whole record of a kind that names a piece of memory, GIVEN_UP or RETURNED."""
    return record(kind, _PIECE.pack(piece))


def piece_of(payload: memoryview) -> int:
    """The number in such a record.  Raises MediaInvalid."""
    try:
        return int(_PIECE.unpack(payload)[0])
    except struct.error as error:
        msg = "the number of a piece of memory is none"
        raise MediaInvalid(msg) from error


# How a stream ends: the letter before the reason.
_LOST, _REFUSED, _LOCKED, _ENDED, _BUG = b"LRCEB"


@dataclass(frozen=True, slots=True)
class ReaderBug:
    """A fault in Doorstep's own code inside the child, with its traceback for the log."""

    traceback: str


def end_record(end: SourceError | ReaderBug) -> bytes:
    """A whole record."""
    match end:
        case ReaderBug(traceback):
            letter, text = _BUG, traceback[-4000:]
        case CredentialsRefused():
            letter, text = _LOCKED, str(end)[:_MOST_TEXT]
        case SourceRefused():
            letter, text = _REFUSED, str(end)[:_MOST_TEXT]
        case SourceEnded():
            letter, text = _ENDED, str(end)[:_MOST_TEXT]
        case _:
            letter, text = _LOST, str(end)[:_MOST_TEXT]
    return record(Kind.END, bytes([letter]) + text.encode("utf-8", "replace")[:7000])


def end_of(payload: memoryview) -> SourceError | ReaderBug:
    """Why the child says that the stream is over; its words are printable and short, whatever it sent."""
    letter = payload[0] if payload else _LOST
    text = bytes(payload[1:]).decode("utf-8", "replace")
    if letter == _BUG:
        return ReaderBug("\n".join(_printable(line) for line in text.splitlines()[-60:]))
    reason = _printable(text)[:_MOST_TEXT] or "The camera's stream stopped; it will be opened again."
    if letter in {_REFUSED, _LOCKED}:
        return SourceRefused(reason) if letter == _REFUSED else CredentialsRefused(reason)
    return SourceEnded(reason) if letter == _ENDED else SourceLost(reason)


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _check(fits: bool) -> None:  # noqa: FBT001 - a bare condition reads better
    if not fits:
        msg = "out of bounds"
        raise ValueError(msg)


class RecordBuffer:
    """Bytes in as they come, whole records out.  Takes as much memory as the largest record that is under way."""

    def __init__(self) -> None:
        self._buffer = bytearray(_USUAL_BUFFER)
        self._begin = 0
        self._end = 0

    def room(self) -> memoryview:
        """Where the next bytes belong; never empty.  Raises MediaInvalid when a record's head is nonsense."""
        waiting = self._end - self._begin
        needed = max(_USUAL_BUFFER, self._next_size())
        if needed > len(self._buffer) or (needed <= _USUAL_BUFFER and len(self._buffer) > _LARGE_BUFFER):
            larger = bytearray(needed)
            larger[:waiting] = self._buffer[self._begin : self._end]
            self._buffer, self._begin, self._end = larger, 0, waiting
        elif self._begin and (waiting == 0 or len(self._buffer) - self._begin < needed):
            self._buffer[:waiting] = self._buffer[self._begin : self._end]
            self._begin, self._end = 0, waiting
        return memoryview(self._buffer)[self._end :]

    def filled(self, count: int) -> None:
        """So many bytes were put into the room."""
        self._end += count

    def records(self) -> Iterator[tuple[Kind, memoryview]]:
        """What is whole; each payload holds until the next one is asked for.  Raises MediaInvalid."""
        while 0 < (size := self._next_size()) <= self._end - self._begin:
            kind = Kind(self._buffer[self._begin])
            with memoryview(self._buffer)[self._begin + _HEAD.size : self._begin + size] as payload:
                self._begin += size
                yield kind, payload

    def _next_size(self) -> int:
        """Of the record that begins here, with its head; 0 while that is not known.  Raises MediaInvalid."""
        if self._end - self._begin < _HEAD.size:
            return 0
        kind, length = _HEAD.unpack_from(self._buffer, self._begin)
        if length > _LARGEST.get(kind, -1):
            msg = "the reader of this camera sent what cannot be read"
            raise MediaInvalid(msg)
        return _HEAD.size + int(length)

"""The init segment of a connection: ftyp and a moov without samples (ISO/IEC 14496-12, 8.8).  Samples come later."""

import struct

from doorstep.core.errors import MediaInvalid
from doorstep.core.media import Codec, VideoFormat
from doorstep.mp4.boxes import Box, box, boxes, child, full_box, unpack
from doorstep.mp4.track import (
    SAMPLE_ENTRIES,
    TRACK_ID,
    VISUAL_SAMPLE_ENTRY,
    TrackTimes,
    file_type,
    media_box,
    movie_header,
    track_header,
)

_NO_TIMES = TrackTimes()
_EMPTY_TABLES = (
    full_box(b"stts", 0, 0, bytes(4)),
    full_box(b"stsc", 0, 0, bytes(4)),
    full_box(b"stsz", 0, 0, bytes(8)),
    full_box(b"stco", 0, 0, bytes(4)),
)
_TIMESCALE = {0: (struct.Struct(">I"), 12), 1: (struct.Struct(">I"), 20)}
"""Where mdhd keeps its timescale, by version (8.4.2.2), behind the version itself."""

_VERSION = struct.Struct(">B")
_SIZE = struct.Struct(">HH")
_CODECS = {entry: (codec, config) for codec, (entry, config) in SAMPLE_ENTRIES.items()}


def init_segment(fmt: VideoFormat) -> bytes:
    """What a player must have read before the first fragment."""
    track = box(b"trak", track_header(fmt, _NO_TIMES), media_box(fmt, _NO_TIMES, *_EMPTY_TABLES))
    defaults = full_box(b"trex", 0, 0, struct.pack(">IIIII", TRACK_ID, 1, 0, 0, 0))
    moov = box(b"moov", movie_header(fmt, _NO_TIMES), track, box(b"mvex", defaults))
    return file_type(fmt, b"iso6", b"isom") + moov


def read_init(data: bytes) -> VideoFormat:
    """The format of the first track of an init segment; whole boxes may follow it.  Raises MediaInvalid."""
    for found in boxes(data, 0, len(data)):
        if found.kind == b"moov":
            return format_of(data, found)
    msg = "the video does not say what format it has"
    raise MediaInvalid(msg)


def format_of(data: bytes, moov: Box) -> VideoFormat:
    """The format of the first track of a moov box.  Raises MediaInvalid."""
    media = child(data, child(data, moov, b"trak"), b"mdia")
    codec, width, height, config = _described(data, child(data, child(data, media, b"minf"), b"stbl"))
    try:
        return VideoFormat(codec, width, height, _timescale(data, child(data, media, b"mdhd")), config)
    except ValueError as error:
        msg = f"the video's format is impossible: {error}"
        raise MediaInvalid(msg) from error


def _timescale(data: bytes, header: Box) -> int:
    (version,) = unpack(_VERSION, data, header)
    if version not in _TIMESCALE:
        msg = f"the video's 'mdhd' box has the unknown version {version}"
        raise MediaInvalid(msg)
    form, skip = _TIMESCALE[version]
    (timescale,) = unpack(form, data, header, skip)
    return timescale


def _described(data: bytes, table: Box) -> tuple[Codec, int, int, bytes]:
    descriptions = child(data, table, b"stsd")
    entry = next(boxes(data, descriptions.body + 8, descriptions.end), None)
    if entry is None or entry.kind not in _CODECS:
        msg = "the video is neither H.264 nor HEVC"
        raise MediaInvalid(msg)
    codec, config_kind = _CODECS[entry.kind]
    width, height = unpack(_SIZE, data, entry, 24)
    if entry.end - entry.body < VISUAL_SAMPLE_ENTRY:
        msg = "the video's description is too short"
        raise MediaInvalid(msg)
    config = child(data, entry, config_kind, VISUAL_SAMPLE_ENTRY)
    return codec, width, height, data[config.body : config.end]

"""The init segment of a connection: ftyp and a moov without samples (ISO/IEC 14496-12, 8.8).  Samples come later."""

import struct

from doorstep.core.errors import MediaInvalid
from doorstep.core.media import AudioFormat, Codec, VideoFormat
from doorstep.mp4.audio_entry import read_audio_entry
from doorstep.mp4.boxes import Box, box, boxes, child, full_box, unpack
from doorstep.mp4.track import (
    AUDIO_TRACK_ID,
    SAMPLE_ENTRIES,
    TRACK_ID,
    VISUAL_SAMPLE_ENTRY,
    TrackTimes,
    audio_media_box,
    audio_track_header,
    file_type,
    media_box,
    movie_header,
    movie_scale,
    track_header,
)

_DEPENDS_ON_NONE = 0x02000000
"""Flags of a sample that needs no other (8.8.3.1), as every one of the sound."""

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
    times = TrackTimes(movie_scale(fmt))
    tracks = [box(b"trak", track_header(fmt, times), media_box(fmt, times, *_EMPTY_TABLES))]
    defaults = [full_box(b"trex", 0, 0, struct.pack(">IIIII", TRACK_ID, 1, 0, 0, 0))]
    if fmt.audio:
        tracks.append(box(b"trak", audio_track_header(times), audio_media_box(fmt.audio, times, *_EMPTY_TABLES)))
        defaults.append(full_box(b"trex", 0, 0, struct.pack(">IIIII", AUDIO_TRACK_ID, 1, 0, 0, _DEPENDS_ON_NONE)))
    moov = box(b"moov", movie_header(fmt, times), *tracks, box(b"mvex", *defaults))
    return file_type(fmt, b"iso6", b"isom") + moov


def read_init(data: bytes) -> VideoFormat:
    """The format of the tracks of an init segment; whole boxes may follow it.  Raises MediaInvalid."""
    for found in boxes(data, 0, len(data)):
        if found.kind == b"moov":
            return format_of(data, found)
    msg = "the video does not say what format it has"
    raise MediaInvalid(msg)


def format_of(data: bytes, moov: Box) -> VideoFormat:
    """The format of the first track of a moov box, and of the sound in its second.  Raises MediaInvalid."""
    tracks = [track for track in boxes(data, moov.body, moov.end) if track.kind == b"trak"]
    if not tracks:
        msg = "the video lacks its 'trak' box"
        raise MediaInvalid(msg)
    media = child(data, tracks[0], b"mdia")
    codec, width, height, config = _described(data, _entry(data, media))
    audio = _audio_of(data, tracks[1]) if len(tracks) > 1 else None
    try:
        return VideoFormat(codec, width, height, _timescale(data, child(data, media, b"mdhd")), config, audio)
    except ValueError as error:
        msg = f"the video's format is impossible: {error}"
        raise MediaInvalid(msg) from error


def _audio_of(data: bytes, track: Box) -> AudioFormat:
    media = child(data, track, b"mdia")
    entry = _entry(data, media)
    if entry is None or entry.kind != b"mp4a":
        msg = "the video's second track is no AAC sound"
        raise MediaInvalid(msg)
    return read_audio_entry(data, entry, _timescale(data, child(data, media, b"mdhd")))


def _entry(data: bytes, media: Box) -> Box | None:
    """The first description of a track's samples."""
    table = child(data, child(data, media, b"minf"), b"stbl")
    descriptions = child(data, table, b"stsd")
    return next(boxes(data, descriptions.body + 8, descriptions.end), None)


def _timescale(data: bytes, header: Box) -> int:
    (version,) = unpack(_VERSION, data, header)
    if version not in _TIMESCALE:
        msg = f"the video's 'mdhd' box has the unknown version {version}"
        raise MediaInvalid(msg)
    form, skip = _TIMESCALE[version]
    (timescale,) = unpack(form, data, header, skip)
    return timescale


def _described(data: bytes, entry: Box | None) -> tuple[Codec, int, int, bytes]:
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

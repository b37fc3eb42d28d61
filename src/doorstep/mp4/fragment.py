"""A fragment: the samples of one segment as moof and mdat (ISO/IEC 14496-12, 8.8), written and read back.

Only the layout that is written here is read: moof(mfhd, traf(tfhd, tfdt, trun)), mdat, with every column in trun; where
there is sound, a second traf and its samples behind the pictures' in the same mdat.
"""

import struct
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from operator import attrgetter, sub

from doorstep.core.errors import MediaInvalid
from doorstep.core.media import AudioPacket, Packet
from doorstep.core.segment import AudioSamples, Samples
from doorstep.mp4.audio_traf import TIME_AT as AUDIO_TIME_AT
from doorstep.mp4.audio_traf import audio_samples_of, audio_traf, audio_traf_size, count_in, read_audio_traf
from doorstep.mp4.track import TRACK_ID

LARGEST_FRAGMENT = 64 * 1024 * 1024
"""Bytes of samples that one fragment may have: a segment has at most 16 MiB, or one packet."""

LARGEST_MOOF = 1024 * 1024
"""Bytes that are read in search of the end of a moof; 4096 samples take 65 KiB."""

FARTHEST_OFFSET = 2**30
"""Ticks between decoding and showing a picture, either way."""

_HEAD = struct.Struct(">I4s I4sII I4s I4sII I4sIQ I4sIII")
"""moof, mfhd, traf, tfhd, tfdt and trun up to its first sample."""

_MDAT = struct.Struct(">I4s")
_SEQUENCE_AT = 20
_TRAF_SIZE = struct.Struct(">24xI")
_TIME_AT = 60
_TFHD_FLAGS = 0x020000
"""default-base-is-moof (8.8.7.1)."""

_TFDT_VERSION_1 = 0x01000000
_TRUN_FLAGS = 0x01000F01
"""Version 1; data offset, and of each sample duration, size, flags and composition offset (8.8.8.1)."""

_KEY_FLAGS = 0x02000000
"""Depends on no other (8.8.3.1)."""

_OTHER_FLAGS = 0x01010000
"""Depends on others, and is no sync sample."""

_MOST_SAMPLES = (LARGEST_MOOF - _HEAD.size) // 16
_NOT_SYNC = 0x00010000
_MOST_TICKS = 2**32 - 1
_LATEST = 2**63 - 1
_OTHER_LAYOUT = "a fragment of the video is not laid out as it was written"


@dataclass(frozen=True, slots=True)
class Fragment:
    """The bytes of one fragment, where the first sample lies in them, and the sample table that describes them."""

    data: bytes
    data_offset: int
    samples: Samples
    audio: AudioSamples | None = None


@dataclass(frozen=True, slots=True)
class ParsedFragment:
    """What a fragment says of itself; `first_dts` is in ticks, `size` in bytes from moof to the end of mdat."""

    sequence: int
    first_dts: int
    samples: Samples
    data_offset: int
    size: int
    audio: AudioSamples | None = None


def samples_of(packets: Sequence[Packet]) -> Samples:
    """The sample table of packets in decode order, at least one.

    Each sample lasts until the next is decoded, the last one as long as its packet says.  Raises MediaInvalid where
    decode times do not rise or a number does not fit its field.
    """
    dts = list(map(attrgetter("dts"), packets))
    try:
        durations = array("I", map(sub, dts[1:], dts))
        durations.append(packets[-1].duration)
        offsets = array("i", map(sub, map(attrgetter("pts"), packets), dts))
    except OverflowError as error:
        msg = "the camera's timestamps run backwards or jump too far"
        raise MediaInvalid(msg) from error
    sizes = array("I", [len(packet.data) for packet in packets])
    return _checked(Samples(sizes, durations, offsets, bytes(map(attrgetter("key"), packets))))


def fragment(
    sequence: int, first_dts: int, packets: Sequence[Packet], audio: Sequence[AudioPacket] = (), first_pts: int = 0
) -> Fragment:
    """Packets in decode order, at least one, as one fragment whose first sample is decoded at `first_dts` ticks.

    `audio` is the sound among them, in the order of time, its first packet to be heard at `first_pts` ticks of its
    own.  `sequence` (from 0 to 2**32 - 1) should rise within a file.  Raises MediaInvalid as `samples_of`, for a
    negative time, and for more than 64 MiB or 65 thousand samples.
    """
    samples = samples_of(packets)
    heard = audio_samples_of(audio, first_pts) if audio else None
    head = fragment_head(sequence, first_dts, samples, heard)
    data = b"".join((head, *map(attrgetter("data"), packets), *map(attrgetter("data"), audio)))
    return Fragment(data, len(head), samples, heard)


def fragment_head(sequence: int, first_dts: int, samples: Samples, audio: AudioSamples | None) -> bytes:
    """All bytes of a fragment before its first sample.  Raises MediaInvalid for a negative time."""
    _check_place(sequence, first_dts, audio.first_pts if audio else 0)
    layout = _Layout(len(samples), len(audio) if audio else 0)
    flags = [_KEY_FLAGS if key else _OTHER_FLAGS for key in samples.keys]
    rows = zip(samples.durations, samples.sizes, flags, samples.composition_offsets, strict=True)
    return b"".join(
        (
            _HEAD.pack(*_head_fields(sequence, first_dts, layout)),
            _table(layout.count).pack(*chain.from_iterable(rows)),
            audio_traf(audio, layout.moof + 8 + sum(samples.sizes)) if audio else b"",
            _MDAT.pack(_mdat_size(samples, audio), b"mdat"),
        )
    )


def retime_fragment(data: bytes, first_dts: int, sequence: int, first_pts: int = 0) -> bytes:
    """The same fragment with another decode time and number, its sound beginning at `first_pts` if it has any.

    Raises MediaInvalid for anything but a fragment.
    """
    _check_place(sequence, first_dts, first_pts)
    if len(data) < _HEAD.size or data[4:8] != b"moof" or data[52:56] != b"tfdt":
        msg = "these bytes are no fragment of a video"
        raise MediaInvalid(msg)
    layout = _layout(data)
    changed = bytearray(data)
    struct.pack_into(">I", changed, _SEQUENCE_AT, sequence)
    struct.pack_into(">Q", changed, _TIME_AT, first_dts)
    if layout.audio_count:
        struct.pack_into(">Q", changed, layout.audio_at + AUDIO_TIME_AT, first_pts)
    return bytes(changed)


def read_fragment(data: bytes, *, whole: bool = True) -> ParsedFragment:
    """What stands in `data`, which begins with moof; other bytes may follow the fragment.

    With `whole` False only moof and the eight bytes behind it need be there.  Raises MediaInvalid for everything that
    `fragment` does not write.
    """
    layout = _layout(data)
    fields = _HEAD.unpack_from(data)
    sequence, first_dts = fields[5], fields[15]
    if fields != _head_fields(sequence, first_dts, layout) or first_dts > _LATEST:
        raise MediaInvalid(_OTHER_LAYOUT)
    numbers = _table(layout.count).unpack_from(data, _HEAD.size)
    samples = _checked(
        Samples(
            sizes=array("I", numbers[1::4]),
            durations=array("I", numbers[0::4]),
            composition_offsets=array("i", numbers[3::4]),
            keys=bytes(not flags & _NOT_SYNC for flags in numbers[2::4]),
        )
    )
    audio = None
    if layout.audio_count:
        behind = layout.moof + 8 + sum(samples.sizes)
        audio = read_audio_traf(data, layout.audio_at, layout.audio_count, behind)
    size = _size(data, layout.moof, samples, audio, whole=whole)
    return ParsedFragment(sequence, first_dts, samples, layout.moof + 8, size, audio)


def claimed_moof_size(head: bytes) -> int:
    """The size that the first eight bytes of a fragment claim for its moof.  Raises MediaInvalid."""
    if len(head) >= 8:
        size, kind = _MDAT.unpack_from(head)
        if kind == b"moof" and _HEAD.size < size <= LARGEST_MOOF:
            return int(size)
    msg = "no fragment begins here"
    raise MediaInvalid(msg)


@dataclass(frozen=True, slots=True)
class _Layout:
    """How many samples a fragment has; the rest follows from that."""

    count: int
    audio_count: int = 0

    @property
    def audio_at(self) -> int:
        """Where the sound's traf begins, if there is one."""
        return _HEAD.size + 16 * self.count

    @property
    def moof(self) -> int:
        """The size of moof."""
        return self.audio_at + audio_traf_size(self.audio_count)


def _layout(data: bytes) -> _Layout:
    """What the sizes of the boxes say, with at least eight bytes behind them.  Raises MediaInvalid."""
    moof = claimed_moof_size(data)
    if len(data) >= moof + 8:
        (pictures,) = _TRAF_SIZE.unpack_from(data)
        count, rest = divmod(24 + pictures - _HEAD.size, 16)
        audio_count = count_in(moof - 24 - pictures)
        if count > 0 and not rest and audio_count is not None:
            return _Layout(count, audio_count)
    raise MediaInvalid(_OTHER_LAYOUT)


def _size(data: bytes, moof: int, samples: Samples, audio: AudioSamples | None, *, whole: bool) -> int:
    mdat_size, kind = _MDAT.unpack_from(data, moof)
    if kind != b"mdat" or mdat_size != _mdat_size(samples, audio):
        msg = "a fragment of the video has other samples than it says"
        raise MediaInvalid(msg)
    size = moof + int(mdat_size)
    if whole and size > len(data):
        msg = "a fragment of the video is cut off"
        raise MediaInvalid(msg)
    return size


def _mdat_size(samples: Samples, audio: AudioSamples | None) -> int:
    return 8 + sum(samples.sizes) + (sum(audio.sizes) if audio else 0)


def _head_fields(sequence: int, first_dts: int, layout: _Layout) -> tuple[int | bytes, ...]:
    table = 16 * layout.count
    mfhd = (16, b"mfhd", 0, sequence)
    tfhd = (16, b"tfhd", _TFHD_FLAGS, TRACK_ID)
    tfdt = (20, b"tfdt", _TFDT_VERSION_1, first_dts)
    trun = (20 + table, b"trun", _TRUN_FLAGS, layout.count, layout.moof + 8)
    return (layout.moof, b"moof", *mfhd, 64 + table, b"traf", *tfhd, *tfdt, *trun)


@lru_cache(maxsize=128)
def _table(count: int) -> struct.Struct:
    """The samples of trun: duration, size, flags, composition offset (8.8.8.2)."""
    return struct.Struct(">" + "IIIi" * count)


def _check_place(sequence: int, first_dts: int, first_pts: int) -> None:
    if not (0 <= first_dts <= _LATEST and 0 <= first_pts <= _LATEST and 0 <= sequence < 2**32):
        msg = f"the camera's time of {first_dts} ticks in fragment {sequence} does not fit a video file"
        raise MediaInvalid(msg)


def _checked(samples: Samples) -> Samples:
    """Bounds that keep every sum of a fragment within what files and clocks can say."""
    offsets = samples.composition_offsets
    far = max(offsets) > FARTHEST_OFFSET or min(offsets) < -FARTHEST_OFFSET
    if far or 0 in samples.durations or sum(samples.durations) > _MOST_TICKS:
        msg = "the video's timestamps do not rise or jump too far"
        raise MediaInvalid(msg)
    if sum(samples.sizes) > LARGEST_FRAGMENT or len(samples) > _MOST_SAMPLES:
        msg = "a second of the video has more than 64 MiB or 65 thousand pictures"
        raise MediaInvalid(msg)
    return samples

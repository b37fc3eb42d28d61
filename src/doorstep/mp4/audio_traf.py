"""The second traf of a fragment: the samples of its sound (ISO/IEC 14496-12, 8.8.6), written and read back.

Where the samples lie is the fragment's business; only the layout that is written here is read.
"""

import struct
from array import array
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from operator import attrgetter, sub

from doorstep.core.errors import MediaInvalid
from doorstep.core.media import AudioPacket
from doorstep.core.segment import AudioSamples
from doorstep.mp4.track import AUDIO_TRACK_ID

LARGEST_SOUND = 64 * 1024 * 1024
"""Bytes of samples that the sound of one fragment may have: a segment has at most 16 MiB, or one packet."""

MOST_AUDIO_SAMPLES = 65_536

TIME_AT = 36
"""Where in the traf the time of the first sample stands, 64 bits."""

_HEAD = struct.Struct(">I4s I4sII I4sIQ I4sIII")
"""traf, tfhd, tfdt and trun up to its first sample."""

_BASE_IS_MOOF = 0x020000
"""default-base-is-moof (8.8.7.1)."""

_VERSION_1 = 0x01000000
_TRUN_FLAGS = 0x000301
"""Version 0; data offset, and of each sample duration and size (8.8.8.1): the rest is as the init segment says."""

_MOST_TICKS = 2**32 - 1
_LATEST = 2**63 - 1


def audio_samples_of(packets: Sequence[AudioPacket], first_pts: int) -> AudioSamples:
    """The table of sound packets in the order of time, at least one, of which the first begins at `first_pts`.

    Each lasts until the next begins, the last one as long as its packet says.  Raises MediaInvalid where times do not
    rise or a number does not fit its field.
    """
    pts = list(map(attrgetter("pts"), packets))
    try:
        durations = array("I", map(sub, pts[1:], pts))
        durations.append(packets[-1].duration)
    except OverflowError as error:
        msg = "the timestamps of the camera's sound run backwards or jump too far"
        raise MediaInvalid(msg) from error
    return _checked(AudioSamples(first_pts, array("I", [len(packet.data) for packet in packets]), durations))


def audio_traf_size(count: int) -> int:
    """Bytes of the traf of so many samples; 0 of none."""
    return _HEAD.size + 8 * count if count else 0


def count_in(traf_size: int) -> int | None:
    """How many samples a traf of this size has, 0 where there is none; None where no traf has it."""
    count, rest = divmod(traf_size - _HEAD.size, 8)
    if traf_size == 0:
        return 0
    return count if count > 0 and not rest else None


def audio_traf(audio: AudioSamples, data_offset: int) -> bytes:
    """The box; the first sample's bytes begin `data_offset` bytes behind the beginning of moof."""
    rows = zip(audio.durations, audio.sizes, strict=True)
    head = _HEAD.pack(*_head_fields(audio.first_pts, len(audio), data_offset))
    return head + _table(len(audio)).pack(*chain.from_iterable(rows))


def read_audio_traf(data: bytes, at: int, count: int, data_offset: int) -> AudioSamples:
    """The table in the box of `count` samples at `at`, all of which is there.  Raises MediaInvalid."""
    fields = _HEAD.unpack_from(data, at)
    first_pts = fields[9]
    if fields != _head_fields(first_pts, count, data_offset) or first_pts > _LATEST:
        msg = "the sound in a fragment of the video is not laid out as it was written"
        raise MediaInvalid(msg)
    numbers = _table(count).unpack_from(data, at + _HEAD.size)
    return _checked(AudioSamples(first_pts, array("I", numbers[1::2]), array("I", numbers[0::2])))


def _head_fields(first_pts: int, count: int, data_offset: int) -> tuple[int | bytes, ...]:
    tfhd = (16, b"tfhd", _BASE_IS_MOOF, AUDIO_TRACK_ID)
    tfdt = (20, b"tfdt", _VERSION_1, first_pts)
    trun = (20 + 8 * count, b"trun", _TRUN_FLAGS, count, data_offset)
    return (audio_traf_size(count), b"traf", *tfhd, *tfdt, *trun)


@lru_cache(maxsize=128)
def _table(count: int) -> struct.Struct:
    """The samples of trun: duration, size (8.8.8.2)."""
    return struct.Struct(">" + "II" * count)


def _checked(audio: AudioSamples) -> AudioSamples:
    """Bounds that keep every sum of a fragment within what files and clocks can say."""
    if 0 in audio.durations or sum(audio.durations) > _MOST_TICKS:
        msg = "the timestamps of the video's sound do not rise or jump too far"
        raise MediaInvalid(msg)
    if sum(audio.sizes) > LARGEST_SOUND or len(audio) > MOST_AUDIO_SAMPLES:
        msg = "a second of the video has more than 64 MiB or 65 thousand packets of sound"
        raise MediaInvalid(msg)
    return audio

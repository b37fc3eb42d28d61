"""Files of whole GOPs: each plays alone, and its checksum is known without its bytes."""

import io
from dataclasses import replace
from zlib import crc32

import av
import pytest

from doorstep.core.clip import plan_clip
from doorstep.core.media import Codec, VideoFormat
from doorstep.core.segment import Segment
from doorstep.mp4.gop_file import GopFile, gop_files, name_of
from doorstep.mp4.movie import Slice
from fakes.footage import (
    NOON,
    SAMPLE_RATE,
    SOUND_FORMAT,
    TIMESCALE,
    number_of,
    plain_packets,
    real_stream,
    seconds,
    segments_of,
    with_sound,
)


class Film:
    """Segments with their bytes and checksums; counts what is read of them."""

    def __init__(self, fmt: VideoFormat, segments: list[tuple[Segment, bytes]]) -> None:
        self.format = fmt
        self.segments = [replace(segment, crc=crc32(data)) for segment, data in segments]
        self._data = {segment.sequence: data for segment, data in segments}
        self.reads = 0

    def read(self, part: Slice) -> bytes:
        self.reads += 1
        return self._data[part.segment.sequence][part.offset : part.offset + part.length]

    def files(self, start: float, end: float) -> list[GopFile]:
        plan = plan_clip(self.segments, NOON + seconds(start), NOON + seconds(end), exact=False)
        assert plan is not None
        return gop_files(self.format, plan)

    def bytes_of(self, file: GopFile, offset: int = 0, length: int | None = None) -> bytes:
        pieces = file.pieces(offset, file.size if length is None else length)
        return b"".join(one if isinstance(one, bytes) else self.read(one) for one in pieces)


def film(codec: Codec = Codec.H264, gop: int = 30, b_frames: int = 2) -> Film:
    fmt, packets = real_stream(codec, 90, gop=gop, b_frames=b_frames)
    return Film(fmt, segments_of(packets, timescale=fmt.timescale))


def shown(data: bytes) -> list[int]:
    with av.open(io.BytesIO(data), "r") as container:
        assert (container.start_time or 0) / 1_000_000 < 0.5
        return [number_of(frame) for frame in container.decode(video=0)]


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize("gop", [25, 30, 33, 45, 90])
def test_each_file_plays_alone_and_together_they_show_all(codec: Codec, gop: int) -> None:
    made = film(codec, gop)
    pictures = [shown(made.bytes_of(file)) for file in made.files(-1, 99)]
    assert [number for one in pictures for number in one] == list(range(90))
    assert all(one[0] % gop == 0 for one in pictures)


@pytest.mark.parametrize("gop", [25, 33])
def test_size_and_checksum_are_known_before_a_byte_is_read(gop: int) -> None:
    made = film(gop=gop)
    files = made.files(-1, 99)
    told = [(file.size, file.crc(made.read)) for file in files]
    assert made.reads == 0
    assert told == [(len(data), crc32(data)) for data in map(made.bytes_of, files)]


def test_a_start_within_a_fragment_begins_with_its_key_frame() -> None:
    made = film(gop=30)
    files = made.files(1.3, 2.0)
    assert shown(made.bytes_of(files[0]))[0] == 30
    assert [file.crc(made.read) for file in files] == [crc32(made.bytes_of(file)) for file in files]
    assert files[0].size == len(made.bytes_of(files[0]))


def test_without_a_known_checksum_the_bytes_tell() -> None:
    made = film()
    made.segments = [replace(one, crc=None) for one in made.segments]
    assert [file.crc(made.read) for file in made.files(0, 2)] == [
        crc32(made.bytes_of(file)) for file in made.files(0, 2)
    ]


@pytest.mark.parametrize("late", [0, 700])
@pytest.mark.parametrize("start", [-1.0, 1.5, 2.9])
def test_sound_stands_in_the_file_of_its_fragment(late: int, start: float) -> None:
    packets = plain_packets(200, key_every=30)
    segments = segments_of(with_sound(packets, late=late), timescale=TIMESCALE, sample_rate=SAMPLE_RATE)
    made = Film(SOUND_FORMAT, segments)
    for file in made.files(start, 6):
        data = made.bytes_of(file)
        assert (file.size, file.crc(made.read)) == (len(data), crc32(data))
        with av.open(io.BytesIO(data), "r") as container:
            assert min(one.pts for one in container.demux(audio=0) if one.pts is not None) >= 0


def test_any_range_of_a_file_is_that_part_of_it() -> None:
    made = film()
    (file, *_) = made.files(1.3, 3)
    whole = made.bytes_of(file)
    for offset in range(0, file.size, 97):
        for length in (1, 50, 5000):
            assert made.bytes_of(file, offset, length) == whole[offset : offset + length]


def test_two_files_of_one_second_have_two_names() -> None:
    taken: set[str] = set()
    assert [name_of(NOON, taken) for _ in range(2)] == ["20261121_120000.mp4", "20261121_120000_2.mp4"]

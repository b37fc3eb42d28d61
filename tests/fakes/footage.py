"""Invented packets and segments, and a small real stream whose pictures carry their own number."""

import io
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache

import av
import numpy as np
from numpy.typing import NDArray

from doorstep.core.camera import CameraId
from doorstep.core.media import AudioFormat, AudioPacket, Codec, Packet, VideoFormat
from doorstep.core.segment import ConnectionId, Cut, Samples, Segment, SegmentCutter
from doorstep.mp4.fragment import fragment

CAMERA = CameraId("front-door")
CONNECTION = ConnectionId("20261121T130000")
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TIMESCALE = 1000
FORMAT = VideoFormat(Codec.H264, 640, 480, TIMESCALE, b"\x01\x42\x00\x1e\xff\xe1\x00\x00\x01\x00\x00")
SAMPLE_RATE = 16_000
AUDIO_FORMAT = AudioFormat(SAMPLE_RATE, 1, b"\x14\x08")
SOUND_FORMAT = replace(FORMAT, audio=AUDIO_FORMAT)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def packet(dts: int, *, key: bool = False, duration: int = 40, offset: int = 0, data: bytes = b"") -> Packet:
    return Packet(data or f"sample {dts}".encode(), dts + offset, dts, duration, key, arrived=dts / TIMESCALE)


def audio_packet(pts: int, *, duration: int = 1024, data: bytes = b"") -> AudioPacket:
    return AudioPacket(data or f"sound {pts}".encode(), pts, duration, arrived=pts / SAMPLE_RATE)


def with_sound(packets: Sequence[Packet], *, late: int = 0, frame: int = 1024) -> list[Packet | AudioPacket]:
    """The packets, and among them sound without a hole from the first to the last, each `late` ticks after its time."""
    first, end = packets[0].dts, packets[-1].dts + packets[-1].duration
    sound = range(-(-first * SAMPLE_RATE // TIMESCALE), end * SAMPLE_RATE // TIMESCALE, frame)
    items: list[tuple[float, int, Packet | AudioPacket]] = [(one.dts, 0, one) for one in packets]
    items += [(at * TIMESCALE / SAMPLE_RATE + late, 1, audio_packet(at, duration=frame)) for at in sound]
    return [item for _, _, item in sorted(items, key=lambda row: row[:2])]


def plain_packets(count: int, *, first: int = 0, step: int = 40, key_every: int = 25) -> list[Packet]:
    """Packets of a camera without B-frames, 25 a second, the first one a key frame."""
    return [packet(first + index * step, key=index % key_every == 0, duration=step) for index in range(count)]


def bare_segment(
    sequence: int = 1,
    *,
    at: float = 0.0,
    durations: Sequence[int] = (250, 250, 250, 250),
    offsets: Sequence[int] | None = None,
    keys: bytes | None = None,
    first_dts: int | None = None,
    size: int = 400,
    connection: ConnectionId = CONNECTION,
    timescale: int = TIMESCALE,
) -> Segment:
    """An index entry without bytes, of four pictures in a second, `at` seconds after noon."""
    count = len(durations)
    return Segment(
        camera=CAMERA,
        connection=connection,
        sequence=sequence,
        timescale=timescale,
        first_dts=round(at * timescale) if first_dts is None else first_dts,
        starts_at=NOON + seconds(at),
        samples=Samples(
            sizes=array("I", [size // count] * count),
            durations=array("I", durations),
            composition_offsets=array("i", [0] * count if offsets is None else offsets),
            keys=b"\1" + bytes(count - 1) if keys is None else keys,
        ),
        data_offset=100,
        size=size,
    )


def segment_of(
    packets: Sequence[Packet],
    audio: Sequence[AudioPacket] = (),
    *,
    sequence: int = 1,
    starts_at: datetime = NOON,
    connection: ConnectionId = CONNECTION,
    timescale: int = TIMESCALE,
    sample_rate: int = 0,
) -> tuple[Segment, bytes]:
    """Packets as a segment and its fragment; `starts_at` is the wall time of the first decode time."""
    piece = fragment(sequence, packets[0].dts, packets, audio, audio[0].pts if audio else 0)
    segment = Segment(
        camera=CAMERA,
        connection=connection,
        sequence=sequence,
        timescale=timescale,
        first_dts=packets[0].dts,
        starts_at=starts_at,
        samples=piece.samples,
        data_offset=piece.data_offset,
        size=len(piece.data),
        sample_rate=sample_rate,
        audio=piece.audio,
    )
    return segment, piece.data


def segments_of(
    items: Sequence[Packet | AudioPacket], *, timescale: int = TIMESCALE, sample_rate: int = 0
) -> list[tuple[Segment, bytes]]:
    """A whole connection, cut about every second; its first decode time was at noon."""
    cuts = cuts_of(items, SegmentCutter(timescale, sample_rate))
    begin = cuts[0].packets[0].dts
    return [
        segment_of(
            cut.packets,
            cut.audio,
            sequence=number,
            starts_at=NOON + timedelta(microseconds=(cut.packets[0].dts - begin) * 1_000_000 // timescale),
            timescale=timescale,
            sample_rate=sample_rate,
        )
        for number, cut in enumerate(cuts, 1)
    ]


def cuts_of(items: Sequence[Packet | AudioPacket], cutter: SegmentCutter) -> list[Cut]:
    """What a cutter makes of packets of picture and sound."""
    cuts = []
    for item in items:
        if isinstance(item, AudioPacket):
            cutter.add_audio(item)
        elif (cut := cutter.add(item)) is not None:
            cuts.append(cut)
    rest = cutter.flush()
    return [*cuts, rest] if rest is not None else cuts


# ---------------------------------------------------------------------------------------------- a small real stream

WIDTH, HEIGHT, BITS = 128, 32, 8


def numbered_picture(number: int) -> NDArray[np.uint8]:
    """A grey picture of eight blocks, white where a bit of `number` is set."""
    bits = [255 if number >> bit & 1 else 0 for bit in range(BITS)]
    return np.repeat(np.array([bits], np.uint8), WIDTH // BITS, axis=1).repeat(HEIGHT, axis=0)


def number_of(frame: av.VideoFrame) -> int:
    """What `numbered_picture` was told."""
    luma = frame.to_ndarray(format="gray")
    middle = luma[HEIGHT // 2, WIDTH // BITS // 2 :: WIDTH // BITS]
    return sum(1 << bit for bit in range(BITS) if middle[bit] > 127)


@lru_cache
def real_stream(
    codec: Codec, count: int = 90, gop: int = 30, b_frames: int = 2
) -> tuple[VideoFormat, tuple[Packet, ...]]:
    """A stream of `count` numbered pictures, 25 a second: picture n is shown n / 25 s after picture 0.

    Decode times begin at 0.  Raises av.FFmpegError where the encoder is not built in.
    """
    file = io.BytesIO()
    options = {"preset": "ultrafast", "crf": "20", "bf": str(b_frames), "g": str(gop)}
    quiet = f"log-level=none:bframes={b_frames}:keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0:b-adapt=0"
    vendor = {"x265-params": quiet} if codec is Codec.HEVC else {"x264-params": "b-adapt=0:scenecut=0:open-gop=0"}
    with av.open(file, "w", format="mp4") as output:
        stream = output.add_stream("libx265" if codec is Codec.HEVC else "libx264", rate=25, options=options | vendor)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 25)
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(numbered_picture(number), format="gray").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return _demuxed(file, codec)


def _demuxed(file: io.BytesIO, codec: Codec) -> tuple[VideoFormat, tuple[Packet, ...]]:
    file.seek(0)
    with av.open(file, "r") as container:
        stream = container.streams.video[0]
        timescale = int(1 / (stream.time_base or Fraction(1, 25)))
        extradata = stream.codec_context.extradata or b""
        packets = list(_packets(container))
    shift = -packets[0].dts
    moved = tuple(replace(one, pts=one.pts + shift, dts=one.dts + shift) for one in packets)
    return VideoFormat(codec, WIDTH, HEIGHT, timescale, extradata), moved


def _packets(container: "av.container.InputContainer") -> Iterator[Packet]:
    for one in container.demux(video=0):
        if one.dts is not None and one.pts is not None:
            yield Packet(bytes(one), one.pts, one.dts, one.duration or 1, one.is_keyframe, arrived=0.0)

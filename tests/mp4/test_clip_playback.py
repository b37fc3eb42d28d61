"""Clips of a real stream with B-frames, decoded by a player's library: just the pictures that were asked for."""

from dataclasses import replace
from datetime import timedelta

import pytest

from doorstep.core.media import Codec, Packet
from doorstep.core.segment import ConnectionId, Segment
from doorstep.mp4.fragment import retime_fragment
from doorstep.mp4.recording import retimed
from fakes.footage import CONNECTION, NOON, number_of, real_stream, seconds, segments_of
from fakes.whole_clips import played, whole_clip

COUNT = 90
FRAME = 1 / 25


def stream(codec: Codec, b_frames: int = 2) -> tuple[list[tuple[Segment, bytes]], float]:
    """Segments, and how many seconds after noon picture 0 is shown."""
    fmt, packets = real_stream(codec, COUNT, b_frames=b_frames)
    return segments_of(packets, timescale=fmt.timescale), packets[0].pts / fmt.timescale


@pytest.mark.parametrize("codec", list(Codec))
@pytest.mark.parametrize("b_frames", [0, 2])
@pytest.mark.parametrize("asked", [(0, 12), (7, 8), (29, 31), (30, 60), (31, 35), (44, 90), (59, 61), (88, 90)])
def test_a_player_shows_just_what_was_asked_for(codec: Codec, b_frames: int, asked: tuple[int, int]) -> None:
    fmt, _ = real_stream(codec, COUNT, b_frames=b_frames)
    segments, first_shown = stream(codec, b_frames)
    first, end = asked

    # From within the first picture to within the last.
    clip = whole_clip(fmt, segments, first_shown + (first + 0.3) * FRAME, first_shown + (end - 0.3) * FRAME)

    pictures = played(clip.data)
    assert [number for number, _ in pictures] == list(range(first, end))
    assert [time for _, time in pictures] == pytest.approx([n * FRAME for n in range(end - first)], abs=1e-3)
    assert clip.plan.shown_ticks * 25 == (end - first) * fmt.timescale
    assert clip.plan.starts_at == NOON + seconds(first_shown + first * FRAME)


def test_every_asked_instant_shows_the_picture_of_that_instant_first() -> None:
    fmt, _ = real_stream(Codec.H264, COUNT)
    segments, first_shown = stream(Codec.H264)
    for instant in range(0, COUNT * 4, 7):
        start = first_shown + instant * FRAME / 4 + 0.001
        clip = whole_clip(fmt, segments, start, start + 0.2)
        assert played(clip.data)[0] == (instant // 4, 0.0)
        assert timedelta() <= NOON + seconds(start) - clip.plan.starts_at < seconds(FRAME)


def test_a_clip_of_a_stream_without_its_first_key_frame_begins_with_the_next() -> None:
    fmt, packets = real_stream(Codec.H264, COUNT)
    joined_late = segments_of(packets[7:], timescale=fmt.timescale)

    clip = whole_clip(fmt, joined_late, 0, 2)

    assert played(clip.data)[0] == (30, 0.0)


def test_a_recording_over_two_connections_plays_through_with_the_last_picture_held() -> None:
    fmt, packets = real_stream(Codec.H264, COUNT)
    first, second, third = parts = [list(packets[n : n + 30]) for n in (0, 30, 60)]
    assert all(part[0].key for part in parts)
    placed, dts = [], 0
    for number, (part, connection, later) in enumerate(
        ((first, CONNECTION, 0.0), (third, ConnectionId("second"), 4.0)), 1
    ):
        segment, data = whole_segment(part, fmt.timescale)
        segment = replace(segment, connection=connection, starts_at=NOON + seconds(later))
        dts = round(later * fmt.timescale)
        placed.append((retimed(segment, dts, number), retime_fragment(data, dts, number)))
    assert len(second) == 30

    clip = whole_clip(fmt, placed, 0.5, 6, bridge_gaps=True)

    pictures = played(clip.data)
    numbers, times = [number for number, _ in pictures], [time for _, time in pictures]
    assert numbers == [*range(numbers[0], 30), *range(60, 90)]
    held = times[numbers.index(60)] - times[numbers.index(29)]
    assert held == pytest.approx(4.0 - 29 * FRAME, abs=0.001)


def whole_segment(packets: list[Packet], timescale: int) -> tuple[Segment, bytes]:
    (one,) = segments_of(packets, timescale=timescale * 10)
    return replace(one[0], timescale=timescale), one[1]


def test_numbered_pictures_survive_the_encoder() -> None:
    """The ruler itself: without a clip, all pictures come back in order."""
    fmt, _ = real_stream(Codec.H264, COUNT)
    segments, first_shown = stream(Codec.H264)

    assert [number for number, _ in played(whole_clip(fmt, segments, 0, first_shown + 9).data)] == list(range(COUNT))
    assert number_of.__doc__

"""Random packet streams for Hypothesis: GOPs with and without B-frames, uneven frame rates, holes."""

from itertools import accumulate

from hypothesis import strategies as st

from doorstep.core.media import AudioPacket, Packet
from fakes.footage import SAMPLE_RATE, TIMESCALE, audio_packet, packet


def _decode_order(gops: list[tuple[int, int]]) -> list[tuple[int, bool]]:
    """(place in display order, key) of each picture, in decode order; a GOP is (pictures, B-frames between others)."""
    order, first = [], 0
    for pictures, b_frames in gops:
        order.append((first, True))
        shown = first
        while shown < first + pictures - 1:
            anchor = min(shown + b_frames + 1, first + pictures - 1)
            order += [(anchor, False), *((between, False) for between in range(shown + 1, anchor))]
            shown = anchor
        first += pictures
    return order


@st.composite
def packet_streams(draw: st.DrawFn, *, longest_gop: int = 8, most_gops: int = 5) -> list[Packet]:
    """Decode times rise, presentation times differ; offsets may be positive, negative or both.

    The first packets may lack their key frame, as when a stream is joined in the middle of a GOP.
    """
    gops = draw(st.lists(st.tuples(st.integers(1, longest_gop), st.integers(0, 2)), min_size=1, max_size=most_gops))
    order = _decode_order(gops)
    durations = draw(st.lists(st.integers(1, 700), min_size=len(order), max_size=len(order)))
    shown_at = list(accumulate(durations, initial=draw(st.integers(0, 5000))))
    early = draw(st.integers(-1500, 1500))
    times = [max(0, instant + early) for instant in shown_at[: len(order)]]
    times = list(accumulate(times, lambda before, time: max(before + 1, time)))
    joined_late = draw(st.integers(0, 3))
    packets = [
        packet(
            dts,
            key=key,
            duration=durations[index],
            offset=shown_at[place] - dts,
            data=bytes([index % 256]) * draw(st.integers(1, 20)),
        )
        for index, (dts, (place, key)) in enumerate(zip(times, order, strict=True))
    ]
    return packets[joined_late:] or packets


@st.composite
def audio_streams(draw: st.DrawFn, *, first: int = 0, most: int = 40) -> list[AudioPacket]:
    """Sound whose times rise, here and there over a silence; at least one packet.

    Never by a single tick: FFmpeg takes such sound for uncompressed samples.
    """
    steps = draw(st.lists(st.sampled_from([1024, 1024, 1024, 1000, 960, 2, 30_000]), max_size=most))
    times = accumulate(steps, initial=first + draw(st.integers(0, 20_000)))
    return [
        audio_packet(pts, duration=draw(st.sampled_from([1024, 2])), data=bytes([index + 1]) * draw(st.integers(1, 20)))
        for index, pts in enumerate(times)
    ]


@st.composite
def streams_with_sound(draw: st.DrawFn) -> list[Packet | AudioPacket]:
    """Pictures and sound in any order among each other, each in its own order."""
    filmed = draw(packet_streams(longest_gop=6, most_gops=4))
    pictures: list[Packet | AudioPacket] = [*filmed]
    sound: list[Packet | AudioPacket] = [*draw(audio_streams(first=filmed[0].dts * SAMPLE_RATE // TIMESCALE))]
    turns = draw(st.permutations([True] * len(pictures) + [False] * len(sound)))
    return [(pictures if turn else sound).pop(0) for turn in turns]

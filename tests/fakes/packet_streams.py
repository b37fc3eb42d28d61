"""Random packet streams for Hypothesis: GOPs with and without B-frames, uneven frame rates, holes."""

from itertools import accumulate

from hypothesis import strategies as st

from doorstep.core.media import Packet
from fakes.footage import packet


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

"""Which detection of this look is which track of the last: by overlap, and by how far somebody may have walked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from doorstep.core.detection import Box

SAME_OVERLAP = 0.3
# A person is about 0.7 m wide with swinging arms, and walks, or runs a little, 2 m in a second.
WIDTHS_A_SECOND = 3.0
WIDTHS_AT_ONCE = 0.5
HEIGHTS_PER_WIDTH = 0.4
LONGEST_WALK_SECONDS = 1.0
# From one look to the next nobody becomes so much larger or smaller.
MOST_GROWTH = 2.0


@dataclass(frozen=True, slots=True)
class Expected:
    """Where a track is looked for: the boxes it may overlap, how long ago it was seen, and whether it may have walked.

    There is at least one box, the likeliest first.
    """

    boxes: tuple[Box, ...]
    seconds: float
    walks: bool

    def resemblance(self, box: Box) -> float:
        """0 for none, up to 1 for who is within reach, from 1 + SAME_OVERLAP for who overlaps: overlap says more."""
        overlap = max(expected.overlap(box) for expected in self.boxes)
        if overlap >= SAME_OVERLAP:
            return 1.0 + overlap
        if not self.walks:
            return 0.0
        reach = WIDTHS_AT_ONCE + WIDTHS_A_SECOND * min(max(self.seconds, 0.0), LONGEST_WALK_SECONDS)
        return max(0.0, 1.0 - min(_walked(expected, box) for expected in self.boxes) / reach)


def pairs(expected: Sequence[Expected], boxes: Sequence[Box]) -> Iterator[tuple[int, int]]:
    """Index of a track and of its box, each at most once: those that resemble each other most find each other first."""
    candidates = [
        (resemblance, track, index)
        for track, one in enumerate(expected)
        for index, box in enumerate(boxes)
        if (resemblance := one.resemblance(box)) > 0.0
    ]
    tracks: set[int] = set()
    taken: set[int] = set()
    for _, track, index in sorted(candidates, key=lambda candidate: -candidate[0]):
        if track not in tracks and index not in taken:
            tracks.add(track)
            taken.add(index)
            yield track, index


def _walked(start: Box, end: Box) -> float:
    """How far the middle moved, in widths of the person; infinite where it cannot be the same."""
    width = (start.right - start.left + end.right - end.left) / 2
    height = (start.height + end.height) / 2
    if width <= 0.0 or height <= 0.0 or max(start.height, end.height) > MOST_GROWTH * min(start.height, end.height):
        return float("inf")
    across = (start.left + start.right - end.left - end.right) / 2 / width
    down = (start.top + start.bottom - end.top - end.bottom) / 2 / height / HEIGHTS_PER_WIDTH
    return max(abs(across), abs(down))

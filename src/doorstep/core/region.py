"""Where in a picture a look is worth most: crops around what moves, and their boxes back in the picture.  Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from doorstep.core.detection import Box, Detection

WHOLE = Box(0.0, 0.0, 1.0, 1.0)

# Two boxes of one person, one cut by the edge of a crop, share most of the smaller.
SAME_SHARE = 0.7
# Where so much moves in so many places it is leaves or rain, and sorting them costs more than it gains.
MOST_BOXES = 16
# Boxes end up to so far from the edge that cuts them, in parts of the crop.
AT_THE_EDGE = 0.02


@dataclass(frozen=True, slots=True)
class RegionSettings:
    """How small a crop is worth a look, in parts of the picture.

    `margin` is added on each side, in parts of what moves.  A crop is about square in pixels, as models are; each of
    its sides is `least_side` or more, and where its area would be more than `most_area` the whole picture is looked at,
    as it is where more than `most_crops` would be needed, and at least every `whole_every` seconds.
    """

    margin: float = 0.5
    least_side: float = 0.35
    most_area: float = 0.5
    most_crops: int = 2
    whole_every: float = 1.0

    def __post_init__(self) -> None:
        if not (self.margin >= 0.0 and 0.0 < self.least_side <= 1.0 and 0.0 <= self.most_area <= 1.0):
            msg = "crops need a margin of at least 0, and sides and areas that are parts of the picture"
            raise ValueError(msg)


class RegionRule:
    """Where to look, from look to look of one connection."""

    def __init__(self, settings: RegionSettings) -> None:
        self._settings = settings
        self._whole_at: float | None = None

    def where(self, at: float, moving: Sequence[Box], watched: Sequence[Box], aspect: float) -> tuple[Box, ...]:
        """The crops of this look, WHOLE alone or up to `most_crops`; each box of `moving` and `watched` is in one.

        `at` is seconds within the connection, `watched` where visitors are followed, `aspect` the picture's width by
        its height.  Where nothing is known to move, the whole picture is looked at.
        """
        since = None if self._whole_at is None else at - self._whole_at
        if not moving or since is None or not 0.0 <= since < self._settings.whole_every:
            self._whole_at = at
            return (WHOLE,)
        crops = crops_around((*moving, *watched), aspect, self._settings)
        if crops == (WHOLE,):
            self._whole_at = at
        return crops


def crops_around(boxes: Sequence[Box], aspect: float, settings: RegionSettings) -> tuple[Box, ...]:
    """As few crops as hold every box with its margin, or WHOLE alone where they would be too many or too large."""
    if len(boxes) > MOST_BOXES:
        return (WHOLE,)
    groups = list(boxes)
    crops = [_crop(box, aspect, settings) for box in groups]
    while (pair := _touching(crops)) is not None:
        first, second = pair
        groups[first] = groups[first].hull(groups.pop(second))
        crops.pop(second)
        crops[first] = _crop(groups[first], aspect, settings)
    if not crops or len(crops) > settings.most_crops or any(crop.area > settings.most_area for crop in crops):
        return (WHOLE,)
    return tuple(crops)


def in_picture(detection: Detection, crop: Box) -> Detection:
    """What was found in a crop, with its box in parts of the picture."""
    width, height = crop.right - crop.left, crop.height
    box = detection.box
    left, top = min(crop.left + box.left * width, 1.0), min(crop.top + box.top * height, 1.0)
    right, bottom = min(crop.left + box.right * width, 1.0), min(crop.top + box.bottom * height, 1.0)
    return replace(detection, box=Box(left, top, max(left, right), max(top, bottom)))


def merged(detections: Sequence[Detection]) -> tuple[Detection, ...]:
    """Each once, best first: of two with one label that share most of the smaller box, the better one."""
    kept: list[Detection] = []
    for detection in sorted(detections, key=lambda one: -one.score):
        if not any(one.label == detection.label and _share(one.box, detection.box) >= SAME_SHARE for one in kept):
            kept.append(detection)
    return tuple(kept)


def is_cut(box: Box, crop: Box) -> bool:
    """Whether an edge of the crop that is none of the picture's cuts it; `box` is in parts of the crop.

    Half a thing, seen large, may look like half a person: of these the whole picture decides.
    """
    sides = (box.left, crop.left), (box.top, crop.top), (1.0 - box.right, 1.0 - crop.right)
    return any(away <= AT_THE_EDGE and inside > 0.0 for away, inside in (*sides, (1.0 - box.bottom, 1.0 - crop.bottom)))


def _crop(box: Box, aspect: float, settings: RegionSettings) -> Box:
    """Square in pixels where the picture allows it: `aspect` times as high, in parts, as it is wide."""
    width, height = (box.right - box.left) * (1 + 2 * settings.margin), box.height * (1 + 2 * settings.margin)
    width = max(width, height / aspect, settings.least_side, settings.least_side / aspect)
    left, right = _span((box.left + box.right) / 2, min(width, 1.0))
    top, bottom = _span((box.top + box.bottom) / 2, min(width * aspect, 1.0))
    return Box(min(left, box.left), min(top, box.top), max(right, box.right), max(bottom, box.bottom))


def _span(middle: float, length: float) -> tuple[float, float]:
    """So long and around the middle, moved into the picture."""
    start = min(max(middle - length / 2, 0.0), 1.0 - length)
    return start, min(start + length, 1.0)


def _touching(crops: Sequence[Box]) -> tuple[int, int] | None:
    """The first two that share area: what stands in both would be seen twice, or half."""
    for first, one in enumerate(crops):
        for second in range(first + 1, len(crops)):
            if one.overlap(crops[second]) > 0.0:
                return first, second
    return None


def _share(one: Box, other: Box) -> float:
    """How much of the smaller box lies in the other."""
    smaller = min(one.area, other.area)
    return one.shared(other) / smaller if smaller > 0.0 else 0.0

"""A named polygon of the picture, and whether a point lies in it.  Whether a detection counts there: `relevance`."""

from dataclasses import dataclass

Point = tuple[float, float]

# A thousandth of a pixel of the largest picture: corners that were typed with few digits still hold their edges.
EDGE = 1e-7


@dataclass(frozen=True, slots=True)
class Zone:
    """Where detections count, or with `exclude` where they do not; its edges belong to it.

    At least three corners in parts of the picture.  `least_heights` says for a label how high its box must be here, in
    parts of the picture's height.
    """

    name: str
    polygon: tuple[Point, ...]
    exclude: bool = False
    least_heights: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        if len(self.polygon) < 3:
            msg = f"zone {self.name!r} has {len(self.polygon)} corners and needs at least 3"
            raise ValueError(msg)
        if not all(0.0 <= x <= 1.0 and 0.0 <= y <= 1.0 for x, y in self.polygon):
            msg = f"zone {self.name!r} has a corner outside the picture; x and y go from 0 to 1"
            raise ValueError(msg)
        if not all(0.0 <= height <= 1.0 for _, height in self.least_heights):
            msg = f"zone {self.name!r} has a least height that is no part of the picture; it goes from 0 to 1"
            raise ValueError(msg)

    def __contains__(self, point: Point) -> bool:
        """Even-odd rule (W. R. Franklin's PNPOLY): count the edges that a ray to the right crosses.

        PNPOLY leaves half of the border out.  Here all of it is in: whoever stands at the door has his feet on the
        lower edge of the picture, and so has the zone that was drawn down to it.
        """
        x, y = point
        inside = False
        previous_x, previous_y = self.polygon[-1]
        for corner_x, corner_y in self.polygon:
            if _on_edge(point, (previous_x, previous_y), (corner_x, corner_y)):
                return True
            if (corner_y > y) != (previous_y > y):
                crossing = (previous_x - corner_x) * (y - corner_y) / (previous_y - corner_y) + corner_x
                inside ^= x < crossing
            previous_x, previous_y = corner_x, corner_y
        return inside


def _on_edge(point: Point, start: Point, end: Point) -> bool:
    """Whether the point is at most EDGE away from what lies between the two ends."""
    along_x, along_y = end[0] - start[0], end[1] - start[1]
    from_x, from_y = point[0] - start[0], point[1] - start[1]
    length_squared = along_x * along_x + along_y * along_y
    part = (along_x * from_x + along_y * from_y) / length_squared if length_squared > 0.0 else 0.0
    nearest = min(max(part, 0.0), 1.0)
    return (from_x - nearest * along_x) ** 2 + (from_y - nearest * along_y) ** 2 <= EDGE * EDGE

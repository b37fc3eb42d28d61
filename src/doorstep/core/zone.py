"""A named polygon of the picture, and whether a point lies in it."""

from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Zone:
    """Where detections count; corners in parts of the picture, at least three."""

    name: str
    polygon: tuple[Point, ...]

    def __contains__(self, point: Point) -> bool:
        """Even-odd rule (W. R. Franklin's PNPOLY): count the edges that a ray to the right crosses."""
        x, y = point
        inside = False
        previous_x, previous_y = self.polygon[-1]
        for corner_x, corner_y in self.polygon:
            if (corner_y > y) != (previous_y > y):
                crossing = (previous_x - corner_x) * (y - corner_y) / (previous_y - corner_y) + corner_x
                inside ^= x < crossing
            previous_x, previous_y = corner_x, corner_y
        return inside

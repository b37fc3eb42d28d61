"""Which detections count at one camera: by size, and by the zone where the feet are.  Following them: `tracking`."""

from collections.abc import Sequence
from dataclasses import dataclass

from doorstep.core.detection import Detection
from doorstep.core.zone import Zone

LEAST_HEIGHT = 0.08
WHOLE_PICTURE = ""


@dataclass(frozen=True, slots=True)
class Relevance:
    """Heights are in parts of the picture's; `least_heights` are of labels and hold where no zone says otherwise."""

    zones: tuple[Zone, ...] = ()
    least_heights: tuple[tuple[str, float], ...] = ()

    def zone_of(self, detection: Detection) -> str | None:
        """The name of the first zone in which it counts; WHOLE_PICTURE without such zones; None: it does not count.

        A detection is where its feet are.  Where a zone excludes, nothing counts, whatever other zones say.
        """
        there = [zone for zone in self.zones if detection.box.feet in zone]
        if any(zone.exclude for zone in there):
            return None
        if all(zone.exclude for zone in self.zones):
            return WHOLE_PICTURE if detection.box.height >= self._least(detection.label, ()) else None
        for zone in there:
            if detection.box.height >= self._least(detection.label, zone.least_heights):
                return zone.name
        return None

    def middle_of(self, zone: str) -> float:
        """The middle of a zone across the picture, 0..1; the picture's own where none is called so."""
        corners = [x for one in self.zones if one.name == zone for x, _ in one.polygon]
        return (min(corners) + max(corners)) / 2 if corners else 0.5

    def _least(self, label: str, own: Sequence[tuple[str, float]]) -> float:
        return dict(own).get(label, dict(self.least_heights).get(label, LEAST_HEIGHT))

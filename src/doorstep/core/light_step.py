"""Is it the light that changed, all over the picture at once?  A rule over shares; measuring them is elsewhere."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LightStepSettings:
    """`share` of the picture has to change at once; it may take `longest` seconds, and for `rest` more comes no other.

    So whoever fills the picture counts as soon as the step is over.  Pictures `longest` apart do not tell that anything
    changed at once: between two key frames somebody may have come close.
    """

    share: float = 0.4
    longest: float = 1.0
    rest: float = 5.0


class LightStep:
    """A lamp, or a camera that changes to infrared: most of the picture is new, once.  One connection."""

    def __init__(self, settings: LightStepSettings = LightStepSettings()) -> None:
        self._settings = settings
        self._began: float | None = None

    def settles(self, at: float) -> bool:
        """Whether the camera still gets used to a new light: what seems to have moved may be that."""
        return self._began is not None and 0.0 <= at - self._began <= self._settings.longest

    def observe(self, before: float, at: float, changed: float) -> bool:
        """Whether this picture shows a new light, so that it is the background from here on.

        `changed` is the part of the picture, 0..1, that differs from the one `before`; both are at seconds within the
        connection, and a step backwards is another connection.
        """
        if changed < self._settings.share or at - before >= self._settings.longest:
            return False
        since = None if self._began is None else at - self._began
        if since is None or not 0.0 <= since < self._settings.longest + self._settings.rest:
            self._began = at
            return True
        return since <= self._settings.longest

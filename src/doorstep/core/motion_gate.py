"""May the detector look?  Rules with hysteresis only; how much moved is measured in `vision`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MotionGateSettings:
    """Scores are the part of the picture that changed, 0..1; `close_at` is at most `open_at`."""

    open_at: float = 0.004
    close_at: float = 0.002
    hold_seconds: float = 2.0

    def __post_init__(self) -> None:
        if not (0.0 <= self.close_at <= self.open_at and self.hold_seconds >= 0.0):
            msg = "a motion gate needs 0 <= close_at <= open_at and a hold of at least 0 seconds"
            raise ValueError(msg)


class MotionGate:
    """Opens at a score of `open_at`, and closes once none reached `close_at` for more than `hold_seconds`."""

    def __init__(self, settings: MotionGateSettings) -> None:
        self._settings = settings
        self._observed_at: float | None = None
        self._moved_at: float | None = None

    def observe(self, at: float, score: float) -> bool:
        """Whether it is open at this frame.

        `at` is seconds within the connection; a step backwards is another connection, and the gate begins anew.
        """
        if self._observed_at is not None and at < self._observed_at:
            self._moved_at = None
        self._observed_at = at
        if score >= (self._settings.close_at if self._is_open(at) else self._settings.open_at):
            self._moved_at = at
        return self._is_open(at)

    def _is_open(self, at: float) -> bool:
        return self._moved_at is not None and at - self._moved_at <= self._settings.hold_seconds


class LookRule:
    """When a frame is worth a look of the detector, which costs more than everything else."""

    def __init__(self, look_at_least_every: float) -> None:
        self._look_at_least_every = look_at_least_every
        self._looked_at: float | None = None

    def due(self, at: float, *, moving: bool, somebody_present: bool) -> bool:
        """Whether to look at this frame; yes counts as a look.  `at` is seconds within the connection.

        The first frame is always due, also after a step backwards, which is another connection.
        """
        since = None if self._looked_at is None else at - self._looked_at
        if moving or somebody_present or since is None or since < 0 or since >= self._look_at_least_every:
            self._looked_at = at
            return True
        return False

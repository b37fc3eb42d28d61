"""Taps for tests of sources: what they want is a rule, what they get is a list."""

from collections.abc import Callable
from dataclasses import dataclass, field

from doorstep.ports import Frame, Wish
from fakes.clock import FakeClock


def nothing(_at: float) -> bool:
    """Wants no frame at all."""
    return False


@dataclass
class ListTap:
    """Implements `ports.FrameTap`."""

    rule: Callable[[float], Wish] = nothing
    frames: list[Frame] = field(default_factory=list)

    def wants(self, at: float) -> Wish:
        """By the rule."""
        return self.rule(at)

    def put(self, frame: Frame) -> None:
        """Keep it."""
        self.frames.append(frame)


class HurriedClock(FakeClock):
    """Each look at it is a step later than the last, so that whoever paces by it never waits."""

    def __init__(self, step: float = 1.0) -> None:
        super().__init__()
        self._step = step

    def monotonic(self) -> float:
        """Seconds; a step more with each call."""
        self.advance(self._step)
        return super().monotonic()

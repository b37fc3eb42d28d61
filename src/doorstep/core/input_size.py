"""How large a model sees pictures: the sizes, and which of them a machine can afford.  Measuring lives in `vision`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

Side = Literal[416, 320, 256]
InputSize = Literal["auto", "own"] | Side
"""What the owner may choose: a side in pixels, the model's own, or what `choose_size` finds affordable."""

SIDES: Final[tuple[Side, ...]] = get_args(Side)
"""The sides that were measured, the best first."""

AFFORDABLE: Final = 0.5
"""The part of the detector's time that looks may take while somebody is at every camera."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What one look at `side` x `side` pixels took, in milliseconds."""

    side: int
    milliseconds: float


@dataclass(frozen=True, slots=True)
class SizeChoice:
    """The side to use, and one sentence for the owner that says why; whether this machine looks as often as wanted."""

    side: int
    reason: str
    suffices: bool = True


@dataclass(frozen=True, slots=True)
class SizedModel:
    """What looks on this machine: the model's name and the size that was chosen for its pictures."""

    name: str
    size: SizeChoice


def affordable(trial: Trial, looks_per_second: float) -> bool:
    """Whether so many looks (of all cameras together) leave the detector half of its time."""
    return trial.milliseconds * looks_per_second <= 1000 * AFFORDABLE


def choose_size(trials: Sequence[Trial], looks_per_second: float) -> SizeChoice:
    """The largest affordable side; where none is, the fastest.  `trials` is not empty.

    `looks_per_second` counts the looks of all cameras together, were somebody at each of them.
    """
    fitting = [trial for trial in trials if affordable(trial, looks_per_second)]
    told = ", ".join(f"{trial.side}: {trial.milliseconds:.0f} ms" for trial in trials)
    wanted = f"{looks_per_second:g} looks a second"
    if fitting:
        chosen = max(fitting, key=lambda trial: trial.side)
        return SizeChoice(chosen.side, f"{chosen.side} is the largest that affords {wanted} here ({told}).")
    chosen = min(trials, key=lambda trial: (trial.milliseconds, trial.side))
    fastest = 1000 * AFFORDABLE / chosen.milliseconds
    return SizeChoice(
        chosen.side,
        f"{chosen.side} is the fastest, yet this machine affords only {fastest:.1f} of {wanted} ({told});"
        " looks will come later when every camera is busy.",
        suffices=False,
    )

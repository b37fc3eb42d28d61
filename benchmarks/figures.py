"""A figure: what was measured, over how many rounds, against which goal, on what machine; printed as a line of JSON.

How each figure is measured lives in the file of its benchmark.
"""

import json
import os
import platform
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Work = Callable[[], object]
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` is the median (or what `unit` says), `low` and `high` bound all rounds; no goal: told for comparison."""

    name: str
    value: float
    low: float
    high: float
    unit: str
    rounds: int
    goal: float | None = None
    beside: Mapping[str, float | str] = field(default_factory=dict)

    def line(self) -> str:
        """One line of JSON, with the machine and how loaded it was."""
        told: dict[str, object] = {
            "figure": self.name,
            "value": _short(self.value),
            "min": _short(self.low),
            "max": _short(self.high),
            "unit": self.unit,
            "rounds": self.rounds,
        }
        if self.goal is not None:
            told |= {"goal": self.goal, "met": self.value <= self.goal}
        told |= {key: _short(value) if isinstance(value, float) else value for key, value in self.beside.items()}
        return json.dumps(told | {"machine": machine(), "load": _short(os.getloadavg()[0])})


def tell(figure: Figure) -> None:
    print(figure.line(), flush=True)


def of_rounds(
    name: str, values: Sequence[float], unit: str, goal: float | None = None, **beside: float | str
) -> Figure:
    """The median of some rounds and their bounds."""
    return Figure(name, statistics.median(values), min(values), max(values), unit, len(values), goal, beside)


def ratio(
    name: str,
    ours: Sequence[float],
    floor: Sequence[float],
    unit: str,
    goal: float | None = None,
    **beside: float | str,
) -> Figure:
    """Ours to a floor of the same rounds: the medians' ratio, bounded by the ratios of single rounds."""
    ratios = [one / other for one, other in zip(ours, floor, strict=True)]
    value = statistics.median(ours) / statistics.median(floor)
    return Figure(name, value, min(ratios), max(ratios), unit, len(ratios), goal, beside)


def interleaved(works: Mapping[str, Work], rounds: int, clock: Clock, *, warm_up: int = 1) -> dict[str, list[float]]:
    """How long each work took by `clock` in each round; all take their turn in every round."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for number in range(warm_up + rounds):
        for name, work in works.items():
            begin = clock()
            work()
            seconds = clock() - begin
            if number >= warm_up:
                taken[name].append(seconds)
    return taken


def percentile(values: Sequence[float], part: float) -> float:
    """The smallest value that at least `part` (0 to 1) of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-part * len(ordered) // 1) - 1)]


def machine() -> str:
    """What matters of it, without a name."""
    return f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def _short(value: float) -> float:
    return float(f"{value:.4g}")

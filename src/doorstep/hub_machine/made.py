"""What setting up changed besides the hub's own files: noted before it is done, to be undone by `remove`."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from doorstep.hub_machine.whole_file import write_whole

NAME: Final = "made.json"


@dataclass(frozen=True, slots=True)
class Made:
    """Packages that were installed; units that were put to rest, which of those ran; units that wait to be woken."""

    packages: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    ran: tuple[str, ...] = ()
    to_wake: tuple[str, ...] = ()

    def with_packages(self, names: Sequence[str]) -> "Made":
        """These were installed too."""
        return replace(self, packages=tuple(sorted({*self.packages, *names})))

    def with_masked(self, unit: str, *, ran: bool) -> "Made":
        """This unit was put to rest; what was noted of it first counts."""
        if unit in self.masked:
            return self
        return replace(self, masked=(*self.masked, unit), ran=(*self.ran, unit) if ran else self.ran)

    def with_waking(self, units: Sequence[str]) -> "Made":
        """These units' files are about to change."""
        return replace(self, to_wake=tuple(sorted({*self.to_wake, *units})))

    def awake(self) -> "Made":
        """They all run with the files that there are."""
        return replace(self, to_wake=())


def read_made(settings: Path) -> Made:
    """A note that is not ours counts as none: then there is less to undo, and nothing too much."""
    try:
        parts: Any = json.loads((settings / NAME).read_text(encoding="utf-8"))
        return Made(**{name: tuple(map(str, parts[name])) for name in asdict(Made())})
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return Made()


def write_made(settings: Path, made: Made) -> None:
    """Raises HubRefused."""
    if read_made(settings) != made:
        write_whole(settings / NAME, json.dumps(asdict(made), indent=2) + "\n", 0o644)

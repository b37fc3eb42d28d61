"""Do store and catalog agree?  What `doorstep fsck` says, for campaigns, with the server stopped; changes nothing."""

from dataclasses import dataclass
from pathlib import Path

from doorstep.app.fsck import check_recordings

POST_ROLL = 2.0


@dataclass(frozen=True, slots=True)
class Agreement:
    """Every fault in words; none is well.  A recording that nobody has finished is one."""

    faults: tuple[str, ...]
    events: int

    @property
    def is_whole(self) -> bool:
        return not self.faults


def agreement(data: Path) -> Agreement:
    """Every row against its file, every file against its row, and every byte of both."""
    found = check_recordings(data, POST_ROLL, lambda *_: None, repair=False)
    assert not found.running
    faults = [f"{one.found.fault}: {one.found.key} {one.found.words}" for one in found.outcomes]
    faults += [note for note in found.findings.notes if "not finished" in note]
    return Agreement(tuple(faults), found.findings.events)

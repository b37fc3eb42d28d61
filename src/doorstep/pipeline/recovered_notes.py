"""What a recovery remembers of the clips that it rebuilt, for its next run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from doorstep.core.event import EventId
from doorstep.core.off_site_key import read_copy_key
from doorstep.pipeline.recovered_folder import RecoveredFolder


@dataclass(frozen=True, slots=True)
class KeptClip:
    """A rebuilt clip: its file by its key, what it shows, and how much is missing between that, in so many holes."""

    key: str
    size: int
    starts_at: datetime
    ends_at: datetime
    missing_seconds: float = 0.0
    holes: int = 0


class RecoveredNotes:
    """Kept in the folder itself.  Not for several threads."""

    def __init__(self, folder: RecoveredFolder) -> None:
        self._folder = folder
        self._notes = folder.notes()

    def clips_of(self, event: EventId, mark: str | None = None) -> tuple[KeptClip, ...]:
        """What an event's parts made before, () where that is not known or other parts have arrived since."""
        found = self._notes.get(event)
        try:
            if not isinstance(found, dict) or (mark is not None and found["mark"] != mark):
                return ()
            return tuple(_clip(row) for row in found["clips"])
        except (KeyError, TypeError, ValueError, AttributeError):
            return ()

    def keep(self, event: EventId, mark: str, clips: Sequence[KeptClip]) -> None:
        """Of parts with this mark.  Raises StoreUnavailable, StoreFull."""
        self._notes[event] = {"mark": mark, "clips": [_row(clip) for clip in clips]}
        self._folder.keep_notes(self._notes)


def _row(clip: KeptClip) -> dict[str, object]:
    return {
        "file": clip.key,
        "bytes": clip.size,
        "starts_at": clip.starts_at.isoformat(),
        "ends_at": clip.ends_at.isoformat(),
        "missing_seconds": clip.missing_seconds,
        "holes": clip.holes,
    }


def _clip(row: dict[str, object]) -> KeptClip:
    """Raises ValueError, KeyError, TypeError for what was not kept so."""
    key = str(row["file"])
    if read_copy_key(key) is None:
        raise ValueError(key)
    starts_at, ends_at = (datetime.fromisoformat(str(row[name])) for name in ("starts_at", "ends_at"))
    missing, holes = row["missing_seconds"], row["holes"]
    if not isinstance(missing, int | float) or not isinstance(holes, int) or starts_at.tzinfo is None:
        raise TypeError(key)
    return KeptClip(key, int(str(row["bytes"])), starts_at, ends_at, float(missing), holes)

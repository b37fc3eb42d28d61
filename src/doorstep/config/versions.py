"""The last states of the config file, each in a file of its own in the data folder, for its owner's eyes only."""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from doorstep.config.whole_file import write_whole
from doorstep.core.settings_edit import VERSIONS_KEPT, SettingsUnwritable

_RIGHTS = 0o600


@dataclass(frozen=True, slots=True)
class State:
    """The whole text that held since `at`, who made it so, and what that was in words."""

    id: str
    at: datetime
    who: str
    what: str
    text: str = field(repr=False)


def version_of(text: str) -> str:
    """By what two states are told apart."""
    return sha256(text.encode()).hexdigest()


class KeptVersions:
    """The newest of them, `VERSIONS_KEPT` at most.  Blocks; one thread at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def all(self) -> Sequence[State]:
        """Newest first; what cannot be read is left out."""
        found = (self._read(path) for path in sorted(self._paths(), reverse=True))
        return [state for state in found if state is not None]

    def newest(self) -> State | None:
        """None where nothing was kept yet."""
        return next(iter(self.all()), None)

    def keep(self, text: str, at: datetime, who: str, what: str) -> State:
        """One more; the oldest goes.  Raises SettingsUnwritable."""
        newest = max((path.stem for path in self._paths()), default="")
        state_id = f"{at:%Y%m%dT%H%M%S%f}-{version_of(text)[:8]}"
        if state_id <= newest:  # the clock was set back
            state_id = f"{newest[:21]}z{version_of(text)[:8]}" if newest[21:22] != "z" else f"{newest}z"
        state = State(state_id, at, who, what, text)
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            msg = f"{self._folder} cannot be made ({error.strerror})."
            raise SettingsUnwritable(msg) from error
        document = {"at": at.isoformat(), "who": who, "what": what, "text": text}
        write_whole(self._folder / f"{state.id}.json", json.dumps(document, ensure_ascii=False), _RIGHTS)
        for path in sorted(self._paths(), reverse=True)[VERSIONS_KEPT:]:
            with suppress(OSError):
                path.unlink()
        return state

    def _paths(self) -> list[Path]:
        try:
            return [path for path in self._folder.iterdir() if path.suffix == ".json" and path.name[0] != "."]
        except OSError:
            return []

    def _read(self, path: Path) -> State | None:
        with suppress(OSError, ValueError, KeyError, TypeError):
            kept = json.loads(path.read_text(encoding="utf-8"))
            return State(path.stem, datetime.fromisoformat(kept["at"]), kept["who"], kept["what"], kept["text"])
        return None

"""What the web may do with the settings: read and change their file, use it, and begin anew."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from doorstep.core.audit import AuditEntry
from doorstep.core.settings_edit import (
    AnyChange,
    Changed,
    KeptVersion,
    SettingsKey,
    SettingsPreview,
    SettingsUnwritable,
    SettingsView,
)
from doorstep.ports import SettingsFile

_NONE = "This server has no file for its settings."


class NoSettingsFile:
    """Implements `ports.SettingsFile` where there is none."""

    def read(self) -> SettingsView:
        """Empty."""
        return SettingsView("", "", False, _NONE, "", {}, [], [], [])

    def preview(self, version: str, changes: Sequence[AnyChange]) -> SettingsPreview:
        """Raises SettingsUnwritable."""
        del version, changes
        raise SettingsUnwritable(_NONE)

    def preview_restore(self, version: str, version_id: str) -> SettingsPreview | None:
        """There is none."""
        del version, version_id
        return None

    def change(self, version: str, changes: Sequence[AnyChange], who: str) -> Changed:
        """Raises SettingsUnwritable."""
        del version, changes, who
        raise SettingsUnwritable(_NONE)

    def versions(self) -> Sequence[KeptVersion]:
        """There are none."""
        return []

    def restore(self, version: str, version_id: str, who: str) -> Changed | None:
        """There is none."""
        del version, version_id, who
        return None


async def _nothing_to_use() -> str:
    return ""


async def _stays() -> str:
    return "This server cannot begin anew by itself. Restart Doorstep where it was started."


def _unnoted(entry: AuditEntry) -> None:
    del entry


@dataclass(frozen=True, slots=True)
class SettingsParts:
    """The file, and the house that runs by it.

    `use` has the house use what can be used at once; why it could not, or nothing.  `waiting` are the tables that wait
    for a restart.  `begin_anew` ends this run and begins another one, in a moment; why it does not, or nothing.
    `restart_seconds` is for how long that interrupts everything.  `known_keys` are all that the file may hold.
    """

    file: SettingsFile = field(default_factory=NoSettingsFile)
    use: Callable[[], Awaitable[str]] = _nothing_to_use
    waiting: Callable[[], Sequence[str]] = tuple
    begin_anew: Callable[[], Awaitable[str]] = _stays
    restart_seconds: float = 0.0
    known_keys: Callable[[], Sequence[SettingsKey]] = tuple
    note: Callable[[AuditEntry], None] = _unnoted

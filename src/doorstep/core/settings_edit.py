"""A change of the settings as somebody asks for it, and what becomes of it.  Writing it down lives in `config`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from doorstep.core.errors import ConfigInvalid, DoorstepError

SettingsPath = tuple[str | int, ...]
"""Where a key stands: ("events", "pre_roll").  Cameras are named by their id, tables without one by their number."""

VERSIONS_KEPT = 10


@dataclass(frozen=True, slots=True)
class SettingsChange:
    """The key at `path` shall have this value, of JSON's kinds; None takes it out, and its default holds."""

    path: SettingsPath
    value: object = field(repr=False)


@dataclass(frozen=True, slots=True)
class SecretChange:
    """What `${name}` in the settings shall mean, as it stands in an address; it lies beside the file, never in it."""

    name: str
    value: str = field(repr=False)


AnyChange = SettingsChange | SecretChange


@dataclass(frozen=True, slots=True)
class SettingsFault:
    """What is wrong with the key at `path`, in words that hold no value."""

    path: SettingsPath
    what: str


class LineKind(StrEnum):
    """What becomes of a line."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of the file, without secrets."""

    kind: LineKind
    text: str


@dataclass(frozen=True, slots=True)
class SettingsView:
    """The file as it may be shown.

    `values` are its tables with defaults filled in, without its cameras; `secrets` are where a value is shown without
    its secret, and `secret_names` are those that lie beside the file.  `why_not` says why nothing can be written, in
    words for its owner.  `fault` is what is wrong with the file itself, empty where nothing is.
    """

    version: str
    path: str
    writable: bool
    why_not: str
    fault: str
    values: Mapping[str, object]
    cameras: Sequence[Mapping[str, object]]
    secrets: Sequence[SettingsPath]
    secret_names: Sequence[str]


@dataclass(frozen=True, slots=True)
class SettingsPreview:
    """What a change would do: lines of the file, what is wrong, and the tables that would wait for a restart."""

    diff: Sequence[DiffLine]
    faults: Sequence[SettingsFault]
    restart: Sequence[str]


@dataclass(frozen=True, slots=True)
class Changed:
    """A change was written: the file's version now, what it was in words without values, and what waits."""

    version: str
    what: str
    restart: Sequence[str]


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """One state of the file; `who` is empty where it was edited outside of Doorstep."""

    id: str
    at: datetime
    who: str
    what: str
    is_current: bool


class SettingsChanged(DoorstepError):
    """The file is not the version any more that the change was made for; who changed it last and when, if known."""

    def __init__(self, who: str = "", at: datetime | None = None) -> None:
        by = f" by {who}" if who else ""
        super().__init__(f"The settings were changed{by} meanwhile. Look at them again, then save yours.")
        self.who = who
        self.at = at


class SettingsRefused(ConfigInvalid):
    """The change would make settings that cannot be used; nothing was written."""

    def __init__(self, faults: Sequence[SettingsFault]) -> None:
        super().__init__("\n".join(f"{'.'.join(map(str, fault.path))}: {fault.what}" for fault in faults))
        self.faults = tuple(faults)


class SettingsUnwritable(DoorstepError):
    """The file cannot be written; the message says why and what to do.  What it held, it holds."""


class KeyKind(StrEnum):
    """What a key takes; SIZE is bytes, or words such as "50 GB", SECRET is never shown, OTHER is edited elsewhere."""

    TEXT = "text"
    NUMBER = "number"
    WHOLE = "whole"
    SWITCH = "switch"
    SIZE = "size"
    CHOICE = "choice"
    CHOICES = "choices"
    LIST = "list"
    SECRET = "secret"  # noqa: S105 - a kind
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class SettingsKey:
    """One key and what it means; `default` None where nothing is said, `at_once` whether it needs no restart.

    Keys `in_list` are of tables of which there may be several.
    """

    path: tuple[str, ...]
    kind: KeyKind
    default: object
    is_needed: bool
    help: str
    choices: Sequence[str | int]
    least: float | None
    most: float | None
    at_once: bool
    in_list: bool

"""Which keys of the config file a Doorstep of before called otherwise.  Reading and writing them anew: `config`."""

from collections.abc import Sequence
from dataclasses import dataclass

Names = tuple[str, ...]
"""Tables and a key; a list is named once, whatever number of it is meant: ("camera", "name")."""


@dataclass(frozen=True, slots=True)
class RenamedKey:
    """Since the version `since`, `was` is called `now`: a key or a table in its place, or a key of another table.

    A key that goes to another table leaves one that is still known, and neither of both tables is in a list.
    """

    since: str
    was: Names
    now: Names


RENAMED: Sequence[RenamedKey] = ()
"""Oldest first.  None is ever taken out, so that a config of any version is brought up, name by name."""


def name_of_now(was: Names, renamed: Sequence[RenamedKey]) -> Names:
    """What a key, or one in a table that was renamed, is called by now."""
    for key in renamed:
        if was[: len(key.was)] == key.was:
            was = key.now + was[len(key.was) :]
    return was


def renamed_after(version: str, renamed: Sequence[RenamedKey]) -> Sequence[RenamedKey]:
    """Those that the Doorstep of this version, such as 0.1.0, calls as before."""
    return [key for key in renamed if _numbers(key.since) > _numbers(version)]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())

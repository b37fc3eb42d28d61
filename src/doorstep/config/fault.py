"""One thing that is wrong with the config file, and how all of them are told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from doorstep.config.key_lines import KeyPath
from doorstep.core.errors import ConfigInvalid

_LONGEST_KEY = 80


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the key at `path`, in words that hold no value of the file."""

    path: KeyPath
    words: str


def config_invalid(file: str, lines: Mapping[KeyPath, int], faults: Iterable[Fault]) -> ConfigInvalid:
    """All faults, one line each, in the order of the file; what is wrong in several entries of a list is said once."""
    told = sorted({(line_of(lines, fault.path) or 0, shown(fault.path), fault.words) for fault in faults})
    return ConfigInvalid("\n".join(f"{_place(file, line)}: {key}: {words}" for line, key, words in told))


def line_of(lines: Mapping[KeyPath, int], path: KeyPath) -> int | None:
    """Where the key stands, or the nearest thing around it that does."""
    *table, name = path
    candidates = [path, (*table, f"{name}_file"), *(path[:length] for length in range(len(path) - 1, 0, -1))]
    return next((lines[candidate] for candidate in candidates if candidate in lines), None)


def _place(file: str, line: int) -> str:
    return f"{file}, line {line}" if line else file


def shown(path: KeyPath) -> str:
    """camera.zones.polygon: the line tells which of several it is."""
    names = (name for name in path if isinstance(name, str))
    text = ".".join(name if name.isprintable() else ascii(name) for name in names)
    return text if len(text) <= _LONGEST_KEY else f"{text[:_LONGEST_KEY]}…"

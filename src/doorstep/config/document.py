"""The config file as nested tables, before anybody asks what its keys mean."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from doorstep.config.fault import Fault
from doorstep.config.key_lines import KeyPath, key_lines
from doorstep.config.older_names import OlderName, use_names_of_now
from doorstep.core.errors import ConfigInvalid

_LARGEST = 1024 * 1024
_POSITION = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")

# TOML's values: str, int, float, bool, dates, lists and tables of them.
Value = Any


@dataclass(slots=True)
class Document:
    """Tables and values by the names of now, and the line of each.

    `aside` are keys whose fault is known, taken out of the tables; `older` the names of before that the file has, and
    `faults` what cannot be brought to the names of now.
    """

    file: str
    folder: Path
    tables: dict[str, Value] = field(default_factory=dict)
    lines: dict[KeyPath, int] = field(default_factory=dict)
    aside: set[KeyPath] = field(default_factory=set)
    older: list[OlderName] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def table(self, *path: str | int) -> dict[str, Value]:
        """The table at this path, an empty one if there is none."""
        found: Value = self.tables
        for key in path:
            try:
                found = found[key]
            except (KeyError, IndexError, TypeError):
                return {}
        return found if isinstance(found, dict) else {}

    def cameras(self) -> Iterator[tuple[KeyPath, dict[str, Value]]]:
        """Each [[camera]] with its path."""
        cameras = self.tables.get("camera")
        for number, camera in enumerate(cameras if isinstance(cameras, list) else []):
            if isinstance(camera, dict):
                yield ("camera", number), camera

    def numbered(self, *path: str) -> Iterator[tuple[KeyPath, dict[str, Value]]]:
        """Each table of an array of tables, such as [[notify.webhook]], with its path."""
        found = self.table(*path[:-1]).get(path[-1])
        for number, table in enumerate(found if isinstance(found, list) else []):
            if isinstance(table, dict):
                yield (*path, number), table

    def set_aside(self, path: KeyPath) -> None:
        """Take out the innermost key of the path, so that the rest can be judged without it."""
        while path and isinstance(path[-1], int):
            path = path[:-1]
        if path:
            self.table(*path[:-1]).pop(str(path[-1]), None)
            self.aside.add(path)


def read_document(path: Path) -> Document:
    """The file at `path`.  Raises ConfigInvalid when it cannot be read or is not TOML."""
    return parse(read_text(path), str(path), path.absolute().parent)


def read_text(path: Path) -> str:
    """Its text.  Raises ConfigInvalid when it cannot be read, is too large or no UTF-8."""
    file = str(path)
    try:
        with path.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
    except OSError as error:
        msg = f"{file}: the config file cannot be read ({error.strerror}). Check its path and rights."
        raise ConfigInvalid(msg) from error
    if len(content) > _LARGEST:
        msg = f"{file}: the config file is larger than 1 MiB; that cannot be right."
        raise ConfigInvalid(msg)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        msg = f"{file}, line {line}: this is not UTF-8 text. Save the file as UTF-8."
        raise ConfigInvalid(msg) from None


def parse(text: str, file: str, folder: Path) -> Document:
    """The document that `text` is.  Raises ConfigInvalid with the line where it is not TOML."""
    try:
        tables = tomllib.loads(text)
    except RecursionError:
        msg = f"{file}: lists or tables are nested too deeply."
        raise ConfigInvalid(msg) from None
    except ValueError as error:
        raise ConfigInvalid(_not_toml(file, text, error)) from None
    lines = key_lines(text)
    found = use_names_of_now(tables, lines)
    document = Document(file, folder, tables, lines, older=found.names, faults=found.faults)
    for fault in found.faults:
        document.set_aside(fault.path)
    return document


def _not_toml(file: str, text: str, error: ValueError) -> str:
    """Of the parser's words those that quote nothing but a key: "Expected '=' after a key in a key/value pair"."""
    found = _POSITION.search(str(error))
    if found is None:
        return f"{file}: this is not TOML; a number is too long."
    line = found[1] or text.rstrip().count("\n") + 1
    return f"{file}, line {line}: this is not TOML: {_POSITION.sub('', str(error))}."

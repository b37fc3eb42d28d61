"""Where each key of a TOML text stands.  What the values are is `tomllib`'s business, changing them that of `edit`."""

import re
import tomllib
from dataclasses import dataclass, field
from typing import Any

KeyPath = tuple[str | int, ...]

# Only texts that tomllib has read come here, so the parts are found, not judged (toml.io, version 1.0).
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_OTHER = re.compile(r"[^,\]}\n#]*")


@dataclass(frozen=True, slots=True)
class ValuePlace:
    """Where one value stands, in characters from the beginning: its key from `start`, itself from `value` to `end`.

    An element of a list has no key.  `section` is the number of the header that it stands under, `is_inline` says that
    it stands inside of another value.
    """

    start: int
    value: int
    end: int
    section: int
    is_inline: bool


@dataclass(frozen=True, slots=True)
class Section:
    """A header and where it stands; the first one of a text is what stands before all headers, and has no words."""

    path: KeyPath
    start: int
    end: int


@dataclass(slots=True)
class Layout:
    """Where everything stands; `lines` are counted from 1, and know tables too."""

    lines: dict[KeyPath, int] = field(default_factory=dict)
    places: dict[KeyPath, ValuePlace] = field(default_factory=dict)
    sections: list[Section] = field(default_factory=lambda: [Section((), 0, 0)])


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line, counted from 1, of every key, table and array element; `text` must be valid TOML.

    Paths are as in what tomllib returns: ("camera", 0, "name").
    """
    return layout_of(text).lines


def layout_of(text: str) -> Layout:
    """Where everything stands in `text`, which must be valid TOML."""
    return _Reader(text).read()


class _Reader:
    """Walks over the text once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._depth = 0
        self._layout = Layout()
        self._lengths: dict[KeyPath, int] = {}

    def read(self) -> Layout:
        table: KeyPath = ()
        while self._skip_blank():
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
        return self._layout

    def _header(self) -> KeyPath:
        start = self._at
        path = self._header_path()
        self._layout.sections.append(Section(path, start, self._at))
        return path

    def _header_path(self) -> KeyPath:
        is_array = self._text.startswith("[[", self._at)
        self._move(2 if is_array else 1)
        keys = self._keys()
        self._move(2 if is_array else 1)
        path: KeyPath = ()
        for key in keys[:-1]:
            path = self._into((*path, key))
        path = (*path, keys[-1])
        if not is_array:
            self._note(path)
            return path
        number = self._lengths.get(path, 0)
        self._lengths[path] = number + 1
        self._note(path)
        self._note((*path, number))
        return (*path, number)

    def _into(self, path: KeyPath) -> KeyPath:
        """A header below an array of tables means the array's last table."""
        self._note(path)
        return (*path, self._lengths[path] - 1) if path in self._lengths else path

    def _pair(self, table: KeyPath) -> None:
        path, start = table, self._at
        for key in self._keys():
            path = (*path, key)
            self._note(path)
        self._move(1)  # the equals sign
        self._value(path, start)

    def _keys(self) -> list[str]:
        """A dotted key, and the blanks behind it."""
        keys = []
        while True:
            self._skip_spaces()
            found = _STRING.match(self._text, self._at) or _BARE_KEY.match(self._text, self._at)
            keys.append(_key_of(found[0]) if found else "")
            self._move(len(found[0]) if found else 1)
            self._skip_spaces()
            if not self._text.startswith(".", self._at):
                return keys
            self._move(1)

    def _value(self, path: KeyPath, start: int) -> None:
        self._skip_spaces()
        value, section, is_inline = self._at, len(self._layout.sections) - 1, self._depth > 0
        self._depth += 1
        match self._text[self._at : self._at + 1]:
            case "[":
                self._array(path)
            case "{":
                self._inline_table(path)
            case _:
                found = _STRING.match(self._text, self._at) or _OTHER.match(self._text, self._at)
                self._move(len(found[0].rstrip()) if found else 0)
        self._depth -= 1
        self._layout.places[path] = ValuePlace(start, value, self._at, section, is_inline)

    def _array(self, path: KeyPath) -> None:
        self._move(1)
        number = 0
        while self._skip_blank() and self._text[self._at] != "]":
            if self._text[self._at] == ",":
                self._move(1)
                continue
            self._note((*path, number))
            self._value((*path, number), self._at)
            number += 1
        self._move(1)

    def _inline_table(self, path: KeyPath) -> None:
        self._move(1)
        while self._skip_blank() and self._text[self._at] != "}":
            if self._text[self._at] == ",":
                self._move(1)
                continue
            self._pair(path)
        self._move(1)

    def _note(self, path: KeyPath) -> None:
        self._layout.lines.setdefault(path, self._line)

    def _skip_blank(self) -> bool:
        """Whether anything is left behind the blanks, line ends and comments."""
        found = _BLANK.match(self._text, self._at)
        self._move(len(found[0]) if found else 0)
        return self._at < len(self._text)

    def _skip_spaces(self) -> None:
        while self._text[self._at : self._at + 1] in {" ", "\t"}:
            self._at += 1

    def _move(self, length: int) -> None:
        self._line += self._text.count("\n", self._at, self._at + length)
        self._at += length


def _key_of(written: str) -> str:
    if written[0] not in "\"'":
        return written
    parsed: dict[str, Any] = tomllib.loads(f"{written} = 0")
    return next(iter(parsed))

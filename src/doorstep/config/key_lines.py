"""Where each key of a TOML text stands.  What the values are is `tomllib`'s business."""

import re
import tomllib
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


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line, counted from 1, of every key, table and array element; `text` must be valid TOML.

    Paths are as in what tomllib returns: ("camera", 0, "name").
    """
    return _Reader(text.replace("\r\n", "\n")).read()


class _Reader:
    """Walks over the text once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._lines: dict[KeyPath, int] = {}
        self._lengths: dict[KeyPath, int] = {}

    def read(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while self._skip_blank():
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
        return self._lines

    def _header(self) -> KeyPath:
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
        path = table
        for key in self._keys():
            path = (*path, key)
            self._note(path)
        self._move(1)  # the equals sign
        self._value(path)

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

    def _value(self, path: KeyPath) -> None:
        self._skip_spaces()
        match self._text[self._at : self._at + 1]:
            case "[":
                self._array(path)
            case "{":
                self._inline_table(path)
            case _:
                found = _STRING.match(self._text, self._at) or _OTHER.match(self._text, self._at)
                self._move(len(found[0]) if found else 0)

    def _array(self, path: KeyPath) -> None:
        self._move(1)
        number = 0
        while self._skip_blank() and self._text[self._at] != "]":
            if self._text[self._at] == ",":
                self._move(1)
                continue
            self._note((*path, number))
            self._value((*path, number))
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
        self._lines.setdefault(path, self._line)

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

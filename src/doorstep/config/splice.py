"""Puts keys into a TOML text and takes them out, at the places where they stand.  What may be asked for: `edit`."""

import re
import tomllib

import tomlkit

from doorstep.config.document import Value
from doorstep.config.key_lines import KeyPath, ValuePlace, layout_of

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_WIDEST = 100

LISTED = frozenset({("camera",), ("button",), ("notify", "apprise"), ("notify", "webhook"), ("live", "turn")})
"""Lists whose tables get headers of their own, [[camera]]."""


class Splice:
    """One text, its tables as they are, and as they shall be.  Its methods return the new text, and prove nothing."""

    def __init__(self, text: str, tables: dict[str, Value], wanted: dict[str, Value]) -> None:
        self._text = text
        self._tables = tables
        self._wanted = wanted
        self._layout = layout_of(text)
        self._break = "\r\n" if "\r\n" in text else "\n"

    def having(self, path: KeyPath, value: Value) -> str:
        """With this value at the path."""
        place = self._layout.places.get(path)
        if place is not None:
            return self._replaced(place, value)
        if (around := self._inline_around(path)) is not None:
            return self._rewritten(around)
        before = _at(self._tables, path)
        if isinstance(before, dict) and isinstance(value, dict):
            return self._merged(path, before, value)
        if before is not None:
            return Splice(*self._again(self.without(path))).having(path, value)
        return self._added(path, value)

    def without(self, path: KeyPath) -> str:
        """Without the key, or the table with all that is in it."""
        place = self._layout.places.get(path)
        if place is not None and not place.is_inline:
            return self._cut([self._whole_lines(place.start, place.end)])
        if place is not None or self._inline_around(path) is not None:
            around = self._inline_around(path)
            return self._rewritten(around) if around is not None else self._text
        return self._cut([*self._sections_of(path), *self._pairs_of(path)])

    def _merged(self, path: KeyPath, before: dict[str, Value], value: dict[str, Value]) -> str:
        """A table key by key, so that what stays is not written anew."""
        text = self._text
        for key in before.keys() - value.keys():
            text = Splice(*self._again(text)).without((*path, key))
        for key, item in value.items():
            if key not in before or before[key] != item or type(before[key]) is not type(item):
                text = Splice(*self._again(text)).having((*path, key), item)
        return text

    def _again(self, text: str) -> tuple[str, dict[str, Value], dict[str, Value]]:
        return text, tomllib.loads(text), self._wanted

    def _replaced(self, place: ValuePlace, value: Value) -> str:
        written = _written(value) if place.is_inline else self._wide(value)
        return self._text[: place.value] + written + self._text[place.end :]

    def _rewritten(self, path: KeyPath) -> str:
        """The whole value that stands inline at `path`, as it shall be."""
        place = self._layout.places[path]
        return self._replaced(place, _at(self._wanted, path))

    def _inline_around(self, path: KeyPath) -> KeyPath | None:
        """The nearest key around it that stands on a line of its own and has its value there."""
        for length in range(len(path) - 1, 0, -1):
            place = self._layout.places.get(path[:length])
            if place is not None and not place.is_inline:
                return path[:length]
        return None

    def _added(self, path: KeyPath, value: Value) -> str:
        *above, last = path
        parent = tuple(above)
        if isinstance(last, int):
            if not isinstance(value, dict):
                msg = "of lists whose elements have headers each is a table"
                raise TypeError(msg)
            return self.with_section(path, value)
        if isinstance(value, dict) or (_names(path) in LISTED and _is_tables(value)):
            tables = [value] if isinstance(value, dict) else value
            paths = [path] if isinstance(value, dict) else [(*path, number) for number in range(len(tables))]
            text = self._text
            for place, table in zip(paths, tables, strict=True):
                text = Splice(*self._again(text)).with_section(place, table)
            return text
        return self._with_key(parent, str(last), value)

    def _with_key(self, table: KeyPath, key: str, value: Value) -> str:
        line = f"{_key(key)} = {self._wide(value)}"
        number = next((n for n, one in enumerate(self._layout.sections) if one.path == table), None)
        if number is not None:
            return self._behind(self._end_of_keys(number), line, self._indent(number))
        dotted = [
            (path, place)
            for path, place in self._layout.places.items()
            if path[: len(table)] == table and not place.is_inline and self._stands_above(place, table)
        ]
        if dotted:
            _, place = max(dotted, key=lambda one: one[1].end)
            prefix = table[len(self._layout.sections[place.section].path) :]
            line = ".".join([*(_key(str(part)) for part in prefix), line])
            return self._behind(place.end, line, self._indent(place.section))
        return self.with_section(table, {key: value})

    def _stands_above(self, place: ValuePlace, table: KeyPath) -> bool:
        """Whether the table's keys are written with dots, under the header of a table around it."""
        header = self._layout.sections[place.section].path
        return len(header) < len(table) and table[: len(header)] == header

    def with_section(self, path: KeyPath, table: dict[str, Value]) -> str:
        """[table] behind what belongs to the table around it, [[table]] behind the others of its list."""
        names = ".".join(map(_key, _names(path)))
        header = f"[[{names}]]" if isinstance(path[-1], int) else f"[{names}]"
        inner = [(key, item) for key, item in table.items() if isinstance(item, dict) and not isinstance(path[-1], int)]
        lines = [header]
        lines += [f"{_key(key)} = {self._wide(item)}" for key, item in table.items() if (key, item) not in inner]
        at = self._end_of_text(path)
        block = self._break.join(lines)
        head, tail = self._text[:at], self._text[at:]
        gap = "" if not head.strip() else self._break if head.endswith("\n") else 2 * self._break
        text = f"{head}{gap}{block}{self._break}{tail}"
        for key, item in inner:
            text = Splice(*self._again(text)).having((*path, key), item)
        return text

    def _end_of_text(self, path: KeyPath) -> int:
        """Where a new header for `path` may stand: behind all of the same list or table, else at the very end."""
        for length in range(len(path) - 1, 0, -1):
            around = path[:length]
            numbers = [n for n, one in enumerate(self._layout.sections) if one.path[:length] == around]
            if numbers and (isinstance(path[-1], int) or any(isinstance(part, int) for part in around)):
                return self._line_end(self._end_of_keys(max(numbers)))
        return len(self._text)

    def _sections_of(self, path: KeyPath) -> list[tuple[int, int]]:
        numbers = [n for n, one in enumerate(self._layout.sections) if n and one.path[: len(path)] == path]
        return [self._whole_lines(self._layout.sections[n].start, self._end_of_keys(n)) for n in numbers]

    def _pairs_of(self, path: KeyPath) -> list[tuple[int, int]]:
        """Those with dots, under a header of a table around."""
        return [
            self._whole_lines(place.start, place.end)
            for under, place in self._layout.places.items()
            if under[: len(path)] == path and not place.is_inline and self._stands_above(place, path)
        ]

    def _end_of_keys(self, section: int) -> int:
        ends = [one.end for one in self._layout.places.values() if one.section == section and not one.is_inline]
        return max([self._layout.sections[section].end, *ends])

    def _indent(self, section: int) -> str:
        """As the other keys of the section have it."""
        starts = [one.start for one in self._layout.places.values() if one.section == section and not one.is_inline]
        if not starts:
            return ""
        begin = self._text.rfind("\n", 0, starts[-1]) + 1
        return self._text[begin : starts[-1]]

    def _behind(self, at: int, line: str, indent: str) -> str:
        """On a line of its own behind the one that has `at`; at 0 before all."""
        if at == 0:
            return f"{line}{self._break}{self._text}"
        end = self._line_end(at)
        head = self._text[:end]
        gap = "" if head.endswith("\n") else self._break
        return f"{head}{gap}{indent}{line}{self._break}{self._text[end:]}"

    def _whole_lines(self, start: int, end: int) -> tuple[int, int]:
        return self._text.rfind("\n", 0, start) + 1, self._line_end(end)

    def _line_end(self, at: int) -> int:
        found = self._text.find("\n", at)
        return len(self._text) if found < 0 else found + 1

    def _cut(self, spans: list[tuple[int, int]]) -> str:
        text = self._text
        for start, end in sorted(spans, reverse=True):
            text = text[:start] + text[end:]
        return text

    def _wide(self, value: Value) -> str:
        """A long list gets a line for each of its elements."""
        written = _written(value)
        if not isinstance(value, list) or len(written) <= _WIDEST or len(value) < 2:
            return written
        return self._break.join(["[", *(f"  {_written(item)}," for item in value), "]"])


def _is_tables(value: Value) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def _written(value: Value) -> str:
    """On one line."""
    match value:
        case dict():
            inside = ", ".join(f"{_key(key)} = {_written(item)}" for key, item in value.items())
            return f"{{ {inside} }}" if inside else "{}"
        case list():
            return f"[{', '.join(map(_written, value))}]"
        case _:
            return tomlkit.item(value).as_string()


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else tomlkit.item(name).as_string()


def _names(path: KeyPath) -> tuple[str, ...]:
    return tuple(part for part in path if isinstance(part, str))


def _at(tables: Value, path: KeyPath) -> Value:
    """None where there is nothing."""
    for key in path:
        try:
            tables = tables[key]
        except (KeyError, IndexError, TypeError):
            return None
    return tables

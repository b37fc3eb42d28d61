"""A config of a Doorstep of before: its keys get the names of now, in what was read and, letter by letter, in its text.

Which names they are stands in `core/renamed_keys`; who writes the text, and when, in `app/older_names`.
"""

import copy
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from doorstep.config.fault import Fault, shown
from doorstep.config.key_lines import KeyPath, Layout, layout_of
from doorstep.core import renamed_keys
from doorstep.core.renamed_keys import RenamedKey, name_of_now, renamed_after

_KEY = re.compile(r'[ \t]*("(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|[A-Za-z0-9_-]+)[ \t]*(?:\.|(?=[=\]]))')
_COMMENT = re.compile(r"[ \t]*#")

Tables = dict[str, Any]
"""As tomllib reads them."""


@dataclass(frozen=True, slots=True)
class OlderName:
    """One that stands in the file, and how it is called since which version, both in words."""

    line: int
    was: str
    now: str
    since: str


@dataclass(slots=True)
class FoundNames:
    """What was found and renamed, and what cannot be."""

    names: list[OlderName] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def use_names_of_now(tables: Tables, lines: dict[KeyPath, int]) -> FoundNames:
    """Rename in `tables`, and in `lines`, which stay those of the file."""
    found = FoundNames()
    for key in renamed_keys.RENAMED:
        for path in list(_holders(tables, key.was[:-1], ())):
            _rename(tables, lines, path, key, found)
    return found


def text_with_names_of_now(text: str) -> str | None:
    """The same in `text`, which is valid TOML: every other letter, and each comment, stays.

    A key that goes to another table takes along the comment behind it and those right above it.  None where the layout
    does not let us, or a name stands there in both ways.
    """
    for key in renamed_keys.RENAMED:
        tables = tomllib.loads(text)
        wanted, found = copy.deepcopy(tables), FoundNames()
        for path in list(_holders(wanted, key.was[:-1], ())):
            _rename(wanted, {}, path, key, found)
        if found.faults:
            return None
        if not found.names:
            continue
        after = _in_place(text, key) if key.was[:-1] == key.now[:-1] else _moved(text, key)
        if not _says(after, wanted):
            return None
        text = after
    return text


def called_otherwise(tables: Tables, version: str) -> list[tuple[str, str]]:
    """Of what the tables hold, by the names of now: what this version calls otherwise; its name first."""
    found: dict[str, str] = {}
    for key in renamed_after(version, renamed_keys.RENAMED):
        now = name_of_now(key.was, renamed_keys.RENAMED)
        if any(now[-1] in _at(tables, path) for path in _holders(tables, now[:-1], ())):
            found.setdefault(shown(now), shown(key.was))
    return [(then, now) for now, then in found.items()]


def _says(text: str, wanted: Tables) -> bool:
    try:
        return _bare(tomllib.loads(text)) == _bare(wanted)
    except ValueError:
        return False


def _bare(value: object) -> object:
    """Without empty tables: whether one has a header makes no difference."""
    if isinstance(value, list):
        return list(map(_bare, value))
    if not isinstance(value, dict):
        return value
    return {key: item for key, item in ((key, _bare(item)) for key, item in value.items()) if item != {}}


# -------------------------------------------------------------------------------------------------------- what was read


def _holders(tables: object, names: tuple[str, ...], path: KeyPath) -> Iterator[KeyPath]:
    """Every table of that name: several where a list is on the way."""
    match tables:
        case list():
            for number, table in enumerate(tables):
                yield from _holders(table, names, (*path, number))
        case dict() if not names:
            yield path
        case dict() if names[0] in tables:
            yield from _holders(tables[names[0]], names[1:], (*path, names[0]))


def _rename(tables: Tables, lines: dict[KeyPath, int], path: KeyPath, key: RenamedKey, found: FoundNames) -> None:
    old, holder = key.was[-1], _at(tables, path)
    if old not in holder:
        return
    was, to = (*path, old), (path if key.was[:-1] == key.now[:-1] else key.now[:-1])
    target = holder if to == path else _made(tables, key.now[:-1])
    if not isinstance(target, dict) or key.now[-1] in target:
        words = f"is called {shown(key.now)} since Doorstep {key.since}, which stands here too; take one of them out"
        found.faults.append(Fault(was, words))
        return
    found.names.append(OlderName(lines.get(was, 0), shown(was), shown(key.now), key.since))
    target[key.now[-1]] = holder.pop(old)
    for place in [place for place in lines if place[: len(was)] == was]:
        lines[(*to, key.now[-1], *place[len(was) :])] = lines.pop(place)


def _at(tables: Any, path: KeyPath) -> Any:  # noqa: ANN401 - tables of anything
    """Where `_holders` found one."""
    for part in path:
        tables = tables[part]
    return tables


def _made(tables: Any, names: tuple[str, ...]) -> Any:  # noqa: ANN401 - as above
    """That table, made where there is none; or what stands in its way."""
    for name in names:
        if not isinstance(tables, dict):
            break
        tables = tables.setdefault(name, {})
    return tables


# ------------------------------------------------------------------------------------------------------------- its text


def _in_place(text: str, key: RenamedKey) -> str:
    """Wherever the name is written: in headers, in front of values, between dots."""
    layout, spans = layout_of(text), set()
    for start, path in _written(layout):
        names = tuple(part for part in path if isinstance(part, str))
        written = _names_at(text, start)
        place = len(key.was) - 1 - (len(names) - len(written))
        if names[: len(key.was)] == key.was and 0 <= place < len(written):
            spans.add(written[place])
    for begin, end in sorted(spans, reverse=True):
        text = text[:begin] + key.now[-1] + text[end:]
    return text


def _written(layout: Layout) -> Iterator[tuple[int, KeyPath]]:
    """Where names begin, and the whole path of what they name."""
    for section in layout.sections[1:]:
        yield section.start, section.path
    for path, place in layout.places.items():
        if isinstance(path[-1], str):
            yield place.start, path


def _names_at(text: str, at: int) -> list[tuple[int, int]]:
    """From where to where each name of a dotted key, or of a header, is written."""
    while text.startswith("[", at):
        at += 1
    spans = []
    while found := _KEY.match(text, at):
        spans.append(found.span(1))
        at = found.end()
    return spans


def _moved(text: str, key: RenamedKey) -> str:
    """Its lines go behind the last ones of its new table; the text as it is where it has none of its own."""
    place = layout_of(text).places.get(key.was)
    if place is None or place.is_inline:
        return text
    begin, end = text.rfind("\n", 0, place.start) + 1, _line_end(text, place.end)
    written = _names_at(text, place.start)
    block = text[begin : written[0][0]] + key.now[-1] + text[written[-1][1] : end]
    while begin and _COMMENT.match(text, above := text.rfind("\n", 0, begin - 1) + 1):
        block, begin = text[above:begin] + block, above
    return _put_in(text[:begin] + text[end:], key.now[:-1], block)


def _put_in(text: str, table: tuple[str, ...], block: str) -> str:
    layout = layout_of(text)
    number = next((n for n, one in enumerate(layout.sections) if one.path == table), None)
    line_break = "\r\n" if "\r\n" in text + block else "\n"
    if not block.endswith("\n"):
        block += line_break
    if number is None:
        gap = "" if not text else line_break if text.endswith("\n") else 2 * line_break
        return f"{text}{gap}[{'.'.join(table)}]{line_break}{block}"
    ends = [one.end for one in layout.places.values() if one.section == number and not one.is_inline]
    at = max([layout.sections[number].end, *ends])
    at = _line_end(text, at) if at else 0
    head = text[:at]
    return f"{head}{'' if not head or head.endswith(chr(10)) else line_break}{block}{text[at:]}"


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1

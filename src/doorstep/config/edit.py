"""Changes the text of a config file: what is not touched stays letter by letter, comments and order with it.

Whether the outcome may be used is judged elsewhere; that it says what was asked for, and nothing else anew, is proven
here.
"""

import copy
import math
import tomllib
from collections.abc import Sequence
from itertools import pairwise

from doorstep.config.document import Value
from doorstep.config.key_lines import KeyPath
from doorstep.config.splice import Splice
from doorstep.core.settings_edit import SettingsChange, SettingsFault, SettingsPath, SettingsRefused

MOST_CHANGES = 100
_DEEPEST = 8
_LONGEST_KEY = 200
_LAST = 10_000
_LARGEST_NUMBER = 2**63 - 1
_CANNOT = "cannot be written into the file as it is laid out; change it in the file itself"


def edited(text: str, changes: Sequence[SettingsChange]) -> str:
    """`text`, which is valid TOML, with the changes made one after the other.

    Raises SettingsRefused where a path leads nowhere, a value is none, or the layout of the text does not let us.
    """
    if len(changes) > MOST_CHANGES:
        raise _refused((), f"may change at most {MOST_CHANGES} keys at once")
    for change in changes:
        _check(change)
        text = _once(text, change)
    return text


def _once(text: str, change: SettingsChange) -> str:
    tables = tomllib.loads(text)
    path = _resolved(tables, change.path)
    wanted = copy.deepcopy(tables)
    _put(wanted, path, change)
    try:
        splice = Splice(text, tables, wanted)
        result = splice.without(path) if change.value is None else splice.having(path, _value_at(wanted, path))
        is_right = _bare(tomllib.loads(result)) == _bare(wanted)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):  # whatever the layout is
        is_right = False
    if not is_right:
        raise _refused(change.path, _CANNOT)
    return result


def _put(tables: dict[str, Value], path: KeyPath, change: SettingsChange) -> None:
    """The same change in what tomllib reads.  Raises SettingsRefused where another kind of value is in the way."""
    found: Value = tables
    for here, following in pairwise(path):
        if isinstance(found, dict) and isinstance(here, str):
            if here not in found and change.value is None:
                return
            found = found.setdefault(here, [] if isinstance(following, int) else {})
        elif isinstance(found, list) and isinstance(here, int) and here < len(found):
            found = found[here]
        else:
            raise _refused(change.path, "leads nowhere in this file")
    last = path[-1]
    if isinstance(found, dict) and isinstance(last, str):
        if change.value is None:
            found.pop(last, None)
        else:
            found[last] = _named(change)
    elif isinstance(found, list) and isinstance(last, int) and last <= len(found):
        found[last : last + 1] = [] if change.value is None else [_named(change)]
        if not found:
            _forget(tables, path[:-1])
    else:
        raise _refused(change.path, "leads nowhere in this file")


def _forget(tables: dict[str, Value], path: KeyPath) -> None:
    """A list whose last table goes is gone itself."""
    found: Value = tables
    for key in path[:-1]:
        found = found[key]
    if isinstance(found, dict):
        found.pop(str(path[-1]), None)


def _named(change: SettingsChange) -> Value:
    """A whole camera begins with the id that its path names."""
    if change.path[0] == "camera" and len(change.path) == 2 and isinstance(change.value, dict):
        return {"id": change.path[1], **_given(change.value)}
    return _given(change.value)


def _given(value: Value) -> Value:
    """Without keys that have no value: their defaults hold."""
    match value:
        case dict():
            return {key: _given(item) for key, item in value.items() if item is not None}
        case list():
            return [_given(item) for item in value]
        case _:
            return value


def _resolved(tables: dict[str, Value], path: SettingsPath) -> KeyPath:
    """With numbers instead of the cameras' ids; a camera that is not there yet comes behind the others."""
    if path[0] != "camera" or len(path) < 2:
        return path
    cameras = tables.get("camera", [])
    ids = [one.get("id") if isinstance(one, dict) else None for one in cameras] if isinstance(cameras, list) else []
    if not isinstance(path[1], str):
        raise _refused(path, "must name the camera by its id")
    if path[1] in ids:
        return ("camera", ids.index(path[1]), *path[2:])
    if len(path) > 2:
        raise _refused(path, "names a camera that is not there any more")
    return ("camera", len(ids))


def _check(change: SettingsChange) -> None:
    path = change.path
    if not path or len(path) > _DEEPEST or not isinstance(path[0], str):
        raise _refused(path[:_DEEPEST], "is no path to a key")
    for part in path:
        if not (0 <= part <= _LAST if isinstance(part, int) else 0 < len(part) <= _LONGEST_KEY and _is_text(part)):
            raise _refused((), "is no path to a key")
    if change.value is not None and (words := _wrong_value(change.value, _DEEPEST)):
        raise _refused(path, words)


def _wrong_value(value: object, depth: int) -> str:
    """Why a value cannot stand in the file; empty where it can."""
    if depth == 0:
        return "is nested too deeply"
    match value:
        case dict():
            if not all(isinstance(key, str) and 0 < len(key) <= _LONGEST_KEY and _is_text(key) for key in value):
                return "has a key that cannot be written"
            inside = [item for item in value.values() if item is not None]
        case list():
            inside = value
        case _:
            return _wrong_scalar(value)
    return next((words for item in inside if (words := _wrong_value(item, depth - 1))), "")


def _wrong_scalar(value: object) -> str:
    match value:
        case bool() | None:
            return "" if value is not None else "must have a value"
        case str():
            return "" if _is_text(value) else "must not hold line breaks or control characters"
        case int():
            return "" if abs(value) <= _LARGEST_NUMBER else "is too large a number"
        case float():
            return "" if math.isfinite(value) else "must be a finite number"
        case _:
            return "cannot be used"


def _is_text(text: str) -> bool:
    """Whether an editor shows it in one line; tomllib takes no surrogates."""
    return not any(
        letter < " " or "\x7f" <= letter <= "\x9f" or letter in "\u2028\u2029" or "\ud800" <= letter <= "\udfff"
        for letter in text
    )


def _value_at(tables: Value, path: KeyPath) -> Value:
    for key in path:
        tables = tables[key]
    return tables


def _bare(value: Value) -> Value:
    """Without empty tables: whether one has a header makes no difference."""
    if isinstance(value, dict):
        items = {key: _bare(item) for key, item in value.items()}
        return {key: item for key, item in items.items() if item != {} or not isinstance(item, dict)}
    return [_bare(item) for item in value] if isinstance(value, list) else (type(value), value)


def _refused(path: SettingsPath, words: str) -> SettingsRefused:
    return SettingsRefused([SettingsFault(path, words)])

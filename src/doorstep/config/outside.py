"""Secrets that stand outside the config file: `${NAME}` from the environment, `*_file` from files of their own."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from doorstep.config.document import Document, Value
from doorstep.config.fault import Fault
from doorstep.config.key_lines import KeyPath

_REFERENCE = re.compile(r"\$\{([^}]*)\}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LARGEST = 64 * 1024
_OF_CAMERA = ("source", "detect", "stream_key")
_OF_TABLES: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("notify", "email"), ("smtp",)),
    (("notify", "mqtt"), ("url",)),
    (("detection",), ("token",)),
    (("watch",), ("ping",)),
    (("aws",), ("secret_access_key", "viewer_secret_access_key", "motion_secret")),
    (("catalog",), ("url",)),
)
_OF_LISTS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("live", "turn"), ("secret", "password")),
    (("notify", "apprise"), ("url",)),
    (("notify", "webhook"), ("url", "secret")),
)


def fill_in_environment(document: Document, environment: Mapping[str, str]) -> list[Fault]:
    """Replace each `${NAME}` in a text by the variable's value; what names no variable is set aside."""
    faults: list[Fault] = []

    def filled(value: Value, path: KeyPath) -> Value:
        match value:
            case dict():
                return {key: filled(item, (*path, key)) for key, item in value.items()}
            case list():
                return [filled(item, (*path, number)) for number, item in enumerate(value)]
            case str():
                return _REFERENCE.sub(lambda found: known(found[1], path), value)
            case _:
                return value

    def known(name: str, path: KeyPath) -> str:
        if name in environment and _NAME.fullmatch(name):
            return environment[name]
        faults.append(Fault(path, _unknown(name)))
        return ""

    document.tables = filled(document.tables, ())
    for fault in faults:
        document.set_aside(fault.path)
    return faults


def fill_in_files(document: Document) -> list[Fault]:
    """Read `source_file` and the like into `source` and the like; what cannot be read is set aside."""
    return [fault for path, table, name in _secrets(document) for fault in _fill_in_file(document, path, table, name)]


def _unknown(name: str) -> str:
    if not _NAME.fullmatch(name):
        return "${…} needs the name of an environment variable: letters, digits and _"
    return f"the environment variable {name} is not set, and secrets.toml has none of that name"


def _secrets(document: Document) -> Iterator[tuple[KeyPath, dict[str, Value], str]]:
    for path, camera in document.cameras():
        yield from ((path, camera, name) for name in _OF_CAMERA)
    for place, names in _OF_TABLES:
        yield from ((place, document.table(*place), name) for name in names)
    for place, names in _OF_LISTS:
        for path, table in document.numbered(*place):
            yield from ((path, table, name) for name in names)


def _fill_in_file(document: Document, path: KeyPath, table: dict[str, Value], name: str) -> Iterator[Fault]:
    key = f"{name}_file"
    named = table.get(key)
    if not isinstance(named, str):
        return
    if name in table:
        yield Fault((*path, key), f"is given together with {name}; use one of them")
        document.set_aside((*path, key))
        return
    try:
        table[name] = _first_line(document.folder / named)
    except OSError as error:
        yield Fault((*path, key), f"the file cannot be read ({error.strerror})")
        document.set_aside((*path, name))
    except ValueError as error:
        yield Fault((*path, key), str(error))
        document.set_aside((*path, name))
    document.set_aside((*path, key))


def _first_line(path: Path) -> str:
    with path.open("rb") as stream:
        content = stream.read(_LARGEST + 1)
    try:
        text = content.decode().strip()
    except UnicodeDecodeError:
        msg = "the file is not UTF-8 text"
        raise ValueError(msg) from None
    if not text or "\n" in text or len(content) > _LARGEST:
        msg = "the file must hold one line and nothing else"
        raise ValueError(msg)
    return text

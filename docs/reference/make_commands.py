"""Writes commands.md from the command itself: `make docs-pages`.  A test holds it."""

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin

import typer.main

from doorstep.cli.main import app

Verb = Any  # typer's commands and parameters have no public types of their own
Parameter = Any

HEAD = """\
# Every command and option

Made from the command by `make docs-pages`; do not edit it by hand. `doorstep COMMAND --help` says the same.

Exit codes: 0 all is well, 1 a fault that was reported, 2 wrong usage or config. What a script would read is on standard
output, with `--json` one JSON object a line; everything else is on standard error. `clip`, `users`, `tokens` and `test`
speak to the server that runs with the same data folder, by a socket that only its user can open.

| option | of nearly every command |
| --- | --- |
| `--config FILE`, `-c` | the config; else `DOORSTEP_CONFIG`, else `/etc/doorstep/doorstep.toml` |
| `--data FOLDER` | the data folder, in place of what the config says; else `DOORSTEP_DATA` |
| `--help`, `-h` | what stands here |

`doorstep --version` prints the version. `DOORSTEP_MODELS` names a folder in which models are looked for first.
"""
EVERYWHERE = {"config", "data", "help"}


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_sections(typer.main.get_command(app), ("doorstep",))])


def _sections(verb: Verb, path: tuple[str, ...]) -> Iterator[str]:
    parts = getattr(verb, "commands", None)
    if parts is not None:
        for name, part in parts.items():
            yield from _sections(part, (*path, name))
        return
    yield f"## {' '.join(path)}\n"
    yield f"    {' '.join([*path, *_usage(verb)])}\n"
    yield f"{_plain(verb.help)}\n"
    rows = [_row(one) for one in verb.params if one.name not in EVERYWHERE]
    if rows:
        yield "| | takes | default | meaning |"
        yield "| --- | --- | --- | --- |"
        yield from rows
        yield ""


def _usage(verb: Verb) -> Iterator[str]:
    if any(_is_option(one) for one in verb.params):
        yield "[OPTIONS]"
    for one in verb.params:
        if not _is_option(one):
            name = _named(one) + ("..." if one.nargs == -1 else "")
            yield name if one.required else f"[{name}]"


def _is_option(one: Parameter) -> bool:
    return bool(one.opts[0].startswith("-"))


def _row(one: Parameter) -> str:
    shown = ", ".join(f"`{name}`" for name in ([*one.opts, *one.secondary_opts] if _is_option(one) else [_named(one)]))
    cells = (shown, _takes(one), _default(one), _plain(one.help))
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _named(one: Parameter) -> str:
    return str(one.metavar or one.name).upper()


def _takes(one: Parameter) -> str:
    kind = one.type_descriptor.annotation
    kind = get_args(kind)[0] if get_origin(kind) is list else kind
    if kind is bool:
        return ""
    if issubclass(kind, Enum):
        return ", ".join(f"`{choice.value}`" for choice in kind)
    words = {str: "text", Path: "a path", int: "a whole number", float: "a number"}[kind]
    return words + _bounds(one.min, one.max) + (", may be repeated" if one.multiple or one.nargs == -1 else "")


def _bounds(least: float | None, most: float | None) -> str:
    if least is None:
        return "" if most is None else f", at most {most:g}"
    return f", at least {least:g}" if most is None else f", {least:g} to {most:g}"


def _default(one: Parameter) -> str:
    if isinstance(one.show_default, str):
        return f"`{one.show_default}`" if "/" in one.show_default else one.show_default
    if one.required:
        return "needed"
    value = one.default.value if isinstance(one.default, Enum) else one.default
    if isinstance(value, bool) and one.secondary_opts:
        value = one.opts[0] if value else one.secondary_opts[0]
    if isinstance(value, bool) or not isinstance(value, int | float | str | Path) or value == "":
        return ""
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _plain(words: str | None) -> str:
    return " ".join((words or "").replace("\b", "").split())

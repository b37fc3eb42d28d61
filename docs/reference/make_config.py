"""Writes config.md from the schema: `python docs/reference/make_config.py`.  A test holds it."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from doorstep.config.document import Value
from doorstep.config.reference import settings_keys
from doorstep.core.settings_edit import KeyKind, SettingsKey

PAGE = Path(__file__).with_name("config.md")
HEAD = """\
# Every key of doorstep.toml

Made from the schema by `python docs/reference/make_config.py`; do not edit it by hand. How to change settings in the
page, and which file holds them: [guide/settings.md](../guide/settings.md).

Text may hold `${NAME}`: it stands for the environment variable of that name, else for the line of that name in
`secrets.toml` beside the file (`NAME = "value"`, for its owner's eyes only: `chmod 600`). "At once" is used when the
page saves it, or on SIGHUP; the rest at the next start. A key that is left out has its default.
"""
LISTS = {"camera", "camera.zones", "button", "live.turn", "notify.apprise", "notify.webhook"}
LISTED = LISTS | {"notify.email.quiet_hours", "notify.apprise.quiet_hours", "notify.webhook.quiet_hours"}
TAKES = {
    KeyKind.TEXT: "text",
    KeyKind.NUMBER: "a number",
    KeyKind.WHOLE: "a whole number",
    KeyKind.SWITCH: "true or false",
    KeyKind.SIZE: 'a size such as "50 GB"',
    KeyKind.LIST: "a list of texts",
    KeyKind.SECRET: "text (a secret)",
    KeyKind.OTHER: "a list",
}


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_tables()])


def _tables() -> Iterator[str]:
    for table, keys in groupby(settings_keys(), lambda key: ".".join(key.path[:-1])):
        yield f"## {f'[[{table}]]' if table in LISTED else f'[{table}]'}\n"
        yield "| key | takes | default | used | meaning |"
        yield "| --- | --- | --- | --- | --- |"
        yield from (_row(key) for key in keys)
        yield ""


def _row(key: SettingsKey) -> str:
    used = "at once" if key.at_once else "at the next start"
    default = "needed" if key.is_needed else _written(key.default)
    cells = (f"`{key.path[-1]}`", _takes(key), default, used, key.help)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _takes(key: SettingsKey) -> str:
    if key.choices:
        words = ", ".join(_written(choice) for choice in key.choices)
        return f"some of {words}" if key.kind is KeyKind.CHOICES else words
    bounds = ""
    if key.kind in {KeyKind.NUMBER, KeyKind.WHOLE} and key.least is not None and key.most is not None:
        bounds = f", {key.least:g} to {key.most:g}"
    return f"{TAKES[key.kind]}{bounds}"


def _written(value: Value) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return f"`{str(value).lower()}`"
        case list():
            return f"`[{', '.join(_written(item).strip('`') for item in value)}]`"
        case str():
            return f'`"{value}"`'
        case _:
            return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

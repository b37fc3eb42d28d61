"""How the settings are shown in a page: secrets as dots.  And what of a typed value is a secret."""

import re
from collections.abc import Collection, Iterator
from difflib import SequenceMatcher

from doorstep.config.document import Value
from doorstep.config.judge import table_in
from doorstep.config.key_lines import KeyPath
from doorstep.config.schema import ConfigFile
from doorstep.config.table import Table
from doorstep.config.without_secrets import is_secret, texts_in, without_secrets
from doorstep.core.errors import ConfigInvalid
from doorstep.core.settings_edit import DiffLine, LineKind, SettingsPath
from doorstep.sources.redaction import redacted

DOTS = "•••"
_AROUND = 3
_USER = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?P<user>[^/?#:@\s]*):(?P<password>.*)@(?P<rest>[^@]*)")
_TELLING = re.compile(r"pass|pwd|token|key=|secret|auth|[?&;=]", re.IGNORECASE)
_KEY_OR_HEADER = re.compile(r"\s*(?:(?P<key>[A-Za-z0-9_.-]+\s*=)|\[\[?[A-Za-z0-9_.-]+\]?\]\s*(?:#.*)?$|$)")


def filled_in(tables: dict[str, Value], model: type[Table] = ConfigFile) -> dict[str, Value]:
    """The tables of a file with every key that they leave out, at its default; None where nothing is said."""
    shown = {key: _plain(value) for key, value in tables.items()}
    for name, field in model.model_fields.items():
        key, below = field.alias or name, table_in(field.annotation)
        value = shown.get(key, {} if field.default_factory is not None else field.get_default())
        if below is not None and isinstance(value, dict):
            value = filled_in(value, below)
        elif below is not None and isinstance(value, list):
            value = [filled_in(one, below) if isinstance(one, dict) else one for one in value]
        shown[key] = None if field.is_required() and key not in tables else value
    return shown


def masked(value: Value, path: KeyPath, hidden: list[KeyPath]) -> Value:
    """The same without its secrets, whose places are added to `hidden`."""
    match value:
        case dict():
            return {key: masked(item, (*path, key), hidden) for key, item in value.items()}
        case list():
            return [masked(item, (*path, number), hidden) for number, item in enumerate(value)]
        case str() if is_secret(path, value):
            shown = _shown_address(path, value)
            if shown != value:
                hidden.append(path)
            return shown
        case _:
            return value


def secret_in(path: KeyPath, value: str) -> str:
    """What of a text that was typed at `path` must not stand in the file: "" for nothing, else a part or all of it."""
    if not is_secret(path, value) or _shown_address(path, value) == value:
        return ""
    found = _USER.fullmatch(value)
    if found is not None and found["password"] and _shown_rest(found["scheme"], found["rest"]) == found["rest"]:
        return found["password"]
    return value


def name_for(path: SettingsPath, is_part: bool, taken: Collection[str]) -> str:  # noqa: FBT001 - as asked
    """A variable for the secret at `path` that is not taken yet."""
    *above, last = path
    words = "_".join(map(str, [*above, "password" if is_part else last]))
    wanted = re.sub(r"[^A-Z0-9]+", "_", words.upper()).strip("_")[:60] or "SECRET"
    wanted = wanted if wanted[0].isalpha() else f"S_{wanted}"
    numbered = (f"{wanted}_{number}" for number in range(2, 10_000))
    return wanted if wanted not in taken else next(name for name in numbered if name not in taken)


def difference(before: str, after: str) -> list[DiffLine]:
    """The lines that go and come, with some around them; without secrets."""
    old, new = _shown_lines(before), _shown_lines(after)
    lines: list[DiffLine] = []
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_AROUND):
        if lines:
            lines.append(DiffLine(LineKind.SAME, "…"))
        for tag, first, last, new_first, new_last in group:
            if tag == "equal":
                lines += [DiffLine(LineKind.SAME, line) for line in old[first:last]]
                continue
            lines += [DiffLine(LineKind.GONE, line) for line in old[first:last]]
            lines += [DiffLine(LineKind.NEW, line) for line in new[new_first:new_last]]
    return lines


def _shown_lines(text: str) -> list[str]:
    try:
        shown = without_secrets(text, "")
    except ConfigInvalid:  # where they cannot be told from the rest nothing is shown but keys
        return [_without_its_value(line) for line in text.splitlines()]
    lines = shown.text
    for _, variable in shown.left_out:
        lines = lines.replace(f'"${{{variable}}}"', f'"{DOTS}"')
    return lines.splitlines()


def _without_its_value(line: str) -> str:
    """Of a line that is neither key nor header nothing: it may go on with a text or a list that began above."""
    found = _KEY_OR_HEADER.match(line)
    if found is None:
        return DOTS
    return f"{found['key']} {DOTS}" if found["key"] else line.partition("#")[0]


def _shown_address(path: KeyPath, value: str) -> str:
    """An address with dots for its password; nothing at all of other secrets."""
    if path[-1] not in _ADDRESSES or path[:2] in _SECRET_AS_A_WHOLE or "://" not in value:
        return ""
    found = _USER.fullmatch(value)
    if found is not None:
        password = DOTS if found["password"] else ""
        return f"{found['scheme']}{found['user']}:{password}@{_shown_rest(found['scheme'], found['rest'])}"
    scheme, _, rest = value.partition("://")
    if scheme.lower() not in _OPEN:
        return ""
    return f"{scheme}://{_shown_rest(f'{scheme}://', rest)}"


_ADDRESSES = frozenset({"source", "detect", "smtp", "url", "endpoint"})
_SECRET_AS_A_WHOLE = {("notify", "apprise"), ("notify", "webhook")}  # of them nobody knows which part is secret
_OPEN = frozenset({"rtsp", "rtsps", "rtmp", "rtmps", "http", "https", "smtp", "smtps", "mqtt", "mqtts"})


def _shown_rest(scheme: str, rest: str) -> str:
    host, slash, path = rest.partition("/")
    if scheme.lower().startswith("rtmp"):
        return redacted(scheme + rest).removeprefix(scheme).replace("***", DOTS)
    return f"{host}{slash}{DOTS}" if _TELLING.search(path) else rest


def _plain(value: Value) -> Value:
    """TOML's dates as text: JSON has none."""
    match value:
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case str() | int() | float() | bool():
            return value
        case _:
            return str(value)


def secrets_typed(value: Value, path: KeyPath) -> Iterator[tuple[KeyPath, str, str]]:
    """Where, the whole text, and what of it is a secret."""
    for place, text in texts_in(value, path):
        if secret := secret_in(place, text):
            yield place, text, secret

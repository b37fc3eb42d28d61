"""From changes that somebody asks for to the text and the secrets that would be: judged whole, nothing written."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from doorstep.config.document import Value, parse
from doorstep.config.edit import edited
from doorstep.config.key_lines import KeyPath
from doorstep.config.load import checked, settings_in
from doorstep.config.masking import DOTS, name_for, secrets_typed
from doorstep.config.page_rules import moved_with_its_secret, names_in, refused_references
from doorstep.config.secrets_file import wrong_secret
from doorstep.config.without_secrets import is_secret, texts_in
from doorstep.core.errors import ConfigInvalid
from doorstep.core.settings import Settings
from doorstep.core.settings_edit import (
    AnyChange,
    SecretChange,
    SettingsChange,
    SettingsFault,
    SettingsPath,
    SettingsRefused,
)

_LARGEST = 1024 * 1024
_LONGEST_WORDS = 300
_GIVEN = "is given where Doorstep is started (--data), which wins; change it there"
SECRETS = "secrets"


@dataclass(frozen=True, slots=True)
class Outside:
    """What a file is judged with: where it lies, the environment, the secrets beside it, and what wins over it."""

    path: Path
    environment: Mapping[str, str] = field(repr=False)
    secrets: Mapping[str, str] = field(repr=False)
    data: Path | None = None
    listen: str | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """Text and secrets as they would be; `settings` is None and `faults` say why where they could not be used."""

    text: str = field(repr=False)
    secrets: Mapping[str, str] = field(repr=False)
    faults: Sequence[SettingsFault]
    settings: Settings | None


def planned(text: str, changes: Sequence[AnyChange], outside: Outside) -> Planned:
    """`text` is valid TOML.  Secrets among the changed values end beside the file, and a reference stands in it."""
    secrets = dict(outside.secrets)
    try:
        for change in changes:
            if isinstance(change, SecretChange):
                _keep_secret(change, secrets, outside)
        _refuse_references(text, changes, secrets)
        edits = [
            _without_typed_secrets(change, secrets, outside) for change in changes if isinstance(change, SettingsChange)
        ]
        after = edited(text, edits)
        _refuse_moved(text, after, changes)
    except SettingsRefused as error:
        return Planned(text, outside.secrets, error.faults, None)
    return judged_text(after, secrets, outside)


def judged_text(text: str, secrets: Mapping[str, str], outside: Outside) -> Planned:
    """A whole text, by the rules of any start.  Raises nothing."""
    if len(text.encode()) > _LARGEST:
        return Planned(text, secrets, [SettingsFault((), "the settings would be larger than 1 MiB")], None)
    path = outside.path
    try:
        tables = tomllib.loads(text)
        document = parse(text, path.name, path.absolute().parent)
        file, faults = checked(document, {**secrets, **outside.environment}, only_built=True)
        if file is not None and not faults:
            settings = settings_in(file, document.folder, data=outside.data, listen=outside.listen)
            return Planned(text, secrets, [], settings)
    except (ConfigInvalid, ValueError, RecursionError) as error:
        words = str(error) if isinstance(error, ConfigInvalid) else "this is not TOML"
        return Planned(text, secrets, [SettingsFault((), words)], None)
    told = {(named_path(tables, fault.path), fault.words): None for fault in faults}
    return Planned(text, secrets, [SettingsFault(where, words) for where, words in told], None)


def named_path(tables: dict[str, Value], path: KeyPath) -> SettingsPath:
    """With a camera's id instead of its number."""
    if len(path) < 2 or path[0] != "camera" or not isinstance(path[1], int):
        return path
    try:
        name = tables["camera"][path[1]]["id"]
    except (KeyError, IndexError, TypeError):
        return path
    return ("camera", name, *path[2:]) if isinstance(name, str) else path


def in_words(changes: Sequence[AnyChange], before: dict[str, Value]) -> str:
    """What was changed, for people; without any value."""
    cameras = before.get("camera", [])
    known = {one.get("id") for one in cameras if isinstance(one, dict)} if isinstance(cameras, list) else set()
    words = list(dict.fromkeys(_words(change, known) for change in changes))
    text = ", ".join(words)
    return text if len(text) <= _LONGEST_WORDS else f"{text[:_LONGEST_WORDS]}…"


def _words(change: AnyChange, cameras: set[object]) -> str:
    if isinstance(change, SecretChange):
        return f"the secret {change.name}"
    path = change.path
    if len(path) == 2 and path[0] == "camera":
        fate = "without" if change.value is None else "changed" if path[1] in cameras else "with"
        return f"{fate} camera {path[1]}"
    return ".".join(map(str, path))


def _keep_secret(change: SecretChange, secrets: dict[str, str], outside: Outside) -> None:
    words = wrong_secret(change.name, change.value)
    if not words and change.name in outside.environment:
        words = "is set in the environment, which wins; choose another name"
    if words:
        raise SettingsRefused([SettingsFault((SECRETS, change.name[:80]), words)])
    secrets[change.name] = change.value


def _refuse_references(text: str, changes: Sequence[AnyChange], secrets: Mapping[str, str]) -> None:
    """Raises SettingsRefused for what a page may not refer to."""
    before = _texts(text)
    known = {*secrets, *names_in(tomllib.loads(text))}
    typed = _typed(changes)
    faults = [
        fault
        for change in changes
        if isinstance(change, SettingsChange)
        for fault in refused_references(change, before, known, typed)
    ]
    if faults:
        raise SettingsRefused(faults)


def _refuse_moved(text: str, after: str, changes: Sequence[AnyChange]) -> None:
    """Raises SettingsRefused where a secret would go along with its address to another machine."""
    if faults := list(moved_with_its_secret(_texts(text), _texts(after), _typed(changes))):
        raise SettingsRefused(faults)


def _texts(text: str) -> dict[SettingsPath, str]:
    """Every text of a valid file by its place."""
    tables = tomllib.loads(text)
    return {named_path(tables, path): value for path, value in texts_in(tables, ())}


def _typed(changes: Sequence[AnyChange]) -> frozenset[str]:
    """The names of the secrets that come with the changes."""
    return frozenset(change.name for change in changes if isinstance(change, SecretChange))


def _without_typed_secrets(change: SettingsChange, secrets: dict[str, str], outside: Outside) -> SettingsChange:
    value = change.value
    if change.path[:2] == ("server", "data") and outside.data is not None:
        raise SettingsRefused([SettingsFault(change.path, _GIVEN)])
    for place, text in texts_in(value, change.path):
        if DOTS in text and is_secret(place, text):
            raise SettingsRefused([SettingsFault(place, "still has dots instead of the password; type it again")])
    for place, text, secret in list(secrets_typed(value, change.path)):
        name = name_for(place, secret != text, {*secrets, *outside.environment})
        secrets[name] = secret
        reference = f"${{{name}}}"
        shown = reference if secret == text else text.replace(f":{secret}@", f":{reference}@", 1)
        value = _replaced(value, place[len(change.path) :], shown)
    return SettingsChange(change.path, value)


def _replaced(value: Value, path: KeyPath, text: str) -> Value:
    """A copy with another text at the path."""
    if not path:
        return text
    first, *rest = path
    if isinstance(value, dict):
        return {key: _replaced(item, tuple(rest), text) if key == first else item for key, item in value.items()}
    return [_replaced(item, tuple(rest), text) if number == first else item for number, item in enumerate(value)]

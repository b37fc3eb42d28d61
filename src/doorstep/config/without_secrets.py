"""The config file as it may be shown or kept in the clear: each secret replaced by an environment variable's name.

A value that already refers to the environment stays, for its owner has put the secret elsewhere, unless a password
stands in it all the same; so does the address of something in the machine itself, and where it listens.  Of network
addresses the whole goes: some cameras want the password in the path.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from doorstep.config.document import Document, Value, parse
from doorstep.config.fault import config_invalid
from doorstep.config.key_lines import KeyPath
from doorstep.config.older_names import text_with_names_of_now
from doorstep.core.errors import ConfigInvalid

_SECRET_KEYS = frozenset({"source", "detect", "stream_key", "smtp", "endpoint", "url", "ping"})
_SECRET_WORDS = re.compile(r"password|passphrase|secret|token|api_?key|access_?key")
_REFERENCE = re.compile(r"\$\{[^}]*\}")
_LOCAL = re.compile(r"(?:demo|file|v4l2|picamera|rtmps?-listen):")
_USER = re.compile(r"(?<=://)[^\s/@\"'$]+@")
_PASSWORD = re.compile(r"://[^\s/@:]*:[^\s/@]+@")
_QUOTED = re.compile(r"(?:\"(?:\\.|[^\"\\])*\"|'[^']*'|[^#\"'])*")
"""A line up to its comment."""

_SHORTEST = 4
"""Letters of a secret that is looked for in comments too."""


@dataclass(frozen=True, slots=True)
class ShownConfig:
    """The text without secrets, and for each that was there the key (in words) and the variable in its place."""

    text: str
    left_out: tuple[tuple[str, str], ...]


def without_secrets(text: str, file: str) -> ShownConfig:
    """Comments and order stay.  Raises ConfigInvalid where a secret cannot be taken out for certain."""
    document = parse(text, file, Path())
    if document.faults:  # what was set aside is looked for by nobody
        raise config_invalid(file, document.lines, document.faults)
    if document.older:  # a secret is looked for by its key's name of now
        text = text_with_names_of_now(text) or text
        document = parse(text, file, Path())
    secrets = {path: value for path, value in texts_in(document.tables, ()) if is_secret(path, value)}
    variables = _variables(document, secrets)
    lines = text.split("\n")
    for path, value in secrets.items():
        number = document.lines.get(path, 1) - 1
        lines[number] = _replaced(lines[number], str(path[-1]), value, variables[path])
    hidden = [part for value in secrets.values() for part in (value, *_parts(value)) if len(part) >= _SHORTEST]
    shown = "\n".join(_plain_comment(line, hidden) for line in lines)
    _prove(shown, document, secrets)
    return ShownConfig(shown, tuple((_spoken(document, path), variables[path]) for path in secrets))


def named_files(document: Document) -> list[str]:
    """The secrets' own files, as the config names them: `*_file` of any table, and the server's certificate and key."""
    found = [value for path, value in texts_in(document.tables, ()) if str(path[-1]).endswith("_file")]
    tls = document.table("server", "tls")
    found += [tls[name] for name in ("cert", "key") if isinstance(tls.get(name), str)]
    return list(dict.fromkeys(found))


def texts_in(value: Value, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """Every text in a value that stands at `path`."""
    match value:
        case dict():
            for key, item in value.items():
                yield from texts_in(item, (*path, key))
        case list():
            for number, item in enumerate(value):
                yield from texts_in(item, (*path, number))
        case str():
            yield path, value


def is_secret(path: KeyPath, value: str) -> bool:
    """Whether this text, at this path, may be shown to nobody: a reference may, but for a password beside it."""
    key = next(str(part) for part in reversed(path) if isinstance(part, str))
    is_local = key in {"source", "detect"} and _LOCAL.match(value) is not None
    if not value or is_local or key.endswith("_file"):
        return False
    if _REFERENCE.search(value):
        return _PASSWORD.search(_REFERENCE.sub("", value)) is not None
    return key in _SECRET_KEYS or _SECRET_WORDS.search(key) is not None or _USER.search(value) is not None


def _variables(document: Document, secrets: Mapping[KeyPath, str]) -> dict[KeyPath, str]:
    """A name for each, no two alike."""
    variables: dict[KeyPath, str] = {}
    for path in secrets:
        wanted = re.sub(r"[^A-Z0-9]+", "_", f"DOORSTEP_{_spoken(document, path)}".upper())
        name, number = wanted, 2
        while name in variables.values():
            name, number = f"{wanted}_{number}", number + 1
        variables[path] = name
    return variables


def _replaced(line: str, key: str, value: str, variable: str) -> str:
    """Only behind its own key: the same letters elsewhere may be the name of a camera."""
    literal = f"(?:\"{re.escape(value)}\"|'{re.escape(value)}')"
    behind = re.compile(rf"(\b{re.escape(key)}[\"']?[ \t]*=[ \t]*){literal}")
    return behind.sub(lambda found: f'{found[1]}"${{{variable}}}"', line, count=1)


def _plain_comment(line: str, hidden: Sequence[str]) -> str:
    """Whoever tries an address often leaves the old one in a comment."""
    quoted = _QUOTED.match(line)
    begin = quoted.end() if quoted else 0
    comment = line[begin:]
    for part in sorted(hidden, key=len, reverse=True):
        comment = comment.replace(part, "...")
    return line[:begin] + _USER.sub("...@", comment)


def _spoken(document: Document, path: KeyPath) -> str:
    """`camera.porch.source`: a camera by its id, not its number."""
    if path[0] == "camera" and len(path) > 2:
        camera = document.table(*path[:2]).get("id", path[1])
        return ".".join(map(str, ("camera", camera, *path[2:])))
    return ".".join(map(str, path))


def _parts(value: str) -> list[str]:
    """A password and a query alone."""
    _, _, behind = value.partition("://")
    user, _, rest = behind.rpartition("@")
    return [part for part in (user.partition(":")[2], rest.partition("?")[2]) if part]


def _prove(shown: str, document: Document, secrets: Mapping[KeyPath, str]) -> None:
    """The new text is read again: every secret is a variable now, nothing else has changed, no address is left."""
    again = dict(texts_in(parse(shown, document.file, Path()).tables, ()))
    before = dict(texts_in(document.tables, ()))
    for path, value in before.items():
        is_fine = again.get(path) == value
        if path in secrets:
            is_fine = _REFERENCE.fullmatch(again.get(path, "")) is not None and not ("://" in value and value in shown)
        if not is_fine:
            msg = (
                f"{document.file}, line {document.lines.get(path, 0)}: the secrets cannot be left out as "
                f"{_spoken(document, path)} is written. Write it without escapes on one line, or in a file of its own."
            )
            raise ConfigInvalid(msg)

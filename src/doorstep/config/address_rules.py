"""Which addresses the config file may hold, and what else needs more than one key to judge.  No word quotes a value."""

import socket
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from doorstep.config.document import Document, Value
from doorstep.config.fault import Fault, line_of
from doorstep.config.key_lines import KeyPath
from doorstep.core import public_address
from doorstep.core.errors import ConfigInvalid
from doorstep.sources.address import parse_source

_MAIL = ("smtp", "smtps")
_BROKER = ("mqtt", "mqtts")
_METADATA_HOSTS = frozenset({"metadata.google.internal", "metadata.goog", "metadata"})


def address_faults(document: Document) -> list[Fault]:
    """What is wrong with the addresses of cameras, mail servers and brokers; those that are wrong are set aside."""
    faults = [*_missing(document), *_camera_faults(document), *_mail_faults(document), *_broker_faults(document)]
    faults += _channel_faults(document)
    faults += _repeated_ids(document)
    for fault in faults:
        document.set_aside(fault.path)
    return faults


def _missing(document: Document) -> Iterator[Fault]:
    tables = [(path, camera, "source") for path, camera in document.cameras()]
    email = document.table("notify", "email")
    if email and "ses_region" not in email:
        tables.append((("notify", "email"), email, "smtp"))
    mqtt = document.table("notify", "mqtt")
    if mqtt:
        tables.append((("notify", "mqtt"), mqtt, "url"))
    tables += [
        (path, table, "url") for kind in ("apprise", "webhook") for path, table in document.numbered("notify", kind)
    ]
    tables += [(path, table, "secret") for path, table in document.numbered("notify", "webhook")]
    for path, table, name in tables:
        if name not in table and (*path, name) not in document.aside:
            yield Fault((*path, name), "is missing")


def _camera_faults(document: Document) -> Iterator[Fault]:
    for path, camera in document.cameras():
        for name in ("source", "detect"):
            value = camera.get(name)
            if isinstance(value, str) and (words := _wrong_source(value)):
                yield Fault((*path, name), words)


def _mail_faults(document: Document) -> Iterator[Fault]:
    email = document.table("notify", "email")
    value = email.get("smtp")
    if isinstance(value, str) and (words := _wrong_mail_server(value)):
        yield Fault(("notify", "email", "smtp"), words)
    elif value is not None and "ses_region" in email:
        yield Fault(("notify", "email", "ses_region"), "is given together with smtp; use one of them")


def _broker_faults(document: Document) -> Iterator[Fault]:
    value = document.table("notify", "mqtt").get("url")
    if not isinstance(value, str):
        return
    parts = parts_of(value)
    if value.partition(":")[0].lower() not in _BROKER:
        yield Fault(("notify", "mqtt", "url"), "must begin with mqtt:// or mqtts://")
    elif parts is None or not parts.hostname or is_metadata(parts) or parts.path.strip("/"):
        words = "must name a broker: mqtt://HOST or mqtts://USER:PASSWORD@HOST"
        yield Fault(("notify", "mqtt", "url"), words)


def _channel_faults(document: Document) -> Iterator[Fault]:
    for kind in ("apprise", "webhook"):
        for path, table in document.numbered("notify", kind):
            value = table.get("url")
            if isinstance(value, str) and (words := _wrong_channel(kind, value)):
                yield Fault((*path, "url"), words)


def _repeated_ids(document: Document) -> Iterator[Fault]:
    first: dict[str, KeyPath] = {}
    for path, camera in document.cameras():
        value: Value = camera.get("id")
        if isinstance(value, str) and value in first:
            line = line_of(document.lines, first[value])
            yield Fault((*path, "id"), f"another camera has this id (line {line}); each needs its own")
        elif isinstance(value, str):
            first[value] = (*path, "id")


def _wrong_source(address: str) -> str | None:
    parts = parts_of(address)
    if parts is None or is_metadata(parts):
        return "is not an address that can be used"
    try:
        parse_source(address)
    except ConfigInvalid as error:
        return str(error)
    return None


def _wrong_mail_server(address: str) -> str | None:
    parts = parts_of(address)
    if address.partition(":")[0].lower() not in _MAIL:
        return "must begin with smtp:// or smtps://"
    if parts is None or not parts.hostname or is_metadata(parts):
        return "must name a mail server: smtp://HOST or smtps://USER:PASSWORD@HOST"
    return None


def _wrong_channel(kind: str, address: str) -> str | None:
    if kind == "apprise":
        return None if "://" in address and address.isprintable() else "must be an address such as ntfy://HOST/TOPIC"
    parts = parts_of(address)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        return "must be an address such as https://HOST/PATH, without a user"
    return "is an address where clouds keep credentials: nothing is sent there" if is_metadata(parts) else None


def parts_of(address: str) -> SplitResult | None:
    """An address, None where something is malformed, also in ways that urlsplit would quietly mend."""
    if not address.isprintable() or address != address.strip():
        return None
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    return None if port == 0 else parts


def is_metadata(parts: SplitResult) -> bool:
    """Whether a machine in a cloud finds its own secrets there; no camera and no detector lives on such an address."""
    return is_metadata_host(parts.hostname or "")


def is_metadata_host(host: str) -> bool:
    """The same of a name, or of an address in any notation that the system's resolver reads."""
    host = host.lower().rstrip(".")
    return host in _METADATA_HOSTS or public_address.is_metadata(host) or public_address.is_metadata(_dotted(host))


def _dotted(host: str) -> str:
    """A number, or hexadecimal and octal parts, as the system's resolver reads them (POSIX, inet_addr); "" for none."""
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return ""

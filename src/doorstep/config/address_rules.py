"""Which addresses the config file may hold, and what else needs more than one key to judge.  No word quotes a value."""

import ipaddress
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from doorstep.config.document import Document, Value
from doorstep.config.fault import Fault, line_of
from doorstep.config.key_lines import KeyPath
from doorstep.core.cloud_metadata import CLOUD_METADATA
from doorstep.core.errors import ConfigInvalid
from doorstep.sources.address import parse_source

_MAIL = ("smtp", "smtps")
_METADATA_HOSTS = frozenset({"metadata.google.internal", "metadata.goog", "metadata"})


def address_faults(document: Document) -> list[Fault]:
    """What is wrong with the addresses of cameras and mail servers; those that are wrong are set aside."""
    faults = [*_missing(document), *_camera_faults(document), *_mail_faults(document)]
    faults += _repeated_ids(document)
    for fault in faults:
        document.set_aside(fault.path)
    return faults


def _missing(document: Document) -> Iterator[Fault]:
    tables = [(path, camera, "source") for path, camera in document.cameras()]
    email = document.table("notify", "email")
    if email:
        tables.append((("notify", "email"), email, "smtp"))
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
    value = document.table("notify", "email").get("smtp")
    if isinstance(value, str) and (words := _wrong_mail_server(value)):
        yield Fault(("notify", "email", "smtp"), words)


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
    host = (parts.hostname or "").rstrip(".")
    if host in _METADATA_HOSTS:
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address) in CLOUD_METADATA

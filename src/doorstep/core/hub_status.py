"""What hub and box say to each other over the tunnel's own session: a JSON object a line.  Used by both ends.

The hub says how it is at once, every five seconds, and at once again when it is asked; the box asks with a number,
which comes back as `echo`.  Neither believes the other: lines are short, and what is not of the format is refused.
"""

import json
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final

from doorstep.core.errors import HubWordInvalid

VERSION: Final = 1
LONGEST_LINE: Final = 4096
"""Bytes, with the line's end."""

LONGEST_WORDS: Final = 300
TOLD_EVERY_SECONDS: Final = 5.0
ASKED_EVERY_SECONDS: Final = 4.0
SILENT_AFTER_SECONDS: Final = 12.0
"""So long without a line from the hub, and the box takes the tunnel for half open."""

BOX_SILENT_AFTER_SECONDS: Final = 20.0
"""So long without a line from the box, and the hub ends the session."""

_MOST: Final = 2**53
"""What a number in JSON can be everywhere (RFC 8259, 6)."""


@dataclass(frozen=True, slots=True)
class HubStatus:
    """How the hub is.  `at` and the certificate's beginning and end are in seconds since 1970, by the hub's clock.

    `reached` is whether the hub could open this box's page by its public address, None while that is not known; `why`
    says in plain words why not.  `bytes_month` went through the hub's network this month, of all its boxes.
    `seen_from` is the public address from which the box comes, empty where it is not known.  `echo` is the number of
    the question that this line answers, None for a line that nobody asked for.
    """

    at: int
    certificate_ends: int | None = None
    reached: bool | None = None
    why: str = ""
    bytes_month: int = 0
    seen_from: str = ""
    echo: int | None = None
    certificate_begins: int | None = None


def status_line(status: HubStatus) -> bytes:
    """With the line's end; words that are too long are cut."""
    parts = {
        "v": VERSION,
        "at": status.at,
        "certificate_ends": status.certificate_ends,
        "reached": status.reached,
        "why": status.why[:LONGEST_WORDS],
        "bytes_month": status.bytes_month,
        "seen_from": status.seen_from,
        "echo": status.echo,
        "certificate_begins": status.certificate_begins,
    }
    return _line(parts)


def read_status(line: bytes) -> HubStatus:
    """Raises HubWordInvalid; fields that this version does not know do no harm."""
    parts = read_object(line)
    reached, why, seen_from = parts.get("reached"), parts.get("why", ""), parts.get("seen_from", "")
    if parts.get("v") != VERSION or not (reached is None or isinstance(reached, bool)) or not isinstance(why, str):
        raise HubWordInvalid(_NOT_OURS)
    at = _number(parts.get("at"))
    if at is None or not _is_address_or_empty(seen_from):
        raise HubWordInvalid(_NOT_OURS)
    return HubStatus(
        at=at,
        certificate_ends=_number(parts.get("certificate_ends")),
        reached=reached,
        why=plain_words(why),
        bytes_month=_number(parts.get("bytes_month")) or 0,
        seen_from=seen_from,
        echo=_number(parts.get("echo")),
        certificate_begins=_number(parts.get("certificate_begins")),
    )


def question_line(number: int) -> bytes:
    """What the box asks with."""
    return _line({"n": number})


def read_question(line: bytes) -> int:
    """The number to be echoed.  Raises HubWordInvalid."""
    number = _number(read_object(line).get("n"))
    if number is None:
        raise HubWordInvalid(_NOT_OURS)
    return number


def read_object(line: bytes) -> dict[str, Any]:
    """One line as a JSON object.  Raises HubWordInvalid, also for one that is too long."""
    if len(line) > LONGEST_LINE:
        raise HubWordInvalid(_NOT_OURS)
    try:
        parts = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise HubWordInvalid(_NOT_OURS) from error
    if not isinstance(parts, dict):
        raise HubWordInvalid(_NOT_OURS)
    return parts


def plain_words(text: str) -> str:
    """A sentence of the other end's, fit for a page and a log: one line of letters, bounded."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text[:LONGEST_WORDS]).split())


def _line(parts: dict[str, Any]) -> bytes:
    return json.dumps(parts, separators=(",", ":")).encode() + b"\n"


def _number(value: object) -> int | None:
    """None for null and for nothing.  Raises HubWordInvalid for what is no whole number from 0 on."""
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _MOST:
        raise HubWordInvalid(_NOT_OURS)
    return value


def _is_address_or_empty(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return not value or bool(ip_address(value))
    except ValueError:
        return False


_NOT_OURS = "What came over the tunnel is not what a hub of Doorstep says."

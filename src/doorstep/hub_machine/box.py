"""One box of this hub, as its record says: name, port, secret, key, code.  Pure; where it lies: `box_folder`."""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from doorstep.core.errors import HubKeyInvalid
from doorstep.core.hub_code import VALID_SECONDS
from doorstep.core.hub_key import public_line, read_public_line
from doorstep.core.hub_line import code_line, tunnel_line
from doorstep.core.hub_names import is_box_name, is_host_name, is_port
from doorstep.hub_machine.refused import HubRefused, StateUnreadable
from doorstep.hub_machine.shape import MOST_BOXES, HubShape

VERSION: Final = 1
GRACE_SECONDS: Final = 86_400
"""So long after it is over a code may still ask, to be told in words that it is over."""

LONGEST_RECORD: Final = 8192
_SECRET_BYTES: Final = 24
_SECRET_LETTERS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@dataclass(frozen=True, slots=True)
class PairingTicket:
    """What the hub keeps of a pairing code: its public key, until when it is good, and whether a box came with it.

    `turn_secret` is for the box that comes, where another holds the place until then; else empty.
    """

    key: bytes
    until: int
    used: bool = False
    turn_secret: str = field(default="", repr=False)

    def is_over(self, now: float) -> bool:
        """Also where the clock was set back so far that it would be good for longer than a code is."""
        return not self.until - 2 * VALID_SECONDS <= now < self.until

    def is_open(self, now: float) -> bool:
        """Whether a box may still come with its code."""
        return not self.used and not self.is_over(now)

    def is_forgotten(self, now: float) -> bool:
        """Nobody needs to be told any more what became of it."""
        return now >= self.until + GRACE_SECONDS


@dataclass(frozen=True, slots=True)
class Box:
    """One box.  `key` are the 32 bytes of its public key, None before it was paired; times in seconds since 1970.

    Raises HubRefused where a part cannot be.
    """

    name: str
    host: str
    port: int
    turn_secret: str = field(repr=False)
    key: bytes | None = None
    ticket: PairingTicket | None = None
    paired_at: int | None = None

    def __post_init__(self) -> None:
        """Valid by construction: all of it goes into files of other programs."""
        if not is_box_name(self.name):
            msg = f'"{self.name}" is no name for a box: up to 32 small letters, digits and dashes, like garage.'
            raise HubRefused(msg)
        if not is_host_name(self.host):
            msg = f'"{self.host}" is no host name: small letters, digits, dashes and dots, like garage.example.org.'
            raise HubRefused(msg)
        if not is_port(self.port) or not all(map(_is_secret, self.turn_secrets)):
            msg = f"The record of the box {self.name} holds a port or secret that cannot be."
            raise HubRefused(msg)

    @property
    def turn_secrets(self) -> tuple[str, ...]:
        """The box's, and that of the one that may take its place: neither is ever without."""
        coming = "" if self.ticket is None else self.ticket.turn_secret
        return (self.turn_secret, coming) if coming else (self.turn_secret,)

    def with_ticket(self, ticket: PairingTicket) -> "Box":
        """Waiting for a box to come with the code; the key of before holds until one does."""
        return replace(self, ticket=ticket)

    def paired(self, key: bytes, now: float) -> "Box":
        """The key is this box's from now on, and its code is used; who was here before knows another secret."""
        ticket = None if self.ticket is None else replace(self.ticket, used=True, turn_secret="")
        return replace(self, key=key, turn_secret=self.turn_secrets[-1], ticket=ticket, paired_at=int(now))


def new_box(name: str, host: str, boxes: Iterable[Box], shape: HubShape) -> Box:
    """With the first free port and a secret of its own.  Raises HubRefused where the name or host is another's."""
    others = [box for box in boxes if box.name != name]
    if taken := next((box for box in others if box.host == host), None):
        msg = f"{host} is the name of the box {taken.name} already. Choose another with --host."
        raise HubRefused(msg)
    first = shape.ports.first_tunnel
    free = set(range(first, first + MOST_BOXES)) - {box.port for box in others}
    if not free:
        msg = f"This hub has {MOST_BOXES} boxes, which is as many as it takes. Take one away with doorstep-hub revoke."
        raise HubRefused(msg)
    return Box(name, host, min(free), new_turn_secret())


def new_turn_secret() -> str:
    """One that nobody knows."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def key_lines(boxes: Iterable[Box], now: float, program: str) -> str:
    """The whole of authorized_keys: what each key may do, and nothing for who is no box."""
    lines = ["# Written by doorstep-hub from the records in boxes/; changes here are lost."]
    for box in sorted(boxes, key=lambda one: one.name):
        if box.key is not None:
            lines.append(tunnel_line(box.name, box.port, box.key, program))
        if box.ticket is not None and not box.ticket.is_forgotten(now):
            lines.append(code_line(box.name, box.ticket.until + GRACE_SECONDS, box.ticket.key, program))
    return "\n".join(lines) + "\n"


def box_text(box: Box) -> str:
    """As its record lies in the folder."""
    ticket = box.ticket and {
        "key": public_line(box.ticket.key),
        "until": box.ticket.until,
        "used": box.ticket.used,
        "turn_secret": box.ticket.turn_secret,
    }
    parts = {
        "v": VERSION,
        "name": box.name,
        "host": box.host,
        "port": box.port,
        "turn_secret": box.turn_secret,
        "key": None if box.key is None else public_line(box.key),
        "code": ticket,
        "paired_at": box.paired_at,
    }
    return json.dumps(parts, indent=2) + "\n"


def read_box(text: str, where: str) -> Box:
    """Raises StateUnreadable, with the file's name and the remedy."""
    try:
        parts: Any = json.loads(text)
        if not isinstance(parts, dict) or parts.get("v") != VERSION:
            raise StateUnreadable(_foreign(where))
        words = (parts["name"], parts["host"], parts["turn_secret"])
        if not all(isinstance(word, str) for word in words):
            raise StateUnreadable(_foreign(where))
        name, host, secret = words
        key = None if parts["key"] is None else _key(parts["key"])
        ticket = None if parts["code"] is None else _ticket(parts["code"])
        paired_at = None if parts["paired_at"] is None else _whole(parts["paired_at"])
        return Box(name, host, parts["port"], secret, key, ticket, paired_at)
    except (ValueError, TypeError, KeyError, RecursionError, HubKeyInvalid, HubRefused) as error:
        raise StateUnreadable(_foreign(where)) from error


def _ticket(parts: Any) -> PairingTicket:  # noqa: ANN401 - as JSON has it
    used, secret = parts["used"], parts.get("turn_secret", "")
    if not isinstance(used, bool) or not isinstance(secret, str):
        raise TypeError
    return PairingTicket(_key(parts["key"]), _whole(parts["until"]), used, secret)


def _is_secret(text: str) -> bool:
    return len(text) >= 16 and _SECRET_LETTERS.issuperset(text)


def _key(line: object) -> bytes:
    if not isinstance(line, str):
        raise TypeError
    return read_public_line(line)


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**40:
        raise TypeError
    return value


def _foreign(where: str) -> str:
    return (
        f"{where} is not what doorstep-hub writes; it was left as it is. Move it away and pair that box anew "
        "(sudo doorstep-hub pair NAME); the other boxes are untouched."
    )

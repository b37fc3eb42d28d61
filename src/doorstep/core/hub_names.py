"""Names that hub and box agree on: of machines, of boxes, of user and program on the hub.  Nothing asks a network.

Everything here goes into command lines and files of other programs, so what is no plain name is refused.
"""

import re
from typing import Final

SSH_PORT: Final = 2222
"""Where the hub's own sshd listens; the administrator's keeps port 22."""

TURN_PORT: Final = 3478
HUB_USER: Final = "doorstep-hub"
HUB_PROGRAM: Final = "/usr/local/bin/doorstep-hub"
FIRST_BOX: Final = "home"
LET_GO: Final = "let-go"
"""What a box asks for before it comes again after a silent loss: that its former session gives its port back."""

LONGEST_HOST: Final = 253
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_BOX = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")


def is_host_name(text: str) -> bool:
    """Whether it is a name of RFC 1123, 2.1, in small letters, or an IPv4 address; so it begins with no dash."""
    return len(text) <= LONGEST_HOST and _HOST.fullmatch(text) is not None


def is_public_name(text: str) -> bool:
    """Whether it may be a name in the world's DNS: with a dot, and letters behind the last, so no address."""
    _, dot, last = text.rpartition(".")
    return is_host_name(text) and bool(dot) and any(map(str.isalpha, last))


def is_box_name(text: str) -> bool:
    """Whether a box may be called so: one label of a host name, of at most 32 letters, digits and dashes."""
    return _BOX.fullmatch(text) is not None


def is_port(number: object) -> bool:
    """Whether it is the number of a TCP or UDP port."""
    return isinstance(number, int) and not isinstance(number, bool) and 0 < number < 2**16


def host_of(box: str, hub: str) -> str:
    """The host name of a box on a hub: the first has the hub's own, the others one below it."""
    return hub if box == FIRST_BOX else f"{box}.{hub}"

"""The lines of the hub's authorized_keys: what a box's key may do there, and what a pairing code's.  For the hub.

By sshd(8), AUTHORIZED_KEYS FILE FORMAT; `expiry-time` with a Z needs OpenSSH 9.1 or later (Debian 12 has 9.2).
"""

from datetime import UTC, datetime
from typing import Final

from doorstep.core.errors import HubKeyInvalid
from doorstep.core.hub_key import public_line
from doorstep.core.hub_names import HUB_PROGRAM, is_box_name, is_port

LISTENS_AT: Final = "127.0.0.1"


def tunnel_line(box: str, port: int, key: bytes, program: str = HUB_PROGRAM) -> str:
    """A paired box's: one port of the hub's loopback is its own, one program is run, and nothing else is possible."""
    _refuse_unless(is_box_name(box) and is_port(port) and _is_plain(program))
    options = f'restrict,port-forwarding,permitlisten="{LISTENS_AT}:{port}",command="{program} serve {box}"'
    return f"{options} {public_line(key)} {box}"


def code_line(box: str, until: int, key: bytes, program: str = HUB_PROGRAM) -> str:
    """A pairing code's, which ends by itself at `until` (seconds since 1970): it can only pair."""
    _refuse_unless(is_box_name(box) and _is_plain(program))
    ends = datetime.fromtimestamp(until, UTC).strftime("%Y%m%d%H%M%SZ")
    return f'restrict,expiry-time="{ends}",command="{program} pair-in {box}" {public_line(key)} {box}'


def _is_plain(program: str) -> bool:
    """Nothing in it means anything to a shell or ends the quotes."""
    return program.startswith("/") and all(
        letter.isascii() and (letter.isalnum() or letter in "/-_. ") for letter in program
    )


def _refuse_unless(is_valid: bool) -> None:  # noqa: FBT001 - a check
    if not is_valid:
        msg = "This name, port or program cannot stand in authorized_keys."
        raise HubKeyInvalid(msg)

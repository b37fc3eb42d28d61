"""The pairing code of a hub: what a box needs to know of it once, as one word to copy.  Used by both ends.

Format, version 1: `dh1-`, then in base64url without padding (RFC 4648, 5) a JSON object in UTF-8 and the first four
bytes of its SHA-256.  The code is a secret until it was used or is over: who has it can become the box.
"""

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any, Final

from doorstep.core.errors import HubCodeInvalid
from doorstep.core.hub_key import KEY_BYTES
from doorstep.core.hub_names import is_host_name, is_port

PREFIX: Final = "dh1-"
VALID_SECONDS: Final = 3600
LONGEST_CODE: Final = 2000
LONGEST_TEXT: Final = 2 * LONGEST_CODE
"""As it is pasted, with white space in it."""
_SUM_BYTES: Final = 4
_LAST_SECOND: Final = 2**40
_OF_SOME_VERSION = re.compile(r"dh[0-9]{1,3}-")
_AROUND: Final = "\"'`<>"


@dataclass(frozen=True, slots=True)
class HubCode:
    """`host_key` is the public key of the hub's sshd, `seed` the one-time private key, both Ed25519 and 32 bytes.

    `until` is in seconds since 1970, by the hub's clock.  Raises HubCodeInvalid where a part cannot be.
    """

    hub: str
    ssh_port: int
    host_key: bytes
    seed: bytes = field(repr=False)
    until: int

    def __post_init__(self) -> None:
        """Valid by construction."""
        keys = len(self.host_key) == KEY_BYTES and len(self.seed) == KEY_BYTES
        if not (is_host_name(self.hub) and is_port(self.ssh_port) and keys and 0 <= self.until < _LAST_SECOND):
            raise HubCodeInvalid(_NOT_OURS)


def code_text(code: HubCode) -> str:
    """As it is printed and copied."""
    parts = {
        "hub": code.hub,
        "port": code.ssh_port,
        "key": _encoded(code.host_key),
        "seed": _encoded(code.seed),
        "until": code.until,
    }
    body = json.dumps(parts, separators=(",", ":")).encode()
    return PREFIX + _encoded(body + _sum_of(body))


def read_code(text: str) -> HubCode:
    """What a person pasted: white space, line breaks and quotes around it do no harm.

    Raises HubCodeInvalid with a sentence that says whether it is cut off, mistyped, of another version or no code.
    It may be over all the same: `code_is_over`.
    """
    word = "".join(text[:LONGEST_TEXT].split()).strip(_AROUND)
    start = word[: len(PREFIX)].lower()
    if start != PREFIX:
        raise HubCodeInvalid(_OTHER_VERSION if _OF_SOME_VERSION.match(word.lower()) else _NO_CODE)
    raw = _decoded(word[len(PREFIX) :])
    body, told = raw[:-_SUM_BYTES], raw[-_SUM_BYTES:]
    if told != _sum_of(body) or len(word) > LONGEST_CODE:
        raise HubCodeInvalid(_MISTYPED if body.endswith(b"}") else _CUT_OFF)
    return _code_of(body)


def code_is_over(code: HubCode, now: float) -> bool:
    """`now` in seconds since 1970.  The hub decides by its own clock; at home this only chooses words."""
    return now >= code.until


def _code_of(body: bytes) -> HubCode:
    try:
        parts: Any = json.loads(body)
        hub, port, key, seed, until = (parts[name] for name in ("hub", "port", "key", "seed", "until"))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise HubCodeInvalid(_NOT_OURS) from error
    words = isinstance(hub, str) and isinstance(key, str) and isinstance(seed, str)
    if not (words and type(port) is int and type(until) is int):
        raise HubCodeInvalid(_NOT_OURS)
    return HubCode(hub, port, _decoded(key), _decoded(seed), until)


def _sum_of(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()[:_SUM_BYTES]


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except UnicodeEncodeError as error:
        raise HubCodeInvalid(_MISTYPED) from error
    except binascii.Error as error:
        raise HubCodeInvalid(_CUT_OFF if len(text) % 4 == 1 else _MISTYPED) from error


_NO_CODE = (
    "This is no pairing code: one begins with dh1- and is what `sudo doorstep-hub pair` prints on the hub. "
    "Nothing was changed."
)
_OTHER_VERSION = (
    "This pairing code is of another version of Doorstep. Bring the hub and this box to the same version, then get a "
    "new code with `sudo doorstep-hub pair`. Nothing was changed."
)
_CUT_OFF = "The pairing code is cut off: copy it from dh1- to its last letter. Nothing was changed."
_MISTYPED = "The pairing code is mistyped: copy it instead, from dh1- to its last letter. Nothing was changed."
_NOT_OURS = (
    "The pairing code is whole, but says nothing that can be a hub. Get a new one with `sudo doorstep-hub pair` on the "
    "hub. Nothing was changed."
)

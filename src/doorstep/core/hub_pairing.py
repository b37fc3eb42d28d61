"""What a box and a hub tell each other once, and what the box keeps of it.  Used by both ends.

The box sends one line with its new public key; the hub answers with one line, which the box keeps as `pairing.json`.
"""

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from doorstep.core.errors import HubKeyInvalid, HubWordInvalid, PairingRefused
from doorstep.core.hub_key import public_line, read_public_line
from doorstep.core.hub_names import is_box_name, is_host_name, is_port
from doorstep.core.hub_status import VERSION, plain_words, read_object

LONGEST_SECRET: Final = 200


class PairingFault(StrEnum):
    """Why a hub does not pair."""

    USED = "used"
    EXPIRED = "expired"
    FULL = "full"
    BAD = "bad"


FAULT_WORDS: Final = {
    PairingFault.USED: "This pairing code was used already; each opens the hub to one box.",
    PairingFault.EXPIRED: "This pairing code is over: it was valid for an hour.",
    PairingFault.FULL: "The hub could not write the pairing down: its disk is full.",
    PairingFault.BAD: "The hub did not understand this box; it may be of another version.",
}


@dataclass(frozen=True, slots=True)
class Pairing:
    """A box's place on its hub.  `host` is the box's public name, `port` its port on the hub's loopback.

    Raises HubWordInvalid where a part cannot be.
    """

    box: str
    host: str
    hub: str
    ssh_port: int
    port: int
    turn_secret: str = field(repr=False)
    turn_port: int

    def __post_init__(self) -> None:
        """Valid by construction."""
        names = is_box_name(self.box) and is_host_name(self.host) and is_host_name(self.hub)
        secret = (
            len(self.turn_secret) <= LONGEST_SECRET and self.turn_secret.isascii() and self.turn_secret.isprintable()
        )
        if not (names and secret and all(map(is_port, (self.ssh_port, self.port, self.turn_port)))):
            raise HubWordInvalid(_NOT_OURS)

    @property
    def address(self) -> str:
        """Where a browser finds the box, without a slash at its end."""
        return f"https://{self.host}"


@dataclass(frozen=True, slots=True)
class KeptPairing:
    """What lies in the data folder; `paired_at` is in seconds since 1970, by this box's clock."""

    pairing: Pairing
    paired_at: int


def pair_request(key: bytes) -> bytes:
    """The box's line: its public key of 32 bytes."""
    return _line({"v": VERSION, "key": public_line(key)})


def read_pair_request(line: bytes) -> bytes:
    """The public key of 32 bytes.  Raises HubWordInvalid."""
    parts = read_object(line)
    key = parts.get("key")
    if parts.get("v") != VERSION or not isinstance(key, str):
        raise HubWordInvalid(_NOT_OURS)
    try:
        return read_public_line(key)
    except HubKeyInvalid as error:
        raise HubWordInvalid(_NOT_OURS) from error


def pair_answer(pairing: Pairing) -> bytes:
    """The hub's line for a box that it took."""
    return _line({"v": VERSION, **_parts(pairing)})


def pair_refusal(fault: PairingFault) -> bytes:
    """The hub's line for one that it did not take."""
    return _line({"v": VERSION, "error": fault.value, "words": FAULT_WORDS[fault]})


def read_pair_answer(line: bytes) -> Pairing:
    """Raises PairingRefused with the hub's reason in plain words, or HubWordInvalid."""
    parts = read_object(line)
    if "error" in parts:
        msg = f"{_fault_words(parts)} {_AGAIN}"
        raise PairingRefused(msg)
    return _pairing(parts)


def kept_text(kept: KeptPairing) -> str:
    """As it lies in `pairing.json`."""
    return json.dumps({"v": VERSION, **_parts(kept.pairing), "paired_at": kept.paired_at}, indent=2) + "\n"


def read_kept(text: str) -> KeptPairing:
    """Raises HubWordInvalid where the file was cut or changed."""
    parts = read_object(text.encode())
    paired_at = parts.get("paired_at")
    if not isinstance(paired_at, int) or isinstance(paired_at, bool):
        raise HubWordInvalid(_NOT_OURS)
    return KeptPairing(_pairing(parts), paired_at)


def _parts(pairing: Pairing) -> dict[str, object]:
    return {
        "box": pairing.box,
        "host": pairing.host,
        "hub": pairing.hub,
        "ssh_port": pairing.ssh_port,
        "port": pairing.port,
        "turn_secret": pairing.turn_secret,
        "turn_port": pairing.turn_port,
    }


def _pairing(parts: dict[str, Any]) -> Pairing:
    words = [parts.get(name) for name in ("box", "host", "hub", "turn_secret")]
    ports = [parts.get(name) for name in ("ssh_port", "port", "turn_port")]
    if parts.get("v") != VERSION or not all(isinstance(word, str) for word in words) or not all(map(is_port, ports)):
        raise HubWordInvalid(_NOT_OURS)
    return Pairing(
        box=parts["box"],
        host=parts["host"],
        hub=parts["hub"],
        ssh_port=parts["ssh_port"],
        port=parts["port"],
        turn_secret=parts["turn_secret"],
        turn_port=parts["turn_port"],
    )


def _fault_words(parts: dict[str, Any]) -> str:
    """Ours where we know the fault; else the hub's, made plain."""
    error, words = parts["error"], parts.get("words")
    if error in list(PairingFault):
        return FAULT_WORDS[PairingFault(error)]
    return plain_words(words) if isinstance(words, str) and words.strip() else FAULT_WORDS[PairingFault.BAD]


def _line(parts: dict[str, object]) -> bytes:
    return json.dumps(parts, separators=(",", ":")).encode() + b"\n"


_AGAIN = "Nothing was changed here. Get a new code with `sudo doorstep-hub pair` on the hub."
_NOT_OURS = "What the hub answered is no pairing. Bring the hub and this box to the same version of Doorstep."

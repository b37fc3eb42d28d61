"""A passkey: what a phone or a key signs in with in place of a password.  Signatures are `accounts`' business."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

LOCAL = "localhost"
MOST_EACH = 20
"""So many a person may have."""

Json = dict[str, Any]
"""Any: what browsers exchange, as WebAuthn describes it."""


@dataclass(frozen=True, slots=True)
class PasskeyPlace:
    """The page at which a passkey is made or used: its host name, and its origin (`scheme://host[:port]`)."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True)
class Passkey:
    """Of `person`, who has the same `handle` in each of his; it opens by the name `host` alone.

    `credential_id`, `handle` and `public_key` (COSE, RFC 9052) are base64url.  `sign_count` is the counter of the
    device that made it, 0 where that has none.
    """

    id: str
    credential_id: str
    person: str
    handle: str
    host: str
    public_key: str
    sign_count: int
    transports: tuple[str, ...]
    name: str
    created_at: datetime
    last_used_at: datetime | None = None


def why_no_passkeys(scheme: str, host: str) -> str:
    """Why a page at this address can have no passkeys, in a sentence; empty where it can.

    A passkey belongs to a host name (WebAuthn Level 3, 5.4.2), and browsers have them in secure contexts alone (W3C
    Secure Contexts, 3.1), of which one needs no certificate: this machine itself, under the name localhost.
    """
    if _is_address(host):
        return "Passkeys belong to a name, and this page was opened by a number. Open Doorstep by its host name."
    if scheme != "https" and host != LOCAL:
        return "Passkeys need the secure address, which begins with https."
    return ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True

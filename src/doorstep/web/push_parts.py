"""What the web needs of Web Push, as a port and plain values.  `app` fills it in."""

from collections.abc import Callable
from dataclasses import dataclass

from doorstep.core.event import EventId
from doorstep.core.push_subscription import NewDevice
from doorstep.ports import PushDevices


@dataclass(frozen=True, slots=True)
class PushParts:
    """`public_key` is what browsers bind their subscription to: base64url of an uncompressed point (RFC 8292, 4.1).

    `judge` raises NotifierRefused where a device gives an address or keys that cannot be used.  `picture_opens` says
    whether a key was made for the picture of this alert and event; `snapshot_of` is what is remembered.  `still_of` is
    an event's best picture, empty where there is none or it cannot be read; it blocks.
    """

    public_key: str
    devices: PushDevices
    judge: Callable[[NewDevice], None]
    picture_opens: Callable[[str, str, str], bool]
    snapshot_of: Callable[[str], bytes | None] = lambda _alert: None
    still_of: Callable[[EventId], bytes] = lambda _event: b""

"""Apprise's own things, kept apart: an address becomes a service, a message is handed to it, and what it said is read.

Everything here blocks.  Its log repeats addresses, which are secrets, so nothing of it is passed on.
"""

import logging
import re
import socket
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import apprise
from apprise.attachment.memory import AttachMemory
from apprise.plugins import url_to_dict
from apprise.result import AppriseResultStatus

from doorstep.core.errors import NotifierRefused, NotifierUnavailable
from doorstep.core.public_address import is_metadata

CONNECT_SECONDS = 4.0
PRESS_LASTS_SECONDS = 300
"""So long Pushover repeats a press that nobody confirms: then whoever rang has left."""
REPEAT_SECONDS = 60

URGENT: dict[str, dict[str, str | int]] = {
    "ntfy": {"priority": "max"},
    "ntfys": {"priority": "max"},
    "pover": {"priority": "emergency", "interval": REPEAT_SECONDS, "expire": PRESS_LASTS_SECONDS},
    "gotify": {"priority": "emergency"},
    "gotifys": {"priority": "emergency"},
    "prowl": {"priority": "emergency"},
}
"""What makes a press loud, by the beginning of the address."""

_STATUS = re.compile(r"error=(\d{3})")
"""As most of its services word it; ntfy's own codes begin with the status of HTTP."""

# Both repeat addresses, and what nobody listens to Python writes to the error output.
for _name in ("apprise", "urllib3"):
    logging.getLogger(_name).addHandler(logging.NullHandler())
    logging.getLogger(_name).propagate = False


@dataclass(frozen=True, slots=True)
class Words:
    """What is told: `link` opens it, `picture` is a JPEG or empty."""

    title: str
    text: str
    link: str
    picture: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether every receiver took it; if not, what the service said (a status of HTTP), None where it did not say."""

    taken: bool
    status: int | None = None


def opened(url: str, *, urgent: bool = False) -> apprise.NotifyBase:
    """The service at an address.  The first one loads all of Apprise, which takes a second or, on a Pi, some.

    Raises NotifierRefused, without the address.
    """
    # No redirect is followed, nothing is stored, and whoever waits has an end to it himself.
    asset = apprise.AppriseAsset(http_redirects=False, async_mode=False, service_timeout=0, storage_mode="memory")
    service = None
    with suppress(TypeError, ValueError, AttributeError):  # some of its services trip over what is no address
        parts: dict[str, object] = url_to_dict(url, secure_logging=True) or {}  # type: ignore[no-untyped-call]
        louder = URGENT.get(str(parts.get("schema")), {}) if urgent else {}
        # What the owner says of how often and how long wins over ours.
        wanted = {key: value for key, value in louder.items() if key == "priority" or key not in parts}
        service = apprise.Apprise.instantiate({**parts, **wanted}, asset=asset) if parts else None
    if service is None or getattr(service, "topics", None) == []:  # ntfy leaves out topics that it cannot have
        msg = "Its address is none that Apprise understands. Check notify.apprise."
        raise NotifierRefused(msg)
    service.redirects = False  # an address may ask for them
    if hasattr(service, "include_image"):
        service.include_image = False  # Apprise's own picture, which phones would fetch from elsewhere
    return service


def tell(service: apprise.NotifyBase, words: Words) -> Answer:
    """Hand it over, with the picture where the service takes one."""
    place = _place_of(service)
    if place is not None:
        _refuse_metadata(*place)
    if hasattr(service, "click"):  # ntfy: what a tap opens
        service.click = words.link
    attached = None
    if words.picture and service.attachment_support:
        attached = AttachMemory(  # type: ignore[no-untyped-call]  # apprise's
            words.picture, name="snapshot.jpg", mimetype="image/jpeg"
        )
    one = apprise.Apprise(asset=service.asset)
    one.add(service)
    result = one.notify(title=words.title, body=f"{words.text}\n{words.link}", attach=attached, body_format="text")
    if result.status == AppriseResultStatus.SUCCESS:
        return Answer(taken=True)
    said = [str(entry.message) for entry in result.logs()]
    found = [int(match[1]) for line in said for match in _STATUS.finditer(line)]
    return Answer(taken=False, status=next((status for status in found if 300 <= status < 600), None))


def place(url: str) -> tuple[str, int] | None:
    """Host and port of the service at an address, None where Apprise does not tell.  Raises NotifierRefused."""
    return _place_of(opened(url))


def reach(service: apprise.NotifyBase) -> str | None:
    """Connect to where it is, and leave; the host, None where Apprise does not tell.  Raises as a notifier's check."""
    place = _place_of(service)
    if place is None:
        return None
    host, port = place
    _refuse_metadata(host, port)
    try:
        socket.create_connection(place, CONNECT_SECONDS).close()
    except (OSError, UnicodeError) as error:  # the second for what cannot be a host's name (RFC 1035, 2.3.4)
        msg = f"{service.service_name} at {host} cannot be reached; is this machine on the internet?"
        raise NotifierUnavailable(msg) from error
    return host


def _place_of(service: apprise.NotifyBase) -> tuple[str, int] | None:
    """Host and port; of what is no host in an address (a token, say) nothing."""
    has_no_host = str(getattr(service, "mode", "")) in {"cloud", "t2bot"}  # Matrix: a token stands in its place
    templates: tuple[str, ...] = service.templates
    if service.host and not has_no_host and any("{host}" in one for one in templates):
        # Mail goes to a server that Apprise knows for the address, or that the owner names in it.
        return getattr(service, "smtp_host", None) or service.host, service.port or (443 if service.secure else 80)
    for name in ("cloud_notify_url", "notify_url"):
        fixed = getattr(service, name, None)
        if isinstance(fixed, str) and fixed.startswith("https://"):
            with suppress(ValueError):
                parts = urlsplit(fixed)
                if parts.hostname and "{" not in parts.netloc:
                    return parts.hostname, parts.port or 443
    return None


def _refuse_metadata(host: str, port: int) -> None:
    """Raises NotifierRefused for a host that lies where clouds keep credentials; one that nobody knows is let pass."""
    with suppress(OSError, UnicodeError):
        if any(is_metadata(str(one[4][0])) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)):
            msg = "It lies at an address where clouds keep credentials."
            raise NotifierRefused(msg)

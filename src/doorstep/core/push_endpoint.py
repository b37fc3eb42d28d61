"""Where a browser may ask to be sent alerts: by a known push service, or one of the owner's.  Sending: adapters."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

LONGEST_ENDPOINT = 2048

_HOSTS = frozenset({"fcm.googleapis.com", "android.googleapis.com", "updates.push.services.mozilla.com"})
_SUFFIXES = (".push.services.mozilla.com", ".push.apple.com", ".notify.windows.com")
"""Of Chrome and what is built on it, of Firefox, Safari and Edge."""

_NAME = re.compile(r"[a-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class PushEndpoint:
    """An address that may be sent to.  `is_own` says that the owner's file names its beginning: it may be at home."""

    url: str = field(repr=False)
    host: str
    port: int
    is_own: bool

    @property
    def origin(self) -> str:
        """Whom a signature is for (RFC 8292, 2; RFC 6454, 6.1)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"https://{host}" if self.port == 443 else f"https://{host}:{self.port}"

    @property
    def target(self) -> str:
        """Path and query, as a request names them."""
        parts = urlsplit(self.url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def push_endpoint(url: str, own: Sequence[str] = ()) -> PushEndpoint | None:
    """None where it must not be sent to; `own` are beginnings of addresses, which end at a "/".

    Judged by its parts and not as text, so that no user, port, dot or letter case makes one host look like another.
    """
    if not 0 < len(url) <= LONGEST_ENDPOINT or not url.isascii() or not url.isprintable() or " " in url:
        return None
    parts = _parts(url)
    if parts is None:
        return None
    host, port = parts.hostname or "", parts.port or 443
    is_own = any(_begins(parts, beginning) for beginning in own)
    is_known = port == 443 and (host in _HOSTS or (host.endswith(_SUFFIXES) and _NAME.fullmatch(host) is not None))
    return PushEndpoint(url, host, port, is_own) if is_own or is_known else None


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    plain = parts.username is None and parts.password is None and not parts.fragment and "\\" not in url
    is_whole = (
        parts.scheme == "https" and bool(parts.hostname) and port != 0 and not (parts.hostname or "").endswith(".")
    )
    return parts if plain and is_whole else None


def _begins(parts: SplitResult, beginning: str) -> bool:
    own = _parts(beginning)
    if own is None or (own.hostname, own.port or 443) != (parts.hostname, parts.port or 443):
        return False
    path = own.path if own.path.endswith("/") else own.path + "/"
    return parts.path.startswith(path) and not _climbs(parts.path)


def _climbs(path: str) -> bool:
    """Whether a server may take it for a path with a step upwards, also one that decodes twice."""
    return ".." in unquote(unquote(path)).replace("\\", "/").split("/")

"""One GET to an address that the owner wrote into the config; what it means lives in `pipeline/dead_man`."""

import ssl
from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import SplitResult, quote, unquote, urlsplit

from doorstep.core.errors import NotifierUnavailable
from doorstep.core.public_address import is_metadata
from doorstep.notifiers.guarded_post import HTTP, HTTPS, GuardedPost, LookUp, Post, look_up

SECONDS = 10.0
NAME = "The address of watch.ping"
_AS_WRITTEN = "%/:=&?~+!$,;'@()*[]"


class Ping:
    """Follows no redirect and asks no proxy.  The address is a secret: it reaches no log and no error."""

    def __init__(self, address: str, addresses_of: LookUp = look_up) -> None:
        """`address` begins with http:// or https:// and names a host, as the config has seen to."""
        parts = urlsplit(address)
        is_tls = parts.scheme == "https"
        target = quote(parts.path or "/", _AS_WRITTEN) + (f"?{quote(parts.query, _AS_WRITTEN)}" if parts.query else "")
        headers = {"User-Agent": "Doorstep", **_login(parts)}
        self._asked = Post(
            parts.hostname or "", parts.port or (HTTPS if is_tls else HTTP), target, headers, b"", method="GET"
        )
        self._post = GuardedPost(NAME, ssl.create_default_context() if is_tls else None, SECONDS, addresses_of)

    def __repr__(self) -> str:
        """Without the address."""
        return "Ping(...)"

    async def ping(self) -> None:
        """Return when it was taken.  Raises NotifierUnavailable, and NotifierRefused where clouds keep credentials."""
        answer = await self._post.send(self._asked, lambda address: not is_metadata(address))
        if not 200 <= answer.status < 300:
            msg = f"It answered {answer.status}."
            raise NotifierUnavailable(msg)


def _login(parts: SplitResult) -> Mapping[str, str]:
    """Of an address that holds one (RFC 7617)."""
    if parts.username is None:
        return {}
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Authorization": f"Basic {b64encode(login.encode()).decode()}"}

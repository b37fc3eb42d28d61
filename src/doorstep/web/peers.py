"""The door for programs of our own that ask without a secret, such as nginx with its rtmp module: by where they come
from.  What they may ask lives in `ingest`.
"""

import ipaddress
from collections.abc import Callable, Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from doorstep.web.gate import THROUGH_HUB_KEY, TRUSTED_PEER_KEY
from doorstep.web.permissions import PERMISSIONS, Openness
from doorstep.web.problems import problem

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PEER_PATHS = frozenset(path for (_, path), need in PERMISSIONS.items() if need is Openness.PEERS)

# A browser says at least one of these on a write, a proxy at least one on whatever it passes on; nginx-rtmp says none.
FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
_NOT_FROM_A_PEER = (
    *("origin", "cookie", "authorization", "referer", "sec-fetch-site", "sec-fetch-mode"),
    *FORWARDED,
)


def is_trusted(address: str, networks: Sequence[str]) -> bool:
    """Whether the address is of this machine or in one of the networks; a text that is no address is not."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    plain = mapped or parsed
    return plain.is_loopback or any(plain in ipaddress.ip_network(network, strict=False) for network in networks)


class PeerDoor:
    """Pure ASGI; answers 403 on the peers' routes to everybody else.  The mark is a key of the scope.

    The address is the connection's own.  No forwarding header is believed; a request that has one came through a
    proxy, where anybody may stand behind an address that is trusted, and is refused.
    """

    def __init__(self, app: ASGIApp, networks: Callable[[], Sequence[str]]) -> None:
        self._app = app
        self._networks = networks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on everything that is not for peers, and what comes from one."""
        if scope["type"] != "http" or scope["path"] not in PEER_PATHS:
            await self._app(scope, receive, send)
        elif self._is_peer(scope):
            await self._app({**scope, TRUSTED_PEER_KEY: True}, receive, send)
        else:
            await problem(403, "not-allowed", "You may not do this.")(scope, receive, send)

    def _is_peer(self, scope: Scope) -> bool:
        client = scope.get("client")
        headers = Headers(scope=scope)
        if scope.get(THROUGH_HUB_KEY) is True or not client or any(name in headers for name in _NOT_FROM_A_PEER):
            return False
        return is_trusted(client[0], self._networks())

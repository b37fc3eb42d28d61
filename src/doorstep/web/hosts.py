"""Which host names this server answers to: the guard against DNS rebinding.  Addresses are safe, for a rebound page
always asks by a name.  Through the hub only its own name is asked for.
"""

import ipaddress
from collections.abc import Callable, Iterable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from doorstep.web.gate import LOCAL_OWNER_KEY, THROUGH_HUB_KEY
from doorstep.web.problems import problem


def host_of(header: str) -> str:
    """The host of a Host header (RFC 9110, 7.2), case folded, without port, brackets and final dot."""
    text = header.strip().lower()
    host = text[1:].partition("]")[0] if text.startswith("[") else text.partition(":")[0]
    return host.removesuffix(".")


def is_address(host: str) -> bool:
    """Whether it is an IP literal."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class HostGuard:
    """Pure ASGI; answers 421 (RFC 9110, 15.5.20) to a name that is not this server's.

    `hub` is asked each time for one more: the name on a hub, which may come and go; empty where there is none.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str], hostname: str, hub: Callable[[], str] = str) -> None:
        self._app = app
        self._hub = hub
        own = hostname.lower().partition(".")[0]
        local = {own, f"{own}.local"} if own else set()
        self._names = frozenset({"localhost", hostname.lower(), *local, *map(host_of, names)} - {""})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is addressed to us."""
        if scope["type"] not in ("http", "websocket") or self._is_for_us(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            detail = 'Doorstep does not answer to this name. Add it to "names" under [server] in the config file.'
            await problem(421, "unknown-host", detail)(scope, receive, send)

    def _is_for_us(self, scope: Scope) -> bool:
        if scope.get(LOCAL_OWNER_KEY) is True:
            return True
        hosts = Headers(scope=scope).getlist("host")
        if len(hosts) != 1:
            return False
        host = host_of(hosts[0])
        hub = self._hub()
        if scope.get(THROUGH_HUB_KEY) is True:
            return host == hub != ""
        return host in self._names or is_address(host) or host == hub != ""

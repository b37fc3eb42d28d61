"""Puts who really asked, and how, into a request that a listed proxy passed on.  What is believed: `core`."""

from collections.abc import Mapping, MutableMapping

from starlette.types import ASGIApp, Receive, Scope, Send

from doorstep.core.forwarding import NOTHING, Forwarded, TrustedProxies
from doorstep.web.gate import THROUGH_HUB_KEY

PROXY_KEY = "doorstep.proxy"
"""In the scope the address of the proxy that was believed."""

_HEADERS = (b"forwarded", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host")


class ProxyDoor:
    """Pure ASGI, outside all that asks for an address, a scheme or a host.  Without listed proxies it does nothing.

    Nor does it to what came through the hub, whose word is taken already: behind it nobody is a proxy.
    """

    def __init__(self, app: ASGIApp, proxies: TrustedProxies) -> None:
        self._app = app
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; the request of a proxy as its client sent it."""
        came_through = scope.get(THROUGH_HUB_KEY) is True
        if self._proxies and not came_through and scope["type"] in ("http", "websocket") and scope.get("client"):
            peer = scope["client"][0]
            told = self._proxies.believed(headers_of(scope), peer)
            scope = scope if told == NOTHING else {**as_asked(scope, told), PROXY_KEY: peer}
        await self._app(scope, receive, send)


def headers_of(scope: Scope) -> Mapping[str, str]:
    """The headers of forwarding, in small letters; those that came several times joined by commas."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name in _HEADERS:
            key, text = name.decode("ascii"), value.decode("latin-1")
            found[key] = f"{found[key]},{text}" if key in found else text
    return found


def as_asked(scope: Scope, told: Forwarded) -> Scope:
    """The scope, with what is believed in it."""
    changed: MutableMapping[str, object] = dict(scope)
    if told.client is not None:
        changed["client"] = (told.client, 0)
    if told.scheme is not None:
        secure = told.scheme == "https"
        plain = scope["type"] == "http"
        changed["scheme"] = ("https" if secure else "http") if plain else ("wss" if secure else "ws")
    if told.host is not None:
        others = [(name, value) for name, value in scope["headers"] if name != b"host"]
        changed["headers"] = [(b"host", told.host.encode("ascii")), *others]
    return changed

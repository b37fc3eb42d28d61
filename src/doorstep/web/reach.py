"""By which address a phone reaches this server: for links and codes that are made here and opened elsewhere."""

import ipaddress
from urllib.parse import urlsplit

from fastapi import Request

from doorstep.core.passkey import LOCAL
from doorstep.web.gate import LOCAL_OWNER_KEY
from doorstep.web.parts import WebParts

RESET_PATH, PAIR_PATH = "/reset#", "/pair#"


def addresses(request: Request, parts: WebParts) -> list[str]:
    """Like `https://door.example.org:8443`, the likeliest first; none where no phone can reach this server.

    That of the config comes first; the one that was asked is right where it is none of this machine alone.
    """
    outside = parts.sign_ins.address if parts.sign_ins else ""
    asked = origin_of(request)
    if request.scope.get(LOCAL_OWNER_KEY) is not True and not is_loopback(urlsplit(asked).hostname or ""):
        found = [outside, asked]
    else:
        found = [outside, *(parts.sign_ins.at_home if parts.sign_ins else ())]
    return [address for address in dict.fromkeys(found) if address]


def best_address(request: Request, parts: WebParts) -> str:
    """The likeliest; where there is none, the one that was asked."""
    own = parts.sign_ins.own if parts.sign_ins and request.scope.get(LOCAL_OWNER_KEY) is True else ""
    return next(iter(addresses(request, parts)), own or origin_of(request))


def origin_of(request: Request) -> str:
    """`scheme://host[:port]` as it was asked (RFC 6454, 6.2)."""
    return f"{request.url.scheme}://{request.url.netloc.partition('@')[0]}"


def is_loopback(host: str) -> bool:
    """Whether only this machine itself is reached by it."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == LOCAL or host.endswith(f".{LOCAL}")

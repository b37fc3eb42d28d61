"""By which addresses this server is reached, and how this very request came: for the page about the secure address.

Whether a browser trusts it, only the browser can say; that is asked there.
"""

from fastapi import Request
from pydantic import BaseModel

from doorstep.web.gate import Parts, came_through, resource
from doorstep.web.hosts import host_of
from doorstep.web.peers import FORWARDED
from doorstep.web.proxies import PROXY_KEY

router = resource("address")


class AskedShape(BaseModel):
    """How this request came.  `proxy` is who passed it on, empty for nobody; it is `believed` where it is listed.

    What came `through_hub` was passed on by that, which is no proxy of the config.
    """

    scheme: str
    host: str
    client: str
    proxy: str
    believed: bool
    through_hub: bool


class AddressShape(BaseModel):
    """Where Doorstep listens (`lan`, `port`, `tls`), what it answers to, and what its links begin with."""

    lan: str
    port: int
    tls: bool
    hostname: str
    names: list[str]
    link: str
    trusted_proxies: list[str]
    asked: AskedShape


@router.get("/address")
async def get_address(request: Request, parts: Parts) -> AddressShape:
    """What the steps towards a secure address need to know of this box."""
    server = request.scope.get("server") or ("", 0)
    return AddressShape(
        lan=parts.address.lan,
        port=server[1] or 0,
        tls=parts.address.is_tls,
        hostname=parts.hostname,
        names=[name for name in parts.names if name],
        link=parts.address.link,
        trusted_proxies=list(parts.trusted_proxies),
        asked=_asked(request),
    )


def _asked(request: Request) -> AskedShape:
    believed = request.scope.get(PROXY_KEY, "")
    client = request.client.host if request.client else ""
    was_passed_on = not came_through(request) and any(name in request.headers for name in FORWARDED)
    return AskedShape(
        scheme=request.url.scheme,
        host=host_of(request.headers.get("host", "")),
        client=client,
        proxy=believed or (client if was_passed_on else ""),
        believed=bool(believed),
        through_hub=came_through(request),
    )

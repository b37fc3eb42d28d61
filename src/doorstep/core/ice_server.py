"""Servers that help a viewer and Doorstep to find each other through routers: STUN and TURN, for browsers."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field

CREDENTIAL_SECONDS = 6 * 3600


@dataclass(frozen=True, slots=True)
class IceServer:
    """One server; user name and credential are empty where none are asked for."""

    urls: tuple[str, ...]
    username: str = ""
    credential: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """A TURN server of the owner's, with either a `secret` shared with it or one user name and password for all."""

    url: str
    secret: str = field(default="", repr=False)
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class HubIce:
    """The STUN and TURN server on a hub (coturn), and the secret that it shares with this house.

    `ahead` is by how many seconds the hub's clock is ahead of ours: by that one credentials end.
    """

    host: str
    port: int
    secret: str = field(repr=False)
    ahead: float = 0.0

    @property
    def stun(self) -> str:
        """Its address for those who ask how they are seen (RFC 7064)."""
        return f"stun:{self.host}:{self.port}"

    @property
    def turn(self) -> tuple[TurnSettings, ...]:
        """By UDP, and by TCP where a network blocks that (RFC 7065)."""
        ways = ("udp", "tcp")
        return tuple(TurnSettings(f"turn:{self.host}:{self.port}?transport={way}", self.secret) for way in ways)


def hub_ice_servers(hub: HubIce, login: str, now: float) -> tuple[IceServer, ...]:
    """What one login is told of it; the ways that have one credential are one server."""
    first, *others = (_turn(server, login, now + hub.ahead) for server in hub.turn)
    urls = (*first.urls, *(url for other in others for url in other.urls))
    return IceServer((hub.stun,)), IceServer(urls, first.username, first.credential)


def ice_servers(stun: Sequence[str], turn: Sequence[TurnSettings], login: str, now: float) -> tuple[IceServer, ...]:
    """What one login is told, `now` in seconds since 1970; credentials made from a secret end after six hours."""
    servers = [IceServer((url,)) for url in stun]
    return (*servers, *(_turn(server, login, now) for server in turn))


def _turn(server: TurnSettings, login: str, now: float) -> IceServer:
    """By draft-uberti-behave-turn-rest-00, 2.2 (coturn's use-auth-secret); the login itself is not told."""
    if not server.secret:
        return IceServer((server.url,), server.username, server.password)
    who = hashlib.sha256(login.encode()).hexdigest()[:16]
    username = f"{int(now) + CREDENTIAL_SECONDS}:{who}"
    digest = hmac.digest(server.secret.encode(), username.encode(), "sha1")
    return IceServer((server.url,), username, base64.b64encode(digest).decode())

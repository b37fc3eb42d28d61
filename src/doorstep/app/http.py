"""The web server: one app on its TCP socket, and on two Unix sockets in the data folder, the owner's and the hub's."""

import asyncio
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from doorstep.app.door import Door
from doorstep.app.folders import SOCKET_NAME
from doorstep.app.served_certificate import ServedCertificate
from doorstep.app.viewer_socket import OPTIONS as VIEWER_OPTIONS
from doorstep.app.viewer_socket import ViewerSocket
from doorstep.core.errors import ConfigInvalid
from doorstep.core.hub_tunnel import HUB_SOCKET
from doorstep.core.settings import ServerSettings, TlsSettings
from doorstep.pipeline.health import HealthBoard
from doorstep.web.asgi import create_app
from doorstep.web.local import LocalOwner
from doorstep.web.parts import WebParts
from doorstep.web.through_hub import ThroughHub

GRACE_SECONDS = 2
KEEP_ALIVE_SECONDS = 30
HUB_KEEP_ALIVE_SECONDS = 150
"""Longer than the hub's web server keeps a connection that nobody uses: it alone closes one, never in the middle."""

MOST_CONNECTIONS = 512
HUB_BACKLOG = 128
STUCK_SECONDS = 60
"""Who takes nothing for so long is cut off by the system: what was closed but never read would stay open for ever."""

COMMON: dict[str, Any] = {  # of all doors; Any: uvicorn's keywords have many types
    "log_config": None,
    "access_log": False,
    "server_header": False,
    "proxy_headers": False,
    "lifespan": "off",
    "timeout_graceful_shutdown": GRACE_SECONDS,
    "http": Door,
    "ws": ViewerSocket,
    **VIEWER_OPTIONS,
}


class Uvicorn(uvicorn.Server):
    """uvicorn without its signal handlers: signals are the composition root's."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        logging.getLogger("uvicorn.error").addFilter(_is_fault)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing to capture."""
        yield


@dataclass(frozen=True, slots=True)
class Doors:
    """Where people ask, all bound: at home, from this machine, and through the hub."""

    public: socket.socket
    inside: socket.socket
    hub: socket.socket


class HttpServer:
    """All doors of one server.  Raises ConfigInvalid when the certificate or its key cannot be used."""

    def __init__(self, parts: WebParts, tls: TlsSettings | None, health: HealthBoard, doors: Doors) -> None:
        app = create_app(parts)
        self._doors = doors
        config = uvicorn.Config(
            app,
            ssl_certfile=tls.cert if tls else None,
            ssl_keyfile=tls.key if tls else None,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            limit_concurrency=MOST_CONNECTIONS,
            **COMMON,
        )
        _load(config, tls)
        self._certificate = ServedCertificate(config.ssl, tls, health, parts.clock) if config.ssl and tls else None
        self._outside = Uvicorn(config)
        self._inside = Uvicorn(uvicorn.Config(LocalOwner(app), **COMMON))
        limits: dict[str, Any] = {
            "timeout_keep_alive": HUB_KEEP_ALIVE_SECONDS,
            "limit_concurrency": MOST_CONNECTIONS,
        }
        self._hub = Uvicorn(uvicorn.Config(ThroughHub(app), **limits, **COMMON))

    async def run(self) -> None:
        """Serve until `stop`."""
        async with asyncio.TaskGroup() as tasks:
            looking = tasks.create_task(self._certificate.run()) if self._certificate else None
            async with asyncio.TaskGroup() as doors:
                doors.create_task(self._outside.serve([self._doors.public]))
                doors.create_task(self._inside.serve([self._doors.inside]))
                doors.create_task(self._hub.serve([self._doors.hub]))
            if looking is not None:
                looking.cancel()

    def stop(self) -> None:
        """Let running answers finish for a moment, then close."""
        self._outside.should_exit = self._inside.should_exit = self._hub.should_exit = True


@contextmanager
def listen(settings: ServerSettings) -> Iterator[socket.socket]:
    """The bound socket.  Raises ConfigInvalid in plain words when the port is taken or the address not ours."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as public:
        public.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Each accepted socket inherits it (tcp(7)); asyncio itself waits without end to send what a closed one holds.
        public.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STUCK_SECONDS * 1000)
        try:
            public.bind((settings.host, settings.port))
            public.listen(128)
        except OSError as error:
            msg = (
                f"Doorstep cannot listen on {settings.host}:{settings.port} ({error.strerror}). "
                "Stop the program that uses the port, or choose another with --listen or server.listen."
            )
            raise ConfigInvalid(msg) from error
        public.setblocking(False)
        yield public


@contextmanager
def owners_socket(data: Path, name: str = SOCKET_NAME) -> Iterator[socket.socket]:
    """A Unix socket that only our own user can open, from its first moment on.  Raises ConfigInvalid."""
    path = data / name
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as inside:
        mask = os.umask(0o177)
        try:
            path.unlink(missing_ok=True)
            inside.bind(str(path))
        except OSError as error:
            msg = f"The path {path} is too long for a socket or cannot be made ({error}). Choose another --data."
            raise ConfigInvalid(msg) from error
        finally:
            os.umask(mask)
        inside.listen(16)
        inside.setblocking(False)
        try:
            yield inside
        finally:
            # A disk that has become read-only keeps the name; the next start takes it away.
            with suppress(OSError):
                path.unlink(missing_ok=True)


@contextmanager
def open_doors(settings: ServerSettings, data: Path) -> Iterator[Doors]:
    """All of them, before anything is made that would be in vain without.  Raises ConfigInvalid."""
    with listen(settings) as public, owners_socket(data) as inside, owners_socket(data, HUB_SOCKET) as hub:
        hub.listen(HUB_BACKLOG)
        yield Doors(public, inside, hub)


def _load(config: uvicorn.Config, tls: TlsSettings | None) -> None:
    try:
        config.load()
    except OSError as error:  # ssl.SSLError is one
        if tls is None:
            raise
        msg = (
            f"The certificate {tls.cert} with the key {tls.key} cannot be used ({error.strerror or error}). "
            "Mend server.tls: both must be PEM files that this user may read, and belong together."
        )
        raise ConfigInvalid(msg) from error


def _is_fault(record: logging.LogRecord) -> bool:
    """Who still watches when Doorstep stops is cancelled: that is none, and no traceback for each of them."""
    return record.exc_info is None or not isinstance(record.exc_info[1], asyncio.CancelledError)

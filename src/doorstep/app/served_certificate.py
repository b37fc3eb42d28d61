"""The certificate that the server shows: one that was renewed is taken up without a restart."""

import asyncio
import ssl
from pathlib import Path

import structlog

from doorstep.core.settings import TlsSettings
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Clock

log = structlog.get_logger()

LOOK_EVERY_SECONDS = 60.0
PROBLEM = "certificate:new"
REMEDY = "Doorstep must be able to read both files of server.tls, and they must belong together."


class ServedCertificate:
    """Looks whether its files were replaced.  `context` has loaded them already, and serves; connections that there
    are keep the certificate that they began with.
    """

    def __init__(self, context: ssl.SSLContext, tls: TlsSettings, health: HealthBoard, clock: Clock) -> None:
        self._context = context
        self._tls = tls
        self._health = health
        self._clock = clock
        self._known = self._state()

    async def run(self) -> None:
        """Look for ever; on the event loop, with a thread for the disk."""
        while True:
            await self._clock.sleep(LOOK_EVERY_SECONDS)
            await self.look()

    async def look(self) -> None:
        """Once.  What cannot be used, such as a certificate whose key is yet to come, changes nothing and is told."""
        state = await asyncio.to_thread(self._state)
        if state == self._known:
            return
        cert, key = self._tls.cert, self._tls.key
        try:
            await asyncio.to_thread(_try, cert, key)
            self._context.load_cert_chain(cert, key)  # at once: no handshake may find the one without the other
        except OSError as error:  # ssl.SSLError is one
            reason = error.strerror or str(error)
            log.warning("the new certificate cannot be used; the old one still is", reason=reason)
            self._health.report(PROBLEM, f"The renewed certificate cannot be used: {reason}.", REMEDY)
        else:
            log.info("a new certificate is used")
            self._health.clear(PROBLEM)
        self._known = state

    def _state(self) -> tuple[tuple[int, int, int] | None, ...]:
        return tuple(map(_state_of, (self._tls.cert, self._tls.key)))


def _try(cert: Path, key: Path) -> None:
    """In a context of its own: ours must stay usable.  Blocks."""
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key)


def _state_of(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_ctime_ns  # of its rights, too

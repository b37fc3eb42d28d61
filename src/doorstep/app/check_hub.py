"""Tries the way from outside for `doorstep check`, as a phone would take it: through the hub and back to this house."""

import http.client
import shutil
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

from doorstep.app.finding import Finding
from doorstep.app.hub_place import open_place
from doorstep.core.hub_pairing import Pairing
from doorstep.core.hub_tunnel import HubReason, reason_words
from doorstep.core.settings import Settings

TIMEOUT_SECONDS = 8.0
MARK_PATH, MARK = "/.well-known/doorstep-hub", b"doorstep-hub"
"""What a hub says of itself, so that whoever else answers by its name is found out."""

_LONGEST_ANSWER = 64
HTTPS = 443


@dataclass(frozen=True, slots=True)
class _Way:
    """Where it is asked, and whom to trust there."""

    host: str
    port: int
    tls: ssl.SSLContext | None


def hub_findings(
    settings: Settings, *, beside_server: bool, tls: ssl.SSLContext | None = None, port: int = HTTPS
) -> Iterator[Finding]:
    """Nothing where no hub was joined.  `tls` says whom to trust, None for the machine's.  Blocks for some seconds."""
    place = open_place(settings)
    if place.trouble:
        yield Finding("hub", ok=False, detail=place.trouble)
    elif place.pairing is not None and not place.enabled:
        yield Finding("hub", ok=True, detail=f"{place.pairing.hub} was joined, and is switched off in the config.")
    elif place.pairing is not None:
        yield _tried(place.pairing, _Way(place.pairing.host, port, tls), beside_server=beside_server)


def _tried(pairing: Pairing, way: _Way, *, beside_server: bool) -> Finding:
    if shutil.which("ssh") is None:
        return Finding("hub", ok=False, detail=reason_words(HubReason.NO_SSH, pairing.hub))
    try:
        is_hub = _asked(way, MARK_PATH) == (http.client.OK, MARK)
        status, _ = _asked(way, "/healthz")
    except (OSError, http.client.HTTPException) as error:
        return Finding("hub", ok=False, detail=_words(pairing.host, error))
    if not is_hub:
        return Finding("hub", ok=False, detail=reason_words(HubReason.NOT_A_HUB, pairing.host))
    if status == http.client.OK:
        return Finding("hub", ok=True, detail=f"{pairing.address} leads to this house.")
    if beside_server:
        words = f"The hub at {pairing.hub} answers, but does not get through to this house ({status})."
        return Finding("hub", ok=False, detail=words)
    words = f"The hub at {pairing.hub} answers; the way to this house is there while Doorstep runs."
    return Finding("hub", ok=True, detail=words)


def _words(host: str, error: OSError | http.client.HTTPException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        why = f"The certificate of {host} is not trusted ({error.verify_message})."
        return f"{why} On the hub, `sudo doorstep-hub certificates` says why."
    why = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"{host} does not answer from outside ({why}). On the hub: `sudo doorstep-hub status`."


def _asked(way: _Way, path: str) -> tuple[int, bytes]:
    """Status and the beginning of the answer.  Raises OSError, HTTPException."""
    context = way.tls or ssl.create_default_context()
    connection = http.client.HTTPSConnection(way.host, way.port, timeout=TIMEOUT_SECONDS, context=context)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read(_LONGEST_ANSWER).strip()
    finally:
        connection.close()

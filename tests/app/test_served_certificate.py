"""A certificate that was renewed is shown without a restart; one that cannot be used changes nothing."""

import asyncio
import socket
import ssl
import threading
from pathlib import Path

import pytest

from doorstep.app.served_certificate import ServedCertificate
from doorstep.core.settings import TlsSettings
from doorstep.pipeline.health import HealthBoard
from fakes.certificates import OPENSSL, Certificate, certificate
from fakes.clock import FakeClock

pytestmark = pytest.mark.skipif(OPENSSL is None, reason="needs the Debian package openssl")


class Door:
    """A server's context and its two files."""

    def __init__(self, folder: Path) -> None:
        self.files = certificate(folder, days=3)
        self.context = self.files.server_context()
        self.tls = TlsSettings(self.files.certificate, self.files.key)
        self.clock = FakeClock()
        self.health = HealthBoard(self.clock)
        self.served = ServedCertificate(self.context, self.tls, self.health, self.clock)

    def shown(self) -> bytes:
        """The certificate that a client is shown by a real handshake."""

        def serve() -> None:
            self.context.wrap_socket(ours, server_side=True).close()

        ours, theirs = socket.socketpair()
        trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        thread = threading.Thread(target=serve)
        thread.start()
        with theirs, trusting.wrap_socket(theirs) as client:
            found = client.getpeercert(binary_form=True)
        thread.join(60)
        assert found is not None
        return found


def bytes_of(made: Certificate) -> bytes:
    return ssl.PEM_cert_to_DER_cert(made.certificate.read_text("ascii"))


def test_a_renewed_certificate_is_shown_once_both_files_are_there(tmp_path: Path) -> None:
    door = Door(tmp_path)
    old, renewed = bytes_of(door.files), certificate(tmp_path, days=90)
    wanted = bytes_of(renewed)
    renewed.certificate.replace(door.tls.cert)
    asyncio.run(door.served.look())
    assert door.shown() == old  # for the key is still the old one's
    assert "cannot be used" in door.health.problems()[0].what
    renewed.key.replace(door.tls.key)
    asyncio.run(door.served.look())
    assert door.shown() == wanted
    assert door.health.problems() == []


@pytest.mark.parametrize("broken", ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_files_that_cannot_be_used_change_nothing(tmp_path: Path, broken: str) -> None:
    door = Door(tmp_path)
    old = bytes_of(door.files)
    door.tls.cert.write_text(broken, encoding="ascii")
    asyncio.run(door.served.look())
    door.tls.cert.unlink()
    asyncio.run(door.served.look())
    assert door.shown() == old


def test_it_looks_by_itself(tmp_path: Path) -> None:
    door = Door(tmp_path)
    renewed = certificate(tmp_path, days=90)
    wanted = bytes_of(renewed)

    async def act() -> None:
        looking = asyncio.create_task(door.served.run())
        renewed.certificate.replace(door.tls.cert)
        renewed.key.replace(door.tls.key)
        async with asyncio.timeout(60):
            await until_shown(wanted)
        looking.cancel()

    async def until_shown(wanted: bytes) -> None:
        # On the loop, as the server's own handshakes: none runs while it is loaded.
        while door.shown() != wanted:  # noqa: ASYNC110 - what is waited for has no event of ours
            await asyncio.sleep(0.001)

    asyncio.run(act())

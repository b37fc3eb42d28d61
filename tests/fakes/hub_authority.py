"""The authority that a Caddy asks for certificates, in the tests' internet: ACME (RFC 8555) as another Caddy speaks it.

It proves that whoever asks answers at the name, as the real one does; what it signs nobody trusts but the machines that
were told to.
"""

import time
from datetime import datetime
from pathlib import Path
from subprocess import Popen
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from fakes.hub_places import Place
from fakes.hub_world import ACME_HOST, World

BEGIN_SECONDS = 60.0
STORE = "/etc/ssl/certs/ca-certificates.crt"
_CADDYFILE = """
{{
  skip_install_trust
  admin off
  auto_https disable_redirects
  storage file_system {folder}
}}
{host} {{
  tls internal
  rewrite /directory /acme/local/directory
  acme_server
}}
"""


class Authority:
    """Runs from the start on.  `root` is its own certificate."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._folder = world.folder / "authority"
        self._folder.mkdir(exist_ok=True)
        self._process: Popen[str] | None = None
        self.root = self._folder / "pki" / "authorities" / "local" / "root.crt"
        self.start()
        trust(world.hub, self.root, world.folder)

    def start(self) -> None:
        """From now on it answers, and signs for twelve hours."""
        self.stop()
        file = self._folder / "Caddyfile"
        file.write_text(_CADDYFILE.format(folder=self._folder, host=ACME_HOST), encoding="utf-8")
        own = ("env", f"XDG_DATA_HOME={self._folder}", f"XDG_CONFIG_HOME={self._folder}")
        words = (*own, "caddy", "run", "--adapter", "caddyfile", "--config", str(file))
        self._process = self._world.internet.start(*words, log=self._folder / "log")
        end = time.monotonic() + BEGIN_SECONDS
        while not self._answers():
            if time.monotonic() > end:
                self.stop()
                raise AssertionError((self._folder / "log").read_text()[-2000:])
            time.sleep(0.05)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """From now on it answers nobody."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)
            self._process = None

    def signed(self, host: str, begins: datetime, ends: datetime) -> tuple[str, str]:
        """A certificate for this host with its chain, and its key, as PEM: also one that is over."""
        folder = self.root.parent
        issuer = x509.load_pem_x509_certificate((folder / "intermediate.crt").read_bytes())
        signing = serialization.load_pem_private_key((folder / "intermediate.key").read_bytes(), None)
        assert isinstance(signing, ec.EllipticCurvePrivateKey)
        key = ec.generate_private_key(ec.SECP256R1())
        made = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(issuer.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(ends)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=True)
            .sign(signing, hashes.SHA256())
        )
        pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        chain = (made.public_bytes(pem) + issuer.public_bytes(pem)).decode()
        return chain, key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain).decode()

    def _answers(self) -> bool:
        asked = ("curl", "-sf", "--cacert", str(self.root), f"https://{ACME_HOST}/directory")
        return not self._world.internet.run(*asked, check=False).returncode


def trust(place: Place, root: Path, folder: Path) -> None:
    """Programs there that ask this machine's store trust it from now on, beside whom they trusted before."""
    place.write(STORE, Path(STORE).read_text(encoding="utf-8") + root.read_text(encoding="utf-8"), folder)

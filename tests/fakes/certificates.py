"""Certificates of tests, made by openssl; each is its own authority."""

import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

OPENSSL = shutil.which("openssl")


@dataclass(frozen=True, slots=True)
class Certificate:
    """Its two files."""

    certificate: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context

    def trusting_context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificate))


def certificate(folder: Path, names: str = "DNS:localhost,IP:127.0.0.1", days: int = 2) -> Certificate:
    """`days` may be negative: then it has expired."""
    assert OPENSSL is not None
    made = Certificate(folder / f"cert{days}.pem", folder / f"key{days}.pem")
    words = [OPENSSL, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    words += ["-days", str(days), "-subj", "/CN=test", "-addext", f"subjectAltName={names}"]
    subprocess.run(
        [*words, "-keyout", str(made.key), "-out", str(made.certificate)], check=True, capture_output=True, timeout=300
    )
    return made

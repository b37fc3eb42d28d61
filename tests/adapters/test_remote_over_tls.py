"""Over TLS a picture goes to whoever can prove the name in the config, wherever that name leads."""

import ssl
from pathlib import Path

import httpx
import pytest

from doorstep.clock import SystemClock
from doorstep.core.errors import DetectorUnavailable
from doorstep.vision.remote import RemoteDetector, RemoteSettings
from doorstep.vision.remote_purse import Purse
from fakes.certificates import OPENSSL, certificate
from fakes.remote_detector import PERSON_THERE, SOMEBODY, Remote, remote_detector

pytestmark = pytest.mark.skipif(OPENSSL is None, reason="no openssl here")


def detector(remote: Remote, trusting: ssl.SSLContext | None) -> RemoteDetector:
    address = remote.address.replace("127.0.0.1", "detector.example")
    transport = None if trusting is None else httpx.HTTPTransport(verify=trusting)
    where = RemoteSettings(address, answer_seconds=20.0, token="a-token")
    purse = Purse(Path("/nonexistent"), 0.0, 0.0)
    return RemoteDetector(where, purse, SystemClock(), transport=transport, resolve=lambda _host, _port: ["127.0.0.1"])


def test_the_name_in_the_config_is_what_its_certificate_must_bear(tmp_path: Path) -> None:
    made = certificate(tmp_path, "DNS:detector.example")
    with remote_detector(tls=made.server_context()) as remote:
        asked = detector(remote, made.trusting_context())
        assert asked.detect(SOMEBODY, 0.3) == [PERSON_THERE]
        assert remote.headers[0]["Host"].startswith("detector.example:")
        asked.close()


@pytest.mark.parametrize(
    ("names", "trusted"), [("DNS:other.example,IP:127.0.0.1", True), ("DNS:detector.example", False)]
)
def test_nobody_else_gets_a_picture_or_the_token(tmp_path: Path, names: str, trusted: bool) -> None:
    made = certificate(tmp_path, names)
    with remote_detector(tls=made.server_context()) as remote:
        asked = detector(remote, made.trusting_context() if trusted else None)
        with pytest.raises(DetectorUnavailable, match="no certificate to trust"):
            asked.detect(SOMEBODY, 0.3)
        assert remote.asked == []
        asked.close()

"""A certificate that runs out, at a server whose minutes are seconds: told once, and told again when it is renewed."""

from pathlib import Path

import pytest

from fakes.certificates import OPENSSL, certificate
from fakes.hurried_server import HURRY, HurriedServer
from fakes.mail_server import Mailbox, mail_server
from fakes.server_process import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.skipif(OPENSSL is None, reason="needs the Debian package openssl")]

STARTED, ENDED = "The certificate needs renewing", "The certificate is renewed"
CONFIG = """
[server.tls]
cert = "{tls.certificate}"
key = "{tls.key}"

[notify.email]
smtp = "smtp://127.0.0.1:{port}"
from = "doorstep@example.org"
to = ["me@example.org"]

[[camera]]
id = "porch"
name = "Porch"
source = "demo://"
"""


def test_a_certificate_that_runs_out_is_told_until_it_is_renewed(tmp_path: Path) -> None:
    ends_soon, renewed = certificate(tmp_path, days=3), certificate(tmp_path, days=90)
    with mail_server() as mailbox:
        config = CONFIG.format(tls=ends_soon, port=mailbox.port)
        server = HurriedServer(tmp_path / "data", config, hurry=3 * HURRY)  # a certificate is looked at but seldom
        server.start()
        try:
            wait_for(lambda: STARTED in titles(mailbox), 30, STARTED)
            renewed.key.replace(ends_soon.key)
            renewed.certificate.replace(ends_soon.certificate)
            wait_for(lambda: ENDED in titles(mailbox), 60, ENDED)
        finally:
            server.stop()
        assert (titles(mailbox).count(STARTED), titles(mailbox).count(ENDED)) == (1, 1)


def titles(mailbox: Mailbox) -> list[str]:
    return [str(message["Subject"]) for message in list(mailbox.messages)]

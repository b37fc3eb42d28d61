"""What a killed server owed a phone is told by the next one: its devices are known before what is left is taken up."""

from pathlib import Path

import pytest

from fakes.certificates import certificate
from fakes.push_service import push_service
from fakes.server_process import ServerProcess, running, wait_for
from fakes.subscribed import subscribe

pytestmark = pytest.mark.slow

CONFIG = """
[buffer]
max_bytes = "90 MB"
[[camera]]
id = "front-door"
name = "Front door"
source = "demo://"
[events]
alert_on = ["press"]
[notify.push]
services = ["{base}"]
"""


def test_a_phone_is_told_by_the_next_run_what_its_service_refused_to_take_from_the_last(tmp_path: Path) -> None:
    tls = certificate(tmp_path)
    with push_service(tls) as service:
        phone = service.browser()
        config, environment = CONFIG.format(base=service.base), {"SSL_CERT_FILE": str(tls.certificate)}
        data = tmp_path / "data"
        server = ServerProcess(data, config, environment)
        server.start()
        try:
            subscribe(server, phone)
            wait_for(lambda: server.cameras()[0]["state"] == "live", 30, "a live camera")
            service.answer = lambda: 503
            asked = service.asked
            with server.client() as script:
                script.post("/cameras/front-door/press").raise_for_status()
            wait_for(lambda: service.asked > asked, 20, "a try")
        finally:
            server.kill()
        service.answer = lambda: 201
        with running(data, config, environment):
            told = wait_for(
                lambda: [word for one in service.pushed if (word := phone.read(one.body))["cause"] == "press"],
                60,
                "the press",
            )
    assert len(told) == 1

"""A press at the door of a real server reaches a phone by Web Push, and signing out ends that."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from fakes.certificates import Certificate, certificate
from fakes.push_service import Browser, Pushed, PushService, push_service
from fakes.server_process import PASSWORD, ServerProcess, running, wait_for

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
contact = "ada@example.org"
services = ["{base}"]
"""


@pytest.fixture
def tls(tmp_path: Path) -> Certificate:
    return certificate(tmp_path)


@pytest.fixture
def service(tls: Certificate) -> Iterator[PushService]:
    with push_service(tls) as made:
        yield made


def signed_in(server: ServerProcess) -> httpx.Client:
    """Ada, in a browser that shows the server's own page."""
    line = wait_for(lambda: next((line for line in server.lines if "/setup#" in line), None), 20, "the set-up address")
    client = httpx.Client(base_url=f"{server.url}/api/v1", headers={"Sec-Fetch-Site": "same-origin"}, timeout=60)
    made = client.post("/setup", json={"code": line.strip().rpartition("#")[2], "name": "Ada", "password": PASSWORD})
    assert made.status_code == 201
    return client


def another_login(server: ServerProcess) -> httpx.Client:
    """The same Ada, elsewhere."""
    client = httpx.Client(base_url=f"{server.url}/api/v1", headers={"Sec-Fetch-Site": "same-origin"}, timeout=60)
    assert client.post("/session", json={"name": "Ada", "password": PASSWORD}).status_code == 201
    return client


def press(server: ServerProcess) -> None:
    with server.client() as script:
        assert script.post("/cameras/front-door/press").status_code == 202


def rings(service: PushService, browser: Browser) -> list[tuple[Pushed, dict[str, Any]]]:
    """What this browser was told of presses; words about Doorstep itself come, too."""
    own = [pushed for pushed in service.pushed if browser.device.endpoint.endswith(pushed.path)]
    told = [(pushed, browser.read(pushed.body)) for pushed in own]
    return [(pushed, word) for pushed, word in told if word["cause"] == "press"]


def test_a_press_reaches_the_phone_also_after_a_restart_and_signing_out_ends_that(
    tmp_path: Path, tls: Certificate, service: PushService
) -> None:
    environment = {"SSL_CERT_FILE": str(tls.certificate)}
    phone, tablet = service.browser("Phone", "push/phone-secret"), service.browser("Tablet", "push/tablet-secret")
    with (
        running(tmp_path / "data", CONFIG.format(base=service.base), environment) as server,
        closing(signed_in(server)) as ada,
    ):
        wait_for(lambda: server.cameras()[0]["state"] == "live", 30, "a live camera")
        offered = ada.get("/push").json()
        assert ada.post("/push/subscriptions", json=phone.to_json()).status_code == 201
        tested = ada.post("/push/test", json={}).json()["devices"]
        assert [(one["accepted"], one["problem"]) for one in tested] == [(True, None)]

        press(server)
        [(pushed, shown)] = wait_for(lambda: rings(service, phone), 20, "the alert")
        assert (shown["cause"], shown["camera"], shown["urgent"]) == ("press", "front-door", True)
        assert pushed.signed_by == offered["public_key"]
        assert pushed.claims["sub"] == "mailto:ada@example.org"
        picture = httpx.get(server.url + shown["picture"], timeout=60)  # as a notification asks: without a cookie
        assert picture.content.startswith(b"\xff\xd8")
        wait_for(lambda: ada.get("/push").json()["devices"][0]["accepted_at"], 20, "when it was told")

        server.kill()
        server.start()
        with closing(another_login(server)) as ada_again:
            assert ada_again.post("/push/subscriptions", json=tablet.to_json()).status_code == 201
            ada.base_url = f"{server.url}/api/v1"
            assert ada.delete("/session").status_code == 204
            wait_for(lambda: len(ada_again.get("/push").json()["devices"]) == 1, 20, "the end of the phone")
            press(server)
            [(pushed, _)] = wait_for(lambda: rings(service, tablet), 20, "the tablet")
        assert len(rings(service, phone)) == 1
        assert pushed.signed_by == offered["public_key"]
        assert "-secret" not in server.log.read_text(encoding="utf-8")
    key = tmp_path / "data" / "keys" / "push.pem"
    assert key.stat().st_mode & 0o777 == 0o600

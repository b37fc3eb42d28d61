"""Test my doorstep to the phone's word: a real server, a push service on loopback, a phone that says what it shows."""

from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from fakes.certificates import certificate
from fakes.pictures import NEEDS_MODEL
from fakes.push_service import push_service
from fakes.server_process import PASSWORD, ServerProcess, model_folder, running, wait_for

pytestmark = [pytest.mark.slow, NEEDS_MODEL]

CONFIG = """
[buffer]
max_bytes = "90 MB"
[[camera]]
id = "front-door"
name = "Front door"
source = "demo://"
[notify.push]
contact = "ada@example.org"
services = ["{base}"]
"""


def signed_in(server: ServerProcess) -> httpx.Client:
    """Ada, in a browser that shows the server's own page."""
    line = wait_for(lambda: next((line for line in server.lines if "/setup#" in line), None), 20, "the set-up address")
    client = httpx.Client(base_url=f"{server.url}/api/v1", headers={"Sec-Fetch-Site": "same-origin"}, timeout=60)
    made = client.post("/setup", json={"code": line.strip().rpartition("#")[2], "name": "Ada", "password": PASSWORD})
    assert made.status_code == 201
    return client


def stages(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {stage["stage"]: stage for stage in report["stages"]}


def test_the_test_is_over_when_the_phone_says_that_it_shows_it(tmp_path: Path) -> None:
    tls = certificate(tmp_path)
    environment = {"SSL_CERT_FILE": str(tls.certificate), "DOORSTEP_MODELS": str(model_folder())}
    with (
        push_service(tls) as service,
        running(tmp_path / "data", CONFIG.format(base=service.base), environment) as server,
        closing(signed_in(server)) as ada,
    ):
        phone = service.browser("Phone", "push/phone-secret")
        assert ada.post("/push/subscriptions", json=phone.to_json()).status_code == 201
        wait_for(lambda: server.cameras()[0]["watching"]["last_look_at"] and server.get("/status")["model"], 30)
        begun = ada.post("/test", json={"camera": "front-door"})
        assert begun.status_code == 202

        def report() -> dict[str, Any]:
            found: dict[str, Any] = ada.get(f"/test/{begun.json()['id']}").json()
            return found

        wait_for(lambda: stages(report())["accepted"]["state"] == "reached", 40, "the push service's answer")
        wait_for(lambda: stages(report())["stored"]["state"] == "reached", 40, "the clip")
        assert report()["state"] == "running"
        assert stages(report())["acknowledged"]["state"] == "waiting"
        shown = next(one for one in (phone.read(pushed.body) for pushed in service.pushed) if one["test"])
        assert shown["title"] == "Test: Person at Front door"
        assert ada.post(f"/deliveries/{shown['id']}/ack", json={"opened": False}).status_code in {200, 202, 204}
        over = wait_for(lambda: one if (one := report())["state"] != "running" else None, 20, "the end of the test")
        assert over["state"] == "passed", over
        assert stages(over)["acknowledged"]["name"] == "Phone"
        assert stages(over)["acknowledged"]["ms"] > stages(over)["accepted"]["ms"]

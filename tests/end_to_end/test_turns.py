"""Somebody rings and a person has several channels: the second is told where the first fails or nobody reacts."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from doorstep.core.event_tracker import RINGS_AGAIN_AFTER
from fakes.certificates import certificate
from fakes.http_channel import HttpChannel, http_channel
from fakes.push_service import Browser, PushService, push_service
from fakes.server_process import ServerProcess, running, wait_for
from fakes.subscribed import OWNER, set_up

pytestmark = pytest.mark.slow

LOUDER_SECONDS = 8
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
services = ["{push}"]
"""
WEBHOOK = """
[[notify.webhook]]
name = "{name}"
url = "http://{host}/{name}"
secret = "a secret of some length"
causes = ["press"]
troubles = false
person = "{person}"
turn = "{turn}"
after_seconds = {seconds}
"""


class Family:
    """One person with a phone and two louder channels that stand in for it."""

    def __init__(self, server: ServerProcess, page: httpx.Client, service: PushService, louder: HttpChannel) -> None:
        self.server, self.page, self.service, self.louder = server, page, service, louder
        self.phone: Browser = service.browser()
        self._rang_at = float("-inf")
        page.post("/push/subscriptions", json=self.phone.to_json()).raise_for_status()

    def press(self) -> float:
        """When it was taken, by the monotonic clock; who rings again at once is not told again."""
        told_again = self._rang_at + RINGS_AGAIN_AFTER.total_seconds() + 1
        wait_for(lambda: time.monotonic() >= told_again, told_again - time.monotonic() + 1)
        with self.server.client() as script:
            assert script.post("/cameras/front-door/press").status_code == 202
        self._rang_at = time.monotonic()
        return self._rang_at

    def shown(self) -> list[dict[str, Any]]:
        """The presses that the phone was told of."""
        words = [self.phone.read(one.body) for one in self.service.pushed]
        return [word for word in words if word["cause"] == "press"]

    def told(self, name: str) -> list[str]:
        """The presses that this one of the louder channels took, by the ids of their alerts."""
        return [json.loads(one.body)["id"] for one in self.louder.asked if one.path == f"/{name}"]

    def deliveries(self) -> dict[tuple[str, str], str]:
        """Of all events: their states by alert and by the channel's kind and name, without a device's id."""
        found = {}
        for event in self.server.events():
            for one in self.server.get(f"/events/{event['id']}")["deliveries"]:
                alert = one["id"].removesuffix(f":{one['channel']}")
                found[alert, "phone" if one["channel"].startswith("push:") else one["channel"]] = one["state"]
        return found


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    with ExitStack() as stack:
        tls = certificate(tmp_path)
        service, louder = stack.enter_context(push_service(tls)), stack.enter_context(http_channel())
        config = CONFIG.format(push=service.base)
        for name, turn, seconds in (("louder", "unanswered", LOUDER_SECONDS), ("instead", "undelivered", 900)):
            config += WEBHOOK.format(name=name, host=louder.host, person=OWNER, turn=turn, seconds=seconds)
        trusts = {"SSL_CERT_FILE": str(tls.certificate)}
        server = stack.enter_context(running(tmp_path / "data", config, trusts))
        page = stack.enter_context(closing(set_up(server)))
        wait_for(lambda: server.cameras()[0]["state"] == "live", 30, "a live camera")
        yield Family(server, page, service, louder)


def test_another_channel_tells_where_nobody_reacts_and_at_once_where_the_first_fails(family: Family) -> None:
    began = family.press()
    wait_for(family.shown, 20, "the phone")
    wait_for(lambda: family.told("louder"), LOUDER_SECONDS + 20, "the louder channel, since nobody reacted")
    assert time.monotonic() - began >= LOUDER_SECONDS - 1
    [unanswered] = [word["alert"] for word in family.shown()]
    assert family.told("louder") == [unanswered]

    family.press()
    word = wait_for(lambda: next((one for one in family.shown() if one["alert"] != unanswered), None), 20, "the phone")
    answer = family.page.post(f"/deliveries/{word['id']}/ack", json={"opened": True})
    assert answer.is_success, answer.text
    opened = word["alert"]
    spared = (opened, "webhook:louder")
    wait_for(lambda: family.deliveries().get(spared) == "spared", LOUDER_SECONDS + 20, "the louder one, not needed")
    assert family.told("louder") == [unanswered]
    assert family.told("instead") == []

    family.service.answer = lambda: 413
    family.press()
    [failed] = wait_for(lambda: family.told("instead"), 20, "the one that stands in, long before its seconds are over")
    assert failed not in (unanswered, opened)
    wait_for(lambda: failed in family.told("louder"), LOUDER_SECONDS + 20, "the louder one, for nobody reacted")
    wait_for(lambda: family.deliveries().get((failed, "webhook:louder")) == "accepted", 20, "all of it written down")
    states = family.deliveries()
    assert (states[failed, "phone"], states[failed, "webhook:instead"]) == ("failed", "accepted")
    assert family.told("louder") == [unanswered, failed]
    assert family.told("instead") == [failed]

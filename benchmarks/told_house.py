"""A house that is told by mail and on a phone: both ends on loopback, and when each of them took an alert."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from benchmarks.house import models

from fakes.certificates import certificate
from fakes.mail_server import Mailbox, mail_server
from fakes.push_service import Browser, PushService, push_service
from fakes.server_process import PASSWORD, ServerProcess, wait_for

CONFIG = """
[notify.email]
smtp = "smtp://127.0.0.1:{port}"
from = "doorstep@example.org"
to = ["me@example.org"]

[notify.push]
contact = "me@example.org"
services = ["{base}"]
"""
MAIL, PHONE = "mail", "push"


@dataclass(frozen=True, slots=True)
class ToldHouse:
    """A server that runs, and its channels' ends."""

    server: ServerProcess
    mailbox: Mailbox
    service: PushService
    phone: Browser
    listening_at: datetime

    def rings(self) -> dict[str, list[float]]:
        """When each channel took each press, by its name."""
        mails = zip(list(self.mailbox.messages), list(self.mailbox.accepted_at), strict=False)
        told = [(self.phone.read(pushed.body), pushed.at) for pushed in list(self.service.pushed)]
        return {
            MAIL: [at for message, at in mails if "rang" in str(message["Subject"])],
            PHONE: [at for word, at in told if word["cause"] == "press"],
        }

    def accepted(self, count: int, seconds: float) -> list[dict[str, Any]]:
        """Events that both channels took, once there are as many."""

        def told() -> list[dict[str, Any]] | None:
            found = [event for event in self.server.events() if len(accepted_at(event)) > 1]
            return found if len(found) >= count else None

        return wait_for(told, seconds, f"{count} events of which both channels were told")


def accepted_at(event: dict[str, Any]) -> dict[str, datetime]:
    """When each channel took its alert."""
    entries = [entry for entry in event["ledger"] if entry["stage"] == "accepted"]
    return {
        PHONE if entry["channel"].startswith(PHONE) else MAIL: datetime.fromisoformat(entry["at"]) for entry in entries
    }


@contextmanager
def told_house(folder: Path, data: Path, config: str) -> Iterator[ToldHouse]:
    """`folder` is for what is beside the server's data."""
    tls = certificate(folder)
    with mail_server() as mailbox, push_service(tls) as service:
        channels = CONFIG.format(port=mailbox.port, base=service.base)
        environment = {"DOORSTEP_MODELS": str(models()), "SSL_CERT_FILE": str(tls.certificate)}
        server = ServerProcess(data, config + channels, environment)
        server.start()
        listening_at = datetime.now(UTC)
        try:
            phone = service.browser()
            _subscribe(server, phone)
            yield ToldHouse(server, mailbox, service, phone, listening_at)
        finally:
            server.stop()


def _subscribe(server: ServerProcess, phone: Browser) -> None:
    """As the page does it, by the account that is made first."""
    line = wait_for(lambda: next((line for line in server.lines if "/setup#" in line), None), 20, "the set-up address")
    headers = {"Sec-Fetch-Site": "same-origin"}
    with httpx.Client(base_url=f"{server.url}/api/v1", headers=headers, timeout=60) as page:
        account = {"code": line.strip().rpartition("#")[2], "name": "Me", "password": PASSWORD}
        page.post("/setup", json=account).raise_for_status()
        page.post("/push/subscriptions", json=phone.to_json()).raise_for_status()

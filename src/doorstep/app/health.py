"""What watches over the house, made out of its settings: rules, words to people, systemd, the ping to outside."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from doorstep.accounts.account_book import AccountBook
from doorstep.app.alive_file import AliveFile
from doorstep.app.cameras import Shared
from doorstep.app.systemd import Alive, tell
from doorstep.core.settings import TlsSettings
from doorstep.notifiers.ping import Ping
from doorstep.pipeline.dead_man import DeadMan
from doorstep.pipeline.drift_watch import DriftWatch
from doorstep.pipeline.health_alerts import HealthAlerts
from doorstep.pipeline.house_health import HouseFacts, HouseHealth
from doorstep.pipeline.push_devices import PushDevices
from doorstep.pipeline.supervisor import Tasks

if TYPE_CHECKING:
    from cryptography import x509

MOST_CERTIFICATE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class HealthParts:
    """Made, not started."""

    alerts: HealthAlerts
    house: HouseHealth
    alive: Alive
    alive_file: AliveFile
    dead_man: DeadMan | None = None

    def endless(self) -> Tasks:
        """The tasks, by their names."""
        tasks: Tasks = {
            "health alerts": self.alerts.run,
            "health": self.house.run,
            "systemd": self.alive.run,
            "alive": self.alive_file.run,
        }
        if self.dead_man is not None:
            tasks["ping"] = self.dead_man.run
        return tasks

    def stopping(self) -> None:
        """The end has begun; it is no crash if it takes a while."""
        tell("STOPPING=1")

    def ended(self) -> None:
        """This run ended as it should.  Blocks."""
        self.alive_file.ended()


def make_health(
    shared: Shared, drift: DriftWatch, devices: PushDevices | None, accounts: AccountBook, address: str
) -> HealthParts:
    """`devices` are told by Web Push, None where nobody is; `address` is where the page is."""
    settings, board, clock = shared.settings, shared.health, shared.clock
    hurry = settings.health.hurry
    facts = HouseFacts(
        standings=shared.outbox.standings,
        subscriptions=devices.devices if devices is not None else tuple,
        certificate_ends=lambda: certificate_ends(settings.server.tls),
        people=lambda: [one.name for one in accounts.people()],
    )
    watch = settings.watch
    return HealthParts(
        alerts=HealthAlerts(
            board,
            shared.outbox.dispatch,
            clock,
            f"{address}/",
            shared.outbox.standings,
            hurry,
        ),
        house=HouseHealth(facts, drift, board, clock, hurry),
        alive=Alive(board, clock),
        alive_file=AliveFile(settings.server.data, board, clock),
        dead_man=DeadMan(Ping(watch.ping).ping, watch.ping_every, board, clock) if watch.ping else None,
    )


def certificate_ends(tls: TlsSettings | None) -> datetime | None:
    """When the first certificate of the chain that runs out does; None without one that can be read.  Blocks."""
    if tls is None:
        return None
    try:
        chain = _read(tls.cert)
    except (OSError, ValueError):
        return None
    return min((certificate.not_valid_after_utc for certificate in chain), default=None)


def _read(path: Path) -> "list[x509.Certificate]":
    from cryptography import x509  # noqa: PLC0415 - for houses that have a certificate

    with path.open("rb") as file:
        return x509.load_pem_x509_certificates(file.read(MOST_CERTIFICATE_BYTES))

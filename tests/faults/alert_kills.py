"""Kills an outbox at random moments while it tells alerts by two channels, and asks both what arrived.

python tests/faults/alert_kills.py --kills 200
python tests/faults/alert_kills.py --kills 200 --signal SIGTERM

By SIGTERM it ends as the server does, without patience for a try under way.

Every alert that was decided arrives by each channel at least once, or is reported as failed: in the catalog, or by
another alert that says so.  None arrives twice.
"""

import argparse
import asyncio
import signal
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from doorstep.app.taking_up import take_up
from doorstep.catalog.engine import open_engine
from doorstep.catalog.sql import SqlCatalog
from doorstep.catalog.upgrade import upgrade
from doorstep.clock import SystemClock
from doorstep.core.alert import Alert, AlertId
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.delivery import AGAIN, DeliveryState
from doorstep.core.errors import NotifierUnavailable
from doorstep.core.event import Event, EventId
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.outbox import Outbox
from doorstep.pipeline.recipient_book import RecipientBook
from doorstep.stores.alert_journal import AlertJournal

CHANNELS = ("steady", "moody")
CAMERA = CameraId("front-door")


@dataclass
class Peers:
    """Both ends of the channels: what each accepted.  The moody one asks for patience at every tenth try."""

    accepted: list[tuple[str, str]] = field(default_factory=list)
    tried: Counter[str] = field(default_factory=Counter)
    port: int = 0

    def answer(self, channel: str, alert: str) -> str:
        self.tried[channel] += 1
        time.sleep(0.002)
        if channel == "moody" and self.tried[channel] % 10 == 0:
            return "later"
        self.accepted.append((channel, alert))
        return "ok"


@contextmanager
def peers() -> Iterator[Peers]:
    """On loopback, in threads."""
    them = Peers()

    class Line(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            line = self.rfile.readline().decode()
            if line.endswith("\n"):
                channel, alert = line.split()
                self.wfile.write(f"{them.answer(channel, alert)}\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Line) as server:
        server.daemon_threads = True
        them.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield them
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class PeerNotifier:
    """Implements `ports.Notifier`."""

    channel: str
    port: int

    async def send(self, alert: Alert) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(f"{self.channel} {alert.id}\n".encode())
            answer = await reader.readline()
        except ConnectionError:
            answer = b""
        finally:
            writer.close()
        if answer != b"ok\n":
            msg = "The peer asks for patience."
            raise NotifierUnavailable(msg)

    async def check(self) -> str:
        return "Reached."


# ------------------------------------------------------------------------------------------------ the child that dies


async def tell(folder: Path, port: int, *, seconds: float) -> None:
    """Take up what is left, then tell an alert every 15 ms; without seconds, until nothing is due any more."""
    engine = open_engine(f"sqlite:///{folder / 'catalog.db'}")
    upgrade(engine)
    catalog, clock = SqlCatalog(engine), SystemClock()
    health = HealthBoard(clock)
    rows = EventRows(catalog, health, clock)
    journal = AlertJournal(folder / "memory")
    outbox = Outbox(RecipientBook.of([PeerNotifier(one, port) for one in CHANNELS]), rows, health, clock)
    outbox.on_change.append(journal.note)
    await take_up(outbox, journal, rows.delivery, catalog)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(outbox.run()), tasks.create_task(rows.run())]
        ended = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
        print("ready", flush=True)
        until = time.monotonic() + seconds
        while time.monotonic() < until and not ended.is_set():
            now = clock.now()
            event = Event(EventId(f"{now:%H%M%S%f}"), CAMERA, now, now, ended_at=now + timedelta(seconds=1))
            rows.decided(event)
            outbox.dispatch(Alert(AlertId(f"{event.id}:press"), event.id, CAMERA, Cause.PRESS, now, "t", "x", "/"))
            print(f"decided {event.id}:press", flush=True)
            await asyncio.sleep(0.015)
        while any(standing.waiting for standing in outbox.standings()) and not ended.is_set():  # noqa: ASYNC110 - a poll does
            await asyncio.sleep(0.05)
        if ended.is_set():
            await outbox.finish(0.0)
            await rows.write_all()
        else:
            await rows.settled()
        for task in running:
            task.cancel()


# ------------------------------------------------------------------------------------------------------- the campaign


@dataclass(frozen=True)
class Outcome:
    """Of a whole campaign, by channel and alert."""

    alerts: int
    lost: list[tuple[str, str]]
    twice: list[tuple[str, str]]
    failed: int
    told_again: int


def campaign(folder: Path, kills: int, seed: int, by: signal.Signals = signal.SIGKILL) -> Outcome:
    """Start, let it tell for a random while, kill; at last let it finish."""
    chance, decided = Random(seed), list[str]()
    with peers() as them:
        for _ in range(kills):
            decided += _one_run(folder, them.port, seconds=60, dies_after=chance.uniform(0.0, 0.4), by=by)
        _one_run(folder, them.port, seconds=0, dies_after=None)
    catalog = SqlCatalog(open_engine(f"sqlite:///{folder / 'catalog.db'}"))
    arrived = Counter(them.accepted)
    pairs = [(channel, alert) for channel in CHANNELS for alert in decided]
    failed = [pair for pair in pairs if _has_failed(catalog, *pair)]
    # Where even the event was not in the catalog yet, no row can say so: the other alert does.
    told_again = {(channel, alert.partition(AGAIN)[0]) for channel, alert in arrived if AGAIN in alert}
    reported = {*failed, *told_again}
    return Outcome(
        alerts=len(decided),
        lost=[pair for pair in pairs if not arrived[pair] and pair not in reported],
        twice=[pair for pair, times in arrived.items() if times > 1],
        failed=len(failed),
        told_again=len(told_again),
    )


def _has_failed(catalog: SqlCatalog, channel: str, alert: str) -> bool:
    delivery = catalog.delivery(f"{alert}:{channel}")
    return delivery is not None and delivery.state is DeliveryState.FAILED


def _one_run(
    folder: Path, port: int, *, seconds: float, dies_after: float | None, by: signal.Signals = signal.SIGKILL
) -> list[str]:
    """The alerts that it says it has decided."""
    words = [sys.executable, __file__, "--child", str(folder), "--port", str(port), "--seconds", str(seconds)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        if dies_after is not None:
            time.sleep(dies_after)
            child.send_signal(by)
        lines = [line.split() for line in child.stdout if line.endswith("\n")]
    return [words[1] for words in lines if words[0] == "decided"]


def main() -> int:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--seed", type=int, default=8)
    options.add_argument("--signal", default="SIGKILL", choices=("SIGKILL", "SIGTERM"))
    options.add_argument("--child", type=Path)
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--seconds", type=float, default=0.0)
    chosen = options.parse_args()
    if chosen.child is not None:
        asyncio.run(tell(chosen.child, chosen.port, seconds=chosen.seconds))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        outcome = campaign(Path(folder), chosen.kills, chosen.seed, signal.Signals[chosen.signal])
    print(f"{chosen.kills} kills, {outcome.alerts} alerts by {len(CHANNELS)} channels:")
    print(f"{len(outcome.lost)} lost, {len(outcome.twice)} twice, {outcome.failed} reported as failed,")
    print(f"{outcome.told_again} told as another alert")
    for word, pairs in (("lost", outcome.lost), ("twice", outcome.twice)):
        for pair in pairs:
            print(word, *pair)
    return int(bool(outcome.lost or outcome.twice))


if __name__ == "__main__":
    sys.exit(main())

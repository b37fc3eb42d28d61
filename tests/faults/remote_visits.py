"""Films of known visits before a real server, whose real remote detector is killed, stalled and corrupted all the time.

python tests/faults/remote_visits.py --loops 5 --cameras 4     (twelve minutes, 120 visits)

`doorstep run` asks `doorstep serve-detector` across a wire that can be spoilt.  Troubles come in turn, seconds apart,
whatever the cameras show: SIGKILL and a new process, SIGSTOP and SIGCONT, bytes of the answers overwritten, answers
that come late.  The delay is from when somebody is in view, by eye, to the decision that tells it.
"""

import argparse
import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fakes.server_process import command, model_folder
from faults.visits import CONFIG, Score, cameras, campaign

GOOD_SECONDS, BAD_SECONDS = (2.0, 3.5), (1.5, 3.0)
LATE_SECONDS = 0.7
MOST_DELAY_SECONDS = 2.0
REMOTE = """
[events]
close_after = 2
post_roll = 1
alert_cooldown = 0
[detection]
where = "remote"
endpoint = "http://127.0.0.1:{port}/detect"
"""


class DetectorProcess:
    """`doorstep serve-detector`, which begins again where it was."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self.port = 0
        self.begin()

    def begin(self) -> None:
        listen = ("--listen", f"127.0.0.1:{self.port}", "--data", str(self._data))
        words = command("serve-detector", *listen)
        environment = {**os.environ, "DOORSTEP_MODELS": str(model_folder())}
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        self.port = int(line.rpartition(":")[2].partition("/")[0])

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(10)
        if self._process.stdout is not None:
            self._process.stdout.close()


@dataclass
class Wire:
    """Carries bytes to the detector and back, in a thread; what comes back may be spoilt or late."""

    upstream: int
    random: Random
    corrupt: bool = False
    late: bool = False
    port: int = 0
    _ready: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> None:
        threading.Thread(target=lambda: asyncio.run(self._carry()), daemon=True).start()
        assert self._ready.wait(10)

    async def _carry(self) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await server.serve_forever()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            back, forth = await asyncio.open_connection("127.0.0.1", self.upstream)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(self._pump(reader, forth, bytes), self._pump(back, writer, self._spoilt))

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, spoil: Callable[[bytes], bytes]
    ) -> None:
        try:
            while piece := await reader.read(65536):
                if spoil is not bytes and self.late:
                    await asyncio.sleep(LATE_SECONDS)
                writer.write(spoil(piece))
                await writer.drain()
        except OSError:
            pass
        writer.close()

    def _spoilt(self, piece: bytes) -> bytes:
        if not self.corrupt:
            return piece
        spoilt = bytearray(piece)
        for _ in range(max(3, len(piece) // 20)):
            spoilt[self.random.randrange(len(piece))] = self.random.randrange(256)
        return bytes(spoilt)


class Saboteur:
    """One trouble after the other, in a thread, until told to stop."""

    def __init__(self, detector: DetectorProcess, wire: Wire, random: Random) -> None:
        self._detector = detector
        self._wire = wire
        self._random = random
        self._over = threading.Event()
        self.troubles: Counter[str] = Counter()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join(30)

    def _run(self) -> None:
        turn = 0
        while not self._over.wait(self._random.uniform(*GOOD_SECONDS)):
            name = ("kill", "stall", "corrupt", "late")[turn % 4]
            turn += 1
            self.troubles[name] += 1
            self._begin(name)
            self._over.wait(self._random.uniform(*BAD_SECONDS))
            self._end(name)

    def _begin(self, name: str) -> None:
        match name:
            case "kill":
                self._detector.kill()
            case "stall":
                self._detector.signal(signal.SIGSTOP)
            case _:
                setattr(self._wire, name, True)

    def _end(self, name: str) -> None:
        match name:
            case "kill":
                self._detector.begin()
            case "stall":
                self._detector.signal(signal.SIGCONT)
            case _:
                setattr(self._wire, name, False)


def sent_away(data: Path) -> Counter[str]:
    """How the calls ended, over all events, as their ledgers tell it."""
    ended: Counter[str] = Counter()
    with sqlite3.connect(f"file:{data / 'doorstep.sqlite'}?mode=ro", uri=True) as catalog:
        for (ledger,) in catalog.execute("SELECT ledger FROM events"):
            for entry in json.loads(ledger):
                if entry["channel"].startswith("127.0.0.1: "):
                    words = entry["channel"].removeprefix("127.0.0.1: ")
                    ended[words.rpartition(", ")[2]] += int(words.partition(" ")[0])
    return ended


def figures_of(scores: Sequence[Score], troubles: Counter[str], ended: Counter[str]) -> dict[str, object]:
    """For the report."""
    visits = [told for score in scores for told in score.visits]
    delays = sorted(told[0].decided for told in visits if told)
    places = {"median": len(delays) // 2, "p95": len(delays) * 95 // 100, "worst": len(delays) - 1}
    return {
        "visits": len(visits),
        "lost": sum(score.missed for score in scores),
        "false": sum(len(score.false) for score in scores),
        "troubles": dict(troubles),
        "pictures_sent": dict(ended),
        "decided_s": {name: round(delays[place], 2) for name, place in places.items()} if delays else {},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loops", type=int, default=5)
    parser.add_argument("--cameras", type=int, default=4)
    parser.add_argument("--seed", type=int, default=6)
    parser.add_argument("--local", action="store_true", help="for comparison: no remote detector at all")
    chosen = parser.parse_args()
    random = Random(chosen.seed)
    films = cameras([1.0], chosen.cameras, random)
    with tempfile.TemporaryDirectory() as folder:
        detector = DetectorProcess(Path(folder))
        wire = Wire(detector.port, random)
        wire.begin()
        saboteur = Saboteur(detector, wire, random)
        config = CONFIG + REMOTE.format(port=wire.port)
        if chosen.local:
            config = config.replace('"remote"', '"local"')
        began = time.monotonic()
        try:
            with saboteur.at_work():
                scores = campaign(Path(folder) / "data", films, chosen.loops, config)
        finally:
            detector.kill()
        ended = sent_away(Path(folder) / "data")
        print(f"{time.monotonic() - began:.0f} s")
    for film in films:
        late = [[round(told.decided, 2) for told in visit] for visit in scores[film.name].visits]
        print(json.dumps({"camera": film.name, "phase": film.phase, "decided": late}))
    figures = figures_of(list(scores.values()), saboteur.troubles, ended)
    print(json.dumps(figures, indent=1))
    quick = all(delay <= MOST_DELAY_SECONDS for name, delay in figures["decided_s"].items() if name == "p95")  # type: ignore[attr-defined]
    sys.exit(bool(figures["lost"]) or not quick)


if __name__ == "__main__":
    main()

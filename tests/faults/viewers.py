"""Lets a thousand viewers come and go, polite and rude, and looks at what the server still holds when all are gone.

python tests/faults/viewers.py --count 1000 --at-once 40 --sockets 500
"""

import argparse
import asyncio
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fakes.process_tree import Holding, holding
from fakes.rude_viewers import PEERS, VISITS, Door, Visit, many_sockets
from fakes.server_process import ServerProcess, running, wait_for

CONFIG = '[[camera]]\nid = "door"\nname = "Door"\nsource = "{source}"\n'
TOKENS = 9
PEER_ONE_IN = 12
SHORTEST_SECONDS, LONGEST_SECONDS = 0.2, 3.0
GONE_SECONDS = 60.0
"""A viewer that died without a word is known to be gone when its silence has lasted, not at once."""
_SAMPLE = re.compile(r"^(doorstep_\w+)(?:\{[^}]*\})? (\S+)$", re.MULTILINE)
UNTOUCHED = (
    "doorstep_camera_gaps_total",
    "doorstep_camera_handover_drops_total",
    "doorstep_camera_lost_segments_total",
)
LATE_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Left:
    """What the server holds while nobody watches; `sockets` are all descriptors but files, which recordings need."""

    held: Holding
    sockets: int
    tasks: float
    sessions: float


@dataclass(frozen=True, slots=True)
class Campaign:
    """Before anybody came and when all are gone; `touched` is what changed of UNTOUCHED, `late` turns of the loop."""

    visits: Mapping[str, int]
    errors: Mapping[str, int]
    before: Left
    after: Left
    touched: Mapping[str, float]
    packets: float
    late: float
    turns: float
    seconds: float

    def troubles(self, memory_bytes: int) -> list[str]:
        """What has leaked or was disturbed, in words; `memory_bytes` more may be held by heaps and caches."""
        before, after = self.before, self.after
        found = [
            f"{what}: {then} before, {now} after"
            for what, then, now in (
                ("processes", before.held.processes, after.held.processes),
                ("threads", before.held.threads, after.held.threads),
                ("sockets and pipes", before.sockets, after.sockets),
                ("tasks", before.tasks, after.tasks),
                ("sessions", before.sessions, after.sessions),
            )
            if now > then
        ]
        grown = after.held.anonymous - before.held.anonymous
        if grown > memory_bytes:
            found.append(f"memory: {grown / 2**20:.1f} MiB more")
        return found + [f"{name} grew by {by}" for name, by in self.touched.items() if by]


def metrics(server: ServerProcess) -> dict[str, float]:
    """Each metric, summed over its labels."""
    answer = httpx.get(f"{server.url}/metrics", headers={"Authorization": f"Bearer {server.token()}"}, timeout=60)
    found: dict[str, float] = {}
    for name, value in _SAMPLE.findall(answer.raise_for_status().text):
        found[name] = found.get(name, 0.0) + float(value)
    return found


def late_turns(server: ServerProcess) -> tuple[float, float]:
    """How often the loop served a timer later than LATE_SECONDS, of how many times."""
    answer = httpx.get(f"{server.url}/metrics", headers={"Authorization": f"Bearer {server.token()}"}, timeout=60)
    rows = re.findall(r'doorstep_loop_lateness_seconds_bucket\{le="(.*?)"\} (\S+)', answer.text)
    counts = {float(bound): float(count) for bound, count in rows}
    total = counts[float("inf")]
    return total - max(count for bound, count in counts.items() if bound <= LATE_SECONDS), total


def no_files(process: int) -> int:
    """Its open sockets, pipes and the like.  How many files are open depends on whether somebody is at the door."""
    found = 0
    for descriptor in Path(f"/proc/{process}/fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            found += not str(descriptor.readlink()).startswith("/")
    return found


def left(server: ServerProcess) -> Left:
    told = metrics(server)
    return Left(holding(server.pid), no_files(server.pid), told.get("doorstep_tasks", 0), told["doorstep_live_viewers"])


def doors(server: ServerProcess) -> list[Door]:
    """One for each token: with one alone, fewer may watch."""
    with server.client() as client:
        made = [client.post("/tokens", json={"name": f"tv {n}", "scopes": ["live:read"]}) for n in range(TOKENS)]
    return [Door(server.url, answer.raise_for_status().json()["token"]) for answer in made]


async def crowd(where: list[Door], count: int, at_once: int, seed: int) -> tuple[Counter[str], Counter[str]]:
    """So many visits, `at_once` at a time; who came, and what they ran into that is no refusal."""
    chance = random.Random(seed)
    turns, done, errors = asyncio.Semaphore(at_once), Counter[str](), Counter[str]()

    async def one(visit: Visit, door: Door, seconds: float) -> None:
        async with turns:
            try:
                await visit(door, seconds)
            except (OSError, httpx.HTTPError, EOFError, TimeoutError) as error:
                errors[f"{visit.__name__}: {type(error).__name__}"] += 1
        done[visit.__name__] += 1

    kinds = [
        PEERS[n // PEER_ONE_IN % len(PEERS)] if n % PEER_ONE_IN == 0 else chance.choice(VISITS) for n in range(count)
    ]
    async with asyncio.TaskGroup() as tasks:
        for kind in kinds:
            tasks.create_task(one(kind, chance.choice(where), chance.uniform(SHORTEST_SECONDS, LONGEST_SECONDS)))
    return done, errors


def campaign(server: ServerProcess, count: int, at_once: int, sockets: int, seed: int = 1) -> Campaign:
    """Each kind of visit once, to warm up; then all of them; then `sockets` connections at once."""
    first, *where = doors(server)
    asyncio.run(_each_kind_once(first))
    end_all(server)
    before = settled(server, None)
    at_first, late_first = metrics(server), late_turns(server)
    began = time.monotonic()
    visits, errors = asyncio.run(crowd(where, count, at_once, seed))
    if sockets:
        asyncio.run(many_sockets(where[0], sockets, LONGEST_SECONDS))
        visits["many_sockets"] = sockets
    seconds = time.monotonic() - began
    at_last, late_last = metrics(server), late_turns(server)
    return Campaign(
        visits=dict(visits),
        errors=dict(errors),
        before=before,
        after=settled(server, before),
        touched={name: at_last[name] - at_first[name] for name in UNTOUCHED},
        packets=at_last["doorstep_camera_packets_total"] - at_first["doorstep_camera_packets_total"],
        late=late_last[0] - late_first[0],
        turns=late_last[1] - late_first[1],
        seconds=seconds,
    )


def end_all(server: ServerProcess) -> None:
    """As the owner can: what is held before the crowd comes is then known without waiting for whom silence ends."""
    with server.client() as client:
        for session in server.get("/live/sessions")["sessions"]:
            client.delete(f"/live/sessions/{session['id']}")


async def _each_kind_once(door: Door) -> None:
    for _ in range(2):
        await asyncio.gather(*(visit(door, 1.0) for visit in (*VISITS, *PEERS)), return_exceptions=True)


def settled(server: ServerProcess, than: Left | None) -> Left:
    """When nobody watches and no more is held than before, or GONE_SECONDS have passed."""
    wait_for(lambda: metrics(server)["doorstep_live_viewers"] == 0, GONE_SECONDS, "nobody watches")
    end = time.monotonic() + (GONE_SECONDS if than is not None else 5.0)
    while time.monotonic() < end:
        found = left(server)
        if than is not None and _no_more(found, than):
            return found
        time.sleep(0.5)
    return left(server)


def _no_more(found: Left, than: Left) -> bool:
    held, then = found.held, than.held
    return (
        found.sockets <= than.sockets
        and held.threads <= then.threads
        and found.tasks <= than.tasks
        and held.processes <= then.processes
    )


@contextmanager
def watched_server(data: Path, source: str) -> Iterator[ServerProcess]:
    """A server of one camera that is live."""
    with running(data, CONFIG.format(source=source)) as server:
        wait_for(lambda: server.cameras()[0]["state"] == "live", 30, "the camera is live")
        yield server


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--at-once", type=int, default=40)
    parser.add_argument("--sockets", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--memory-mib", type=int, default=32)
    parser.add_argument("--source", default="demo://")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, watched_server(Path(folder) / "data", chosen.source) as server:
        found = campaign(server, chosen.count, chosen.at_once, chosen.sockets, chosen.seed)
    troubles = found.troubles(chosen.memory_mib << 20)
    print(json.dumps(asdict(found) | {"troubles": troubles}))
    sys.exit(1 if troubles else 0)


if __name__ == "__main__":
    main()

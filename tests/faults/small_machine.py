"""One 1080p camera with people in 512 MB and two slowed cores: is anything killed, what is held, how soon is it told?

python tests/faults/small_machine.py --visits 20 --cores 0.5

The server and all that it starts run in a control group of their own; camera and channel stand outside of it, as they
would in a house.  The group also counts what is no process's own: the rolling buffer, which is files in memory, and
pages of files that the kernel keeps.  The goal for PSS is judged as if nobody else ran on the machine: else it would be
met the sooner the more tests share our libraries meanwhile.  Ends with 1 where a goal is missed.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fakes import machine_group, stamped_camera
from fakes.http_channel import http_channel
from fakes.machine_group import MIB, MachineGroup, SmallMachine
from fakes.own_pages import held_together
from fakes.process_tree import holding, tree_of
from fakes.server_process import ServerProcess, command, model_folder, wait_for
from faults.soak_books import Told, Visits, scored
from faults.soak_house import Sink
from faults.visited_film import FIRST_VISIT, LATER_VISIT, QUIET, VisitedCamera, VisitedFilm

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
FILM = VisitedFilm("1080p25", (FIRST_VISIT, QUIET, LATER_VISIT, QUIET), 1920, 1080, 25, 4_000_000, gop=50)
"""As a cheap camera sends it: 4 Mbit a second, a key frame every two seconds.  Somebody is there half of the time."""
MEMORY_MIB, PSS_GOAL_MIB, TOLD_GOAL_SECONDS = 512, 220.0, 3.0
CORES = 0.5
"""In all, so that no thread runs faster than on half a core."""
BUFFER_SHARE = 4
"""The buffer takes this part of the memory: what "auto" chooses in a group of version 2."""
SAMPLE_SECONDS = 5.0
START_SECONDS, LAST_VISIT_SECONDS = 120.0, 30.0
CONFIG = """
[buffer]
directory = "{buffer}"
max_bytes = "{buffer_mb} MB"
[events]
alert_cooldown = 0
close_after = 4
post_roll = 4
[[notify.webhook]]
name = "sink"
url = "http://{sink}/told"
secret = "of a machine that is a small one"
[[camera]]
id = "door"
name = "Door"
source = "{source}"
"""


class SmallServer(ServerProcess):
    """Begun inside the group."""

    def __init__(self, data: Path, config: str, group: MachineGroup, models: Path) -> None:
        super().__init__(data, config, {"DOORSTEP_MODELS": str(models), **group.environment})
        self.run_words = group.words(command("run"))


@dataclass(slots=True)
class Measured:
    """What came of it; memory in MiB, `cpu` in parts of a core."""

    machine: SmallMachine
    visits: Visits
    pss: list[float] = field(default_factory=list)
    """As if nobody else ran."""
    shared_pss: list[float] = field(default_factory=list)
    """As the kernel tells it, less while other programs share our libraries."""
    own: list[float] = field(default_factory=list)
    buffer_mib: float = 0.0
    peak_mib: float = 0.0
    killed: int = 0
    at_the_limit: int = 0
    throttled: float = 0.0
    cpu: float = 0.0
    side: str = ""

    @property
    def behind(self) -> list[float]:
        """Seconds from each visit's begin until it was told, soonest first."""
        return sorted(self.visits.behind([]))

    @property
    def p95(self) -> float:
        """Rather the slower one of two."""
        behind = self.behind
        return behind[min(len(behind) - 1, int(len(behind) * 0.95))] if behind else float("inf")

    @property
    def faults(self) -> list[str]:
        """Each goal that was missed, in words."""
        found = [f"{self.killed} processes killed for want of memory"] if self.killed else []
        found += [f"{max(self.pss):.0f} MiB PSS"] if max(self.pss) > PSS_GOAL_MIB else []
        found += [f"{len(self.visits.missed)} visits were not told"] if self.visits.missed else []
        found += [f"told after {self.p95:.2f} s (p95)"] if self.p95 > TOLD_GOAL_SECONDS else []
        return found


def measured(folder: Path, memory: Path, machine: SmallMachine, visits: int) -> Measured:
    """So many visits, from the first that begins once somebody looks."""
    models = model_folder()
    assert models is not None
    with VisitedCamera(FILM) as camera, http_channel() as channel, machine_group.machine_group(machine) as group:
        sink = Sink(channel)
        names = {"buffer": memory / "buffer", "buffer_mb": machine.memory_mib // BUFFER_SHARE, "sink": sink.host}
        server = SmallServer(folder / "data", CONFIG.format(source=camera.url, **names), group, models)
        server.start()
        try:
            wait_for(lambda: _looks(server), START_SECONDS, "somebody looks")
            found = _watched(server, camera, sink, machine, visits)
            found.buffer_mib = sum(file.stat().st_size for file in memory.rglob("*.m4s")) / MIB
        finally:
            server.kill()
        found.peak_mib, found.killed, found.at_the_limit = group.peak_mib, group.killed, group.at_the_limit
        found.throttled = group.throttled_seconds
    found.side = _side(server)
    return found


def _looks(server: ServerProcess) -> bool:
    """The detector is loaded, and the camera is there."""
    return "detector ready" in server.log.read_text() and server.cameras()[0]["state"] == "live"


def _side(server: ServerProcess) -> str:
    """What the log says of the size at which the model looks."""
    lines = server.log.read_text().splitlines()
    return next((line.partition("detector ready")[2].strip() for line in lines if "detector ready" in line), "")


def _watched(server: ServerProcess, camera: VisitedCamera, sink: Sink, machine: SmallMachine, visits: int) -> Measured:
    begin = time.time()
    asked = camera.visits(begin, begin + visits * FILM.seconds)[:visits]
    before, clock = holding(server.pid), time.monotonic()
    pss, shared_pss, own = [], [], []
    while not _is_over(asked, sink.told):
        time.sleep(SAMPLE_SECONDS)
        held = holding(server.pid)
        pss.append((held_together(tree_of(server.pid)) or held.pss) / MIB)
        shared_pss.append(held.pss / MIB)
        own.append(held.anonymous / MIB)
    cpu = (holding(server.pid).cpu - before.cpu) / (time.monotonic() - clock)
    every = camera.visits(begin - FILM.seconds, time.time())
    return Measured(machine, scored(asked, every, sink.told, []), pss, shared_pss, own, cpu=cpu)


def _is_over(asked: Sequence[tuple[float, float]], told: Sequence[Told]) -> bool:
    """The last one was told, or goes on being untold for too long."""
    first, last = asked[-1]
    return any(one.at >= first - 1 for one in told) or time.time() > last + LAST_VISIT_SECONDS


def figures_of(found: Measured) -> dict[str, object]:
    """For the report."""
    behind = found.behind
    return {
        "memory_mib": found.machine.memory_mib,
        "cores": found.machine.cores,
        "visits": found.visits.undisturbed,
        "missed": len(found.visits.missed),
        "twice": len(found.visits.twice),
        "alerts_of_nobody": len(found.visits.nobody),
        "told_s": {
            "p50": round(statistics.median(behind), 2),
            "p95": round(found.p95, 2),
            "worst": round(behind[-1], 2),
        }
        if behind
        else {},
        "pss_mib": _median_and_most(found.pss),
        "pss_beside_others_mib": _median_and_most(found.shared_pss),
        "own_mib": _median_and_most(found.own),
        "buffer_mib": round(found.buffer_mib, 1),
        "group_peak_mib": round(found.peak_mib, 1),
        "killed": found.killed,
        "at_the_limit": found.at_the_limit,
        "cpu_of_a_core": round(found.cpu, 3),
        "throttled_s": round(found.throttled, 1),
        "detector": found.side,
    }


def _median_and_most(samples: Sequence[float]) -> dict[str, float]:
    return {"median": round(statistics.median(samples), 1), "most": round(max(samples), 1)}


def missing() -> str:
    """Why it cannot be tried here; empty where it can."""
    no_models = "" if model_folder() else "no detection model is here"
    return stamped_camera.missing() or no_models or machine_group.missing()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visits", type=int, default=20)
    parser.add_argument("--cores", type=float, default=CORES, help="of this machine's, in all")
    parser.add_argument("--memory", type=int, default=MEMORY_MIB, help="in MiB")
    chosen = parser.parse_args()
    if why_not := missing():
        sys.exit(why_not)
    with (
        tempfile.TemporaryDirectory(prefix="doorstep-small-") as folder,
        tempfile.TemporaryDirectory(prefix="doorstep-small-", dir=SHARED_MEMORY) as memory,
    ):
        found = measured(Path(folder), Path(memory), SmallMachine(chosen.memory, chosen.cores), chosen.visits)
    print(json.dumps(figures_of(found), indent=1))
    for fault in found.faults:
        print(f"MISSED  {fault}")
    sys.exit(1 if found.faults else 0)


if __name__ == "__main__":
    main()

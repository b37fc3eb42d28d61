"""How long until Doorstep listens, keeps video and can tell: at the first start, and after it was killed.  And memory.

    python -m benchmarks.start [--rounds 3] [--memory-after 30]

Goals: first segment within 3 s, first possible alert (detector loaded and camera live) within 5 s, and the demo system
below 220 MiB (proportional set size: it looks smaller while other Pythons run here, the resident size does not).  The
floor of starting is a bare Python that imports the same vendors.  Files are in the page cache: what is measured is the
program, not the disk.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.figures import of_rounds, tell
from benchmarks.house import config_of, folder_of_our_own, memory_folder, models, server_of

from fakes.server_process import ServerProcess

FIRST_SEGMENT_GOAL = 3.0
FIRST_ALERT_GOAL = 5.0
MEMORY_GOAL = 220.0
VENDORS = "av, numpy, fastapi, uvicorn, sqlalchemy, alembic, pydantic, structlog, typer, aiosmtplib, onnxruntime"
BARE_MODEL = """
import onnxruntime, numpy
from pathlib import Path
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession({path!r}, options, providers=["CPUExecutionProvider"])
node = session.get_inputs()[0]
session.run(None, {{node.name: numpy.zeros(node.shape, numpy.float32)}})
print(next(line.split()[1] for line in open("/proc/self/smaps_rollup") if line.startswith("Pss:")))
"""
STEP_SECONDS = 0.01
PATIENCE_SECONDS = 30.0
RUN_BEFORE_KILL_SECONDS = 4.0
KIB_A_MIB = 1024


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds from starting the process."""

    listening: float
    first_segment: float
    first_alert: float


def timed_start(server: ServerProcess, buffer: Path) -> Start:
    """Start it and watch from outside: its first line, new files in the buffer, its log."""
    there = set(buffer.rglob("*.m4s"))
    logged = server.log.stat().st_size if server.log.exists() else 0
    begin = time.perf_counter()
    server.start()
    listening = time.perf_counter() - begin
    seen: dict[str, float] = {}
    questions: dict[str, Callable[[], bool]] = {
        "segment": lambda: any(path not in there for path in buffer.rglob("*.m4s")),
        "detector": lambda: b"detector ready" in log_since(server, logged),
        "live": lambda: b"camera is live" in log_since(server, logged),
    }
    while len(seen) < len(questions):
        for name, happened in questions.items():
            if name not in seen and happened():
                seen[name] = time.perf_counter() - begin
        if time.perf_counter() - begin > PATIENCE_SECONDS:
            msg = f"not within {PATIENCE_SECONDS:.0f} s: {sorted(questions.keys() - seen.keys())}"
            raise SystemExit(msg)
        time.sleep(STEP_SECONDS)
    return Start(listening, seen["segment"], max(seen["detector"], seen["live"]))


def log_since(server: ServerProcess, position: int) -> bytes:
    with server.log.open("rb") as log:
        log.seek(position)
        return log.read()


def bare_imports() -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {VENDORS}"], check=True, timeout=60)
    return time.perf_counter() - begin


def bare_model_memory() -> float:
    """MiB of a Python that has loaded the model and run it once."""
    path = next(models().glob("*.onnx"))
    code = BARE_MODEL.format(path=str(path))
    told = subprocess.run([sys.executable, "-c", code], check=True, timeout=60, capture_output=True, text=True)
    return int(told.stdout) / KIB_A_MIB


def memory_of(pid: int) -> dict[str, float]:
    """MiB by kind: "Pss" shares pages with others who have them, "Rss" counts them whole (proc(5), smaps_rollup)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    return {line.split(":")[0]: int(line.split()[1]) / KIB_A_MIB for line in lines}


def report(name: str, starts: list[Start], floor: list[float]) -> None:
    bare = of_rounds("", floor, "s").value
    for words, seconds, goal in (
        ("to listening", [start.listening for start in starts], None),
        ("to first segment", [start.first_segment for start in starts], FIRST_SEGMENT_GOAL),
        ("to first possible alert", [start.first_alert for start in starts], FIRST_ALERT_GOAL),
    ):
        ratio = of_rounds("", seconds, "").value / bare
        tell(of_rounds(f"start, {name}, {words}", seconds, "s", goal, x_bare_imports=ratio))


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--memory-after", type=float, default=30.0)
    chosen = options.parse_args()
    cold, killed, floor, memory = [], [], [], []
    for _ in range(chosen.rounds):
        with folder_of_our_own() as folder, memory_folder() as shelf:
            buffer = shelf / "buffer"
            floor.append(bare_imports())
            server = server_of(folder, config_of(["demo://"], buffer))
            try:
                cold.append(timed_start(server, buffer))
                time.sleep(RUN_BEFORE_KILL_SECONDS)
                server.kill()
                killed.append(timed_start(server, buffer))
                time.sleep(chosen.memory_after)
                memory.append(memory_of(server.pid))
            finally:
                server.kill()
    report("first", cold, floor)
    report("after a kill", killed, floor)
    tell(of_rounds("start, bare imports of the same vendors", floor, "s"))
    bare = bare_model_memory()
    name = f"memory of the demo system after {chosen.memory_after:g} s"
    used = of_rounds(name, [kinds["Pss"] for kinds in memory], "MiB PSS", MEMORY_GOAL)
    resident = of_rounds("", [kinds["Rss"] for kinds in memory], "").value
    beside = {"x_bare_model_in_python": used.value / bare, "bare_model_mib": bare, "resident_mib": resident}
    tell(replace(used, beside=beside))


if __name__ == "__main__":
    main()

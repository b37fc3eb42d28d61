"""Fifty MSE viewers of one camera: what each of them loses, and what they cost the server.  Nothing may be decoded.

    python -m benchmarks.live_viewers [--viewers 50] [--seconds 30]

The camera is a file that is sent in real time; each viewer counts the pictures that reach it, against all that reached
anybody.  One of them stops reading for half the time: it must be told that it skips, and go on at a key
frame, and nobody else may notice.  CPU and memory are those of the server's whole tree, with the viewers less without
them, for each viewer; what one viewer costs against demuxing lives in `live_mse`.
"""

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import httpx
from benchmarks.camera_files import CAMERA_480P
from benchmarks.figures import Figure, tell
from benchmarks.house import folder_of_our_own, server_of

from fakes.mse_viewer import MseViewer
from fakes.process_tree import Holding, holding
from fakes.server_process import ServerProcess, wait_for

CONFIG = '[[camera]]\nid = "door"\nname = "Door"\nsource = "file://{path}?loop"\n'
TOKENS_FOR_EACH = 25
SETTLE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Run:
    """What came of it."""

    fast: Sequence[MseViewer]
    slow: MseViewer
    seconds: float
    before: tuple[Holding, Holding]
    during: tuple[Holding, Holding]
    decoded: float


def tokens(server: ServerProcess, count: int) -> list[str]:
    """Several, for one login may not watch so often."""
    with server.client() as client:
        asked = [client.post("/tokens", json={"name": f"tv {n}", "scopes": ["live:read"]}) for n in range(count)]
    return [answer.raise_for_status().json()["token"] for answer in asked]


def metric(server: ServerProcess, name: str) -> float:
    """The sum over all cameras; -1 where there is none of the name."""
    told = httpx.get(f"{server.url}/metrics", headers={"Authorization": f"Bearer {server.token()}"}, timeout=60).text
    values = [float(line.split()[-1]) for line in told.splitlines() if line.startswith((f"{name}{{", f"{name} "))]
    return sum(values) if values else -1.0


async def crowd(server: ServerProcess, viewers: int, seconds: float) -> Run:
    secrets = tokens(server, -(-viewers // TOKENS_FOR_EACH))
    all_viewers = [MseViewer(server.url, secrets[n % len(secrets)], narrow=n == 0) for n in range(viewers)]
    slow, fast = all_viewers[0], all_viewers[1:]
    before = await _held_over(server, min(10.0, seconds / 2))
    decoded = metric(server, "doorstep_live_decoded_pictures_total")
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(slow.watch(seconds + SETTLE_SECONDS, asleep=(SETTLE_SECONDS, seconds / 2)))
        for viewer in fast:
            tasks.create_task(viewer.watch(seconds + SETTLE_SECONDS))
        await asyncio.sleep(SETTLE_SECONDS)
        during = await _held_over(server, seconds - 1)
    decoded = metric(server, "doorstep_live_decoded_pictures_total") - max(decoded, 0)
    return Run(fast, slow, seconds, before, during, decoded)


async def _held_over(server: ServerProcess, seconds: float) -> tuple[Holding, Holding]:
    begin = await asyncio.to_thread(holding, server.pid)
    await asyncio.sleep(seconds)
    return begin, await asyncio.to_thread(holding, server.pid)


def lost(viewer: MseViewer, reference: Sequence[int]) -> int:
    """Pictures between its first and its last that reached somebody, and not it."""
    if not viewer.decode_times:
        return len(reference)
    got, first, last = set(viewer.decode_times), viewer.decode_times[0], viewer.decode_times[-1]
    return sum(first <= at <= last and at not in got for at in reference)


def tell_all(run: Run, rate: int) -> None:
    reference = sorted({at for viewer in run.fast for at in viewer.decode_times})
    losses = [lost(viewer, reference) for viewer in run.fast]
    least = min(len(viewer.decode_times) for viewer in run.fast)
    count = len(run.fast)
    beside: dict[str, float | str] = {
        "least": least,
        "sent": len(reference),
        "refused": sum(viewer.refused != 0 for viewer in run.fast),
        "seconds": run.seconds,
    }
    _tell(f"{count} viewers that read, pictures lost", sum(losses), "pictures", 0, beside)
    missing = max(0.0, rate * run.seconds - least)
    _tell(f"{count} viewers that read, pictures short of the camera's rate", missing, "pictures", rate)
    slow: dict[str, float | str] = {"told": len(run.slow.skips_at), "skipped": lost(run.slow, reference)}
    went_on = bool(run.slow.skips_at) and len(run.slow.decode_times) > run.slow.skips_at[-1]
    went_on = went_on and not run.slow.skipped_to_no_key
    _tell("the slow viewer, times it was not told or did not go on", 0 if went_on else 1, "times", 0, slow)
    _tell("pictures decoded for them", run.decoded, "pictures", 0)
    (rest0, rest1), (work0, work1) = run.before, run.during
    rest = (rest1.cpu - rest0.cpu) / min(10.0, run.seconds / 2)
    work = (work1.cpu - work0.cpu) / (run.seconds - 1)
    per_viewer = 100 * (work - rest) / (count + 1)
    _tell(f"server CPU for each of {count + 1}", per_viewer, "% of a core", None, {"without_them": 100 * rest})
    memory = (work1.anonymous - rest1.anonymous) / (count + 1) / 2**10
    _tell(f"server memory for each of {count + 1}", memory, "KiB", None, {"without_them": rest1.anonymous / 2**10})


def _tell(
    name: str, value: float, unit: str, goal: float | None = None, beside: dict[str, float | str] | None = None
) -> None:
    tell(Figure(f"live viewers, {name}", value, value, value, unit, 1, goal, beside or {}))


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--viewers", type=int, default=50)
    options.add_argument("--seconds", type=float, default=30.0)
    chosen = options.parse_args()
    with folder_of_our_own() as folder:
        server = server_of(folder, CONFIG.format(path=CAMERA_480P.path()))
        server.start()
        try:
            wait_for(lambda: server.cameras()[0]["state"] == "live", 30, "the camera is live")
            run = asyncio.run(crowd(server, chosen.viewers, chosen.seconds))
        finally:
            server.stop()
    tell_all(run, CAMERA_480P.rate)


if __name__ == "__main__":
    main()

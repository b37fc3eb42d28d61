"""Switches a real RTSP camera off and on again, many times, and looks at the gaps and at what the server holds.

python tests/faults/outages.py --count 200 --seconds 5
"""

import argparse
import json
import sqlite3
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fakes.process_tree import Holding, holding
from fakes.rtsp_camera import CameraOptions, RtspCamera
from fakes.server_process import ServerProcess, wait_for

CONFIG = '[buffer]\nseconds = 60\n[[camera]]\nid = "door"\nname = "Door"\nsource = "{url}"\n'
WARM_UP = 5
SETTLE_SECONDS = 2.0
BACK_SECONDS = 60.0
ALLOWED_SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class Campaign:
    """What came of it: seconds of every outage and of the gap behind it, what was held after the warm-up and last."""

    outages: list[float]
    gaps: list[float]
    reasons: dict[str, int]
    warm: Holding
    last: Holding


def campaign(
    data: Path, count: int, seconds: float, gop: float, *, warm_up: int = WARM_UP, settle: float = SETTLE_SECONDS
) -> Campaign:
    """One gap row is expected for each outage."""
    outages: list[float] = []
    with RtspCamera(CameraOptions(gop=gop)) as camera:
        server = ServerProcess(data, CONFIG.format(url=camera.url))
        server.start()
        try:
            _wait_live(server)
            warm = holding(server.pid)
            for number in range(count + warm_up):
                time.sleep(settle)
                outages.append(_outage(camera, seconds))
                _wait_live(server)
                if number == warm_up - 1:
                    time.sleep(settle)
                    warm = holding(server.pid)
            time.sleep(settle)
            last = holding(server.pid)
        finally:
            server.stop()
    gaps, reasons = gaps_of(data)
    return Campaign(outages, gaps, reasons, warm, last)


def _outage(camera: RtspCamera, seconds: float) -> float:
    began = time.monotonic()
    camera.stop()
    time.sleep(seconds)
    camera.start()
    return time.monotonic() - began


def _wait_live(server: ServerProcess) -> None:
    """Live again, and not still: the loss must have been noticed first."""
    time.sleep(0.3)
    wait_for(lambda: server.cameras()[0]["state"] == "live", BACK_SECONDS, "the camera is live")


def gaps_of(data: Path) -> tuple[list[float], dict[str, int]]:
    """Seconds of every gap row, oldest first, and how often each reason was given; the start's own gap is left out."""
    with sqlite3.connect(f"file:{data / 'doorstep.sqlite'}?mode=ro", uri=True) as catalog:
        rows = catalog.execute("SELECT starts_at, ends_at, reason FROM gaps ORDER BY starts_at").fetchall()
    reasons: dict[str, int] = {}
    for *_, reason in rows:
        reasons[reason] = reasons.get(reason, 0) + 1
    return [_seconds(start, end) for start, end, _ in rows], reasons


def _seconds(start: str | int, end: str | int) -> float:
    if isinstance(start, int) and isinstance(end, int):
        return (end - start) / 1e6
    return (datetime.fromisoformat(str(end)) - datetime.fromisoformat(str(start))).total_seconds()


def too_long(found: Campaign, gop: float) -> list[tuple[float, float]]:
    """Every (outage, gap) where the gap is longer than the outage, a key frame interval and 1.5 s."""
    pairs = zip(found.outages, found.gaps, strict=True)
    return [(outage, gap) for outage, gap in pairs if gap > outage + gop + ALLOWED_SECONDS]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--gop", type=float, default=1.0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = campaign(Path(folder) / "data", chosen.count, chosen.seconds, chosen.gop)
    over = sorted(gap - outage for outage, gap in zip(found.outages, found.gaps, strict=False))
    figures = {
        "outages": len(found.outages),
        "gaps": len(found.gaps),
        "gap_minus_outage_s": {"median": round(over[len(over) // 2], 2), "max": round(over[-1], 2)},
        "too_long": too_long(found, chosen.gop) if len(found.gaps) == len(found.outages) else "rows differ",
        "reasons": found.reasons,
        "warm": asdict(found.warm),
        "last": asdict(found.last),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

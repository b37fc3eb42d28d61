"""Kills a loaded server at random moments and looks at what is left.  A campaign prints its figures:

python tests/faults/kills.py --kills 10
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fakes.server_process import SHARED, ServerProcess, model_folder, wait_for
from faults.agreement import Agreement, agreement

PEOPLE = SHARED / "media" / "one-by-one-person-detection.mp4"
CAMERA = """
[[camera]]
id = "cam-{number}"
name = "Camera {number}"
source = "{source}"
"""
EVENTS = "[events]\nclose_after = 3\npost_roll = 2\npre_roll = 3\n"


@dataclass(frozen=True, slots=True)
class Kill:
    """What one kill cost: seconds until the first new segment, buffered seconds that were there again, agreement."""

    ran_seconds: float
    first_segment_seconds: float
    buffered_seconds: float
    agreement: Agreement


def campaign(data: Path, kills: int, longest: float, seed: int) -> Iterator[Kill]:
    """Start, let it run for a random while, kill, start again; each time everything must agree."""
    chance = random.Random(seed)
    sources = ["demo://", *([f"file://{PEOPLE}?loop"] * 2 if PEOPLE.exists() else ["demo://"])]
    config = EVENTS + "".join(CAMERA.format(number=number, source=source) for number, source in enumerate(sources))
    server = ServerProcess(data, config, {"DOORSTEP_MODELS": str(model_folder())})
    server.start()
    ran = 0.0
    for _ in range(kills):
        ran = chance.uniform(1.0, longest)
        wait_for(lambda: all(camera["state"] == "live" for camera in server.cameras()), 30, "all cameras live")
        time.sleep(ran)
        server.kill()
        killed_at = datetime.now(UTC)
        began = time.monotonic()
        server.start()
        first = _first_segment(server, began)
        buffered = _buffered_before(server, killed_at)
        server.kill()  # in the middle of the recovery or just behind it
        server.start()
        wait_for(server.cameras, 30, "an answer")
        assert server.stop() == 0
        yield Kill(ran, first, buffered, agreement(data))
        server.start()
    server.stop()


def _first_segment(server: ServerProcess, began: float) -> float:
    wait_for(lambda: any(camera["state"] == "live" for camera in server.cameras()), 30, "a live camera")
    return time.monotonic() - began


def _buffered_before(server: ServerProcess, killed_at: datetime) -> float:
    """How much of the time before the kill a clip still shows."""
    query = {"start": (killed_at - timedelta(seconds=30)).isoformat(), "end": killed_at.isoformat()}
    with server.client() as client:
        answer = client.head("/cameras/cam-0/clip", params=query)
    if not answer.is_success:
        return 0.0
    starts_at, ends_at = (datetime.fromisoformat(answer.headers[f"doorstep-{end}-at"]) for end in ("starts", "ends"))
    return (ends_at - starts_at).total_seconds()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--longest", type=float, default=25.0)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bad = 0
        for number, kill in enumerate(campaign(Path(folder) / "data", chosen.kills, chosen.longest, chosen.seed), 1):
            bad += not kill.agreement.is_whole
            print(
                json.dumps(
                    {
                        "kill": number,
                        "ran_s": round(kill.ran_seconds, 1),
                        "live_again_s": round(kill.first_segment_seconds, 1),
                        "buffered_s": round(kill.buffered_seconds, 1),
                        "events": kill.agreement.events,
                        "whole": kill.agreement.is_whole,
                        "catalog": kill.agreement.catalog,
                        "faults": kill.agreement.rows_without_bytes
                        + kill.agreement.bytes_without_row
                        + kill.agreement.unreadable,
                    }
                ),
                flush=True,
            )
    print(json.dumps({"kills": chosen.kills, "not_whole": bad}))
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()

"""Every benchmark, one after the other, each in its own process: `make bench`.  Prints a line of JSON a figure.

Takes about half an hour.  What is measured, and how, lives in the file of each benchmark; none fails when a goal
is missed ("met": false says so), only when it cannot measure.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LONGEST_SECONDS = 300
LIGHTHOUSE = ROOT / "benchmarks/lighthouse/node_modules"


def run(name: str, *arguments: str) -> bool:
    """Whether it could measure."""
    command = [sys.executable, "-m", f"benchmarks.{name}", *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    begin = time.perf_counter()
    try:
        code = subprocess.run(command, check=False, cwd=ROOT, env=environment, timeout=LONGEST_SECONDS).returncode
    except subprocess.TimeoutExpired:
        code = -1
    print(f"{name}: {time.perf_counter() - begin:.0f} s{'' if code == 0 else ', FAILED'}", file=sys.stderr, flush=True)
    return code == 0


def plan() -> Sequence[tuple[str, ...]]:
    """Names and arguments, quick ones first."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    from benchmarks.camera_files import BOTH, FILMED  # noqa: PLC0415 - the path had to be known first

    from fakes import browser, loop_disk, stamped_camera  # noqa: PLC0415 - as above
    from fakes.server_process import model_folder  # noqa: PLC0415 - as above

    videos = [str(camera.path()) for camera in BOTH]
    folder = model_folder()
    models = sorted(str(path) for path in folder.glob("*.onnx"))[:1] if folder is not None else []
    return (
        *([("detection", models[0])] if models else []),
        ("motion", *videos, "--rounds", "3"),
        ("clip",),
        ("segmenting",),
        ("live_mse", "--rounds", "3"),
        ("confinement", "--rounds", "2"),
        ("rtmp_intake",),
        ("many_cameras", "--seconds", "60"),
        ("reencode",),
        ("publish",),
        ("upload",),
        ("start",),
        ("telling",),
        *([("press_on_a_sick_disk",)] if not loop_disk.why_not() else []),
        ("telling_under_load",),
        ("many_events",),
        ("timeline",),
        *([("scrolling",)] if not browser.missing() else []),
        *([("page_scores",)] if LIGHTHOUSE.exists() and not browser.missing() else []),
        ("chime",),
        ("live_webrtc",),
        ("live_viewers",),
        *([("glass_to_glass",)] if not (browser.missing() or stamped_camera.missing()) else []),
        *([("somebody_there", "--seconds", "30")] if models and FILMED.exists() else []),
    )


def main() -> None:
    results = [run(*each) for each in plan()]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()

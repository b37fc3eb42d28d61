"""`media.transcode` in a process that can reach nothing but its two files: what it reads was sent by a camera.

python -I -m doorstep.app.transcode_child FROM.mp4 TO.mp4
"""

import sys
from pathlib import Path

from doorstep.media.transcode import main
from doorstep.pipeline.clip_conversion import MOST_KEPT_BYTES
from doorstep.sources.sandbox import Allowance, confine

COMMAND = (sys.executable, "-I", "-m", "doorstep.app.transcode_child")
"""For `Conversions`."""


def confined(source: Path, target: Path) -> None:
    """The target is there from now on, and empty."""
    target.touch(0o600)
    confine(Allowance(reads=(source,), writes=(target,), tcp_ports=frozenset(), largest_file=MOST_KEPT_BYTES))


if __name__ == "__main__":
    main(confined)

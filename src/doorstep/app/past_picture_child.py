"""`media.small_picture` in a process that can reach nothing but its two pipes: what it decodes was sent by a camera.

python -I -m doorstep.app.past_picture_child
"""

import os
import sys

import av

from doorstep.media.small_picture import serve
from doorstep.sources.sandbox import Allowance, confine

COMMAND = (sys.executable, "-I", "-m", "doorstep.app.past_picture_child")
"""For `PictureProcess`."""

NICE = 10
"""Somebody waits, but recording and looking go first."""


def main() -> None:
    """Until nobody asks any more."""
    os.nice(NICE)
    av.logging.set_level(None)
    confine(Allowance(tcp_ports=frozenset()))
    asked, answers = sys.stdin.buffer, sys.stdout.buffer

    def write(answer: bytes) -> None:
        answers.write(answer)
        answers.flush()

    serve(asked.read, write)


if __name__ == "__main__":
    main()

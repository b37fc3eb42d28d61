"""The process that `benchmarks.publish` measures: what the verb does, with another Python for the Pi's camera.

Imports nothing that the command would not.
"""

import asyncio
import sys

from typer.main import get_command

from doorstep.app.publish import Publication, run
from doorstep.cli import main
from doorstep.cli.logs import configure_logs
from doorstep.cli.memory import keep_little, share_heaps
from doorstep.publish.destination import parse_destination
from doorstep.publish.motion_post import MotionTarget


def publish(source: str, port: str, motion: str, python: str) -> None:
    """Until it is ended; `motion` may be empty."""
    share_heaps()
    keep_little()
    get_command(main.app)  # what the command line brings along stays in memory
    configure_logs(as_json=False)
    to = parse_destination(f"rtmp://127.0.0.1:{port}/live/benchmark", {})
    target = MotionTarget(motion, "token") if motion else None
    asyncio.run(run(Publication(source, to, motion=target, python=python)))


if __name__ == "__main__":
    publish(*sys.argv[1:5])

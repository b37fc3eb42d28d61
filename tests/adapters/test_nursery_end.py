"""How the process that readers are forked from ends: without a word."""

import subprocess
import sys

GONE = """
import os, signal, socket
from doorstep.sources.nursery_process import _Nursery

house, nursery = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
house.shutdown(socket.SHUT_WR)
_Nursery(nursery, lambda _: None).run()
os.kill(os.getpid(), signal.SIGCHLD)
"""


def test_children_that_end_after_the_house_is_gone_are_no_trouble() -> None:
    """A wakeup descriptor that is closed while it is still set makes Python complain at the next signal."""
    done = subprocess.run([sys.executable, "-c", GONE], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")

"""The real coturn on a free port of this machine, as deployed with use-auth-secret."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from fakes.free_port import free_port

TURNSERVER = shutil.which("turnserver")
SECRET = "shared with the tests"
READY_SECONDS = 60.0


def missing() -> str:
    """Why there can be no TURN server here; empty if there can."""
    return "" if TURNSERVER else "coturn is not installed: `make test-deps`"


@contextmanager
def turn_server(folder: Path) -> Iterator[str]:
    """Its address, for the config file."""
    port = free_port()
    options = [
        f"--listening-port={port}",
        *("--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", "--allow-loopback-peers"),
        *("--use-auth-secret", f"--static-auth-secret={SECRET}", "--realm=doorstep.test"),
        *("--no-cli", "--no-tls", "--no-dtls", "--no-stdout-log", "--min-port=49160", "--max-port=49999"),
        *(f"--log-file={folder / 'turn.log'}", f"--pidfile={folder / 'turn.pid'}", f"--db={folder / 'turn.db'}"),
    ]
    process = subprocess.Popen([str(TURNSERVER), *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_until_open(port)
        yield f"turn:127.0.0.1:{port}?transport=udp"
    finally:
        process.terminate()
        process.wait(60)


def _wait_until_open(port: int) -> None:
    """It listens by TCP too."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    msg = "coturn does not listen"
    raise TimeoutError(msg)

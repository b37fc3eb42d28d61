"""Run in a network of its own: a coturn with a hub's file, and somebody who asks it to relay to this and that peer.

`python turn_tries.py FILE SECRET PEER...` prints a JSON object: whether each peer was let through.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from aioice import stun, turn

from doorstep.core.ice_server import TurnSettings, ice_servers

ADDRESS = "45.10.1.2"
TRIES = 50


def credentials(secret: str, port: int, login: str) -> tuple[str, str]:
    made = ice_servers([], [TurnSettings(f"turn:{ADDRESS}:{port}", secret)], login, time.time())[0]
    return made.username, made.credential


async def let_through(port: int, secret: str, peers: Sequence[str]) -> dict[str, bool]:
    username, password = credentials(secret, port, "one")
    found = {}
    for _ in range(TRIES):
        with suppress(OSError, stun.TransactionError, TimeoutError):
            async with asyncio.timeout(20):
                transport, _protocol = await turn.create_turn_endpoint(
                    asyncio.DatagramProtocol, (ADDRESS, port), username, password, transport="tcp"
                )
            break
        await asyncio.sleep(0.1)
    else:
        return {"": False}
    inner: Any = getattr(transport, "_TurnTransport__inner_protocol")  # noqa: B009 - it shows no other way
    for number, peer in enumerate(peers):
        try:
            await inner.channel_bind(0x4000 + number, (peer, 5000))
            found[peer] = True
        except stun.TransactionFailed:
            found[peer] = False
    return found


def main(file: str, secret: str, *peers: str) -> None:
    for line in ("link set lo up", "link add out type veth peer name end", f"address add {ADDRESS}/24 dev out"):
        subprocess.run(["ip", *line.split()], check=True)
    for end in ("out", "end"):  # coturn wants more than a loopback
        subprocess.run(["ip", "link", "set", end, "up"], check=True)
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    port = next(int(line.split("=")[1]) for line in lines if line.startswith("listening-port="))
    with subprocess.Popen(["turnserver", "-c", file, "--pidfile="], stdout=subprocess.DEVNULL) as server:
        try:
            print(json.dumps(asyncio.run(let_through(port, secret, peers))))
        finally:
            server.terminate()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Run in a network of its own: a coturn with a hub's file, and somebody who asks it to relay to this and that peer.

`python turn_tries.py FILE SECRET PEER...` prints a JSON object: whether each peer was let through.  A peer that is a
number is a port of the hub's own at its public address, behind its firewall, where somebody listens: it is whether a
word came there, and one must come to the last of them.
"""

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from aioice import stun, turn

from doorstep.core.ice_server import TurnSettings, ice_servers

ADDRESS = "45.10.1.2"
TRIES = 50
WORD, ARRIVES_SECONDS = b"a word", 20.0


def credentials(secret: str, port: int, login: str) -> tuple[str, str]:
    made = ice_servers([], [TurnSettings(f"turn:{ADDRESS}:{port}", secret)], login, time.time())[0]
    return made.username, made.credential


async def tried(port: int, secret: str, peers: Sequence[str], own: Mapping[str, socket.socket]) -> dict[str, bool]:
    """Of a secret that is refused itself there is one word: that nothing is let through."""
    try:
        return await let_through(port, secret, peers, own)
    except stun.TransactionFailed:
        return {"": False}


async def let_through(
    port: int, secret: str, peers: Sequence[str], own: Mapping[str, socket.socket]
) -> dict[str, bool]:
    username, password = credentials(secret, port, "one")
    found = {}
    for _ in range(TRIES):
        with suppress(OSError, stun.TransactionTimeout, TimeoutError):
            async with asyncio.timeout(20):
                transport, _protocol = await turn.create_turn_endpoint(
                    asyncio.DatagramProtocol, (ADDRESS, port), username, password, transport="tcp"
                )
            break
        await asyncio.sleep(0.1)
    else:
        raise TimeoutError
    inner: Any = getattr(transport, "_TurnTransport__inner_protocol")  # noqa: B009 - it shows no other way
    for number, peer in enumerate(peers):
        where = (ADDRESS, int(peer)) if peer in own else (peer, 5000)
        try:
            await inner.channel_bind(0x4000 + number, where)
            found[peer] = True
        except stun.TransactionFailed:
            found[peer] = False
        if peer in own:
            transport.sendto(WORD, where)
    return {**found, **await asyncio.to_thread(arrived, own)}


def arrived(own: Mapping[str, socket.socket]) -> dict[str, bool]:
    """The relay keeps the order, so what came to the last came to those before it too, or never will."""
    found: dict[str, bool] = {}
    for peer, waiting in reversed(list(own.items())):
        waiting.settimeout(0 if found else ARRIVES_SECONDS)
        try:
            found[peer] = waiting.recv(100) == WORD
        except (TimeoutError, BlockingIOError):
            found[peer] = False
    return found


def listening(port: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("", int(port)))
    return made


def main(file: str, secret: str, *peers: str) -> None:
    for line in ("link set lo up", "link add out type veth peer name end", f"address add {ADDRESS}/24 dev out"):
        subprocess.run(["ip", *line.split()], check=True)
    for end in ("out", "end"):  # coturn wants more than a loopback
        subprocess.run(["ip", "link", "set", end, "up"], check=True)
    subprocess.run(["nft", "-f", str(Path(file).with_name("nftables.conf"))], check=True)
    own = {peer: listening(peer) for peer in peers if peer.isdecimal()}
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    port = next(int(line.split("=")[1]) for line in lines if line.startswith("listening-port="))
    with subprocess.Popen(["turnserver", "-c", file, "--pidfile="], stdout=subprocess.DEVNULL) as server:
        try:
            print(json.dumps(asyncio.run(tried(port, secret, peers, own))))
        finally:
            server.terminate()


if __name__ == "__main__":
    main(*sys.argv[1:])

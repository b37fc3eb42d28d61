"""Ports for servers that are told theirs before they listen, or that come back to it."""

import socket
from contextlib import suppress
from random import SystemRandom

BELOW_THE_KERNELS_OWN = range(20_000, 32_000)
"""Linux gives connections ports from 32768 on: one of those may be taken while its server is away."""

_CLAIMS: list[socket.socket] = []
"""Names that only one process of this machine can hold, and that are free again when it ends however it ends."""


def free_port() -> int:
    """A port of this machine on which nobody listens, which no connection is given, and that no other test is told."""
    for port in SystemRandom().sample(BELOW_THE_KERNELS_OWN, 100):
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with socket.socket() as free, suppress(OSError):
            claim.bind(f"\0doorstep-test-port-{port}")
            free.bind(("127.0.0.1", port))
            _CLAIMS.append(claim)
            return port
        claim.close()
    raise AssertionError

"""Ports for servers that are told theirs before they listen, or that come back to it."""

import socket
from contextlib import suppress
from random import SystemRandom

BELOW_THE_KERNELS_OWN = range(20_000, 32_000)
"""Linux gives connections ports from 32768 on: one of those may be taken while its server is away."""


def free_port() -> int:
    """A port of this machine on which nobody listens, and which no connection is given."""
    for port in SystemRandom().sample(BELOW_THE_KERNELS_OWN, 100):
        with socket.socket() as free, suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port
    raise AssertionError

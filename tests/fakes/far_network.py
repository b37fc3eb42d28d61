"""Servers in a network namespace of their own, at the far end of cables of the kernel's that can be pulled out.

    with far_network() as far:
        cable, another = far.cable(), far.cable()
        subprocess.Popen(far.inside("radosgw", ...))      # listens on 0.0.0.0, reached at either cable's `address`
        cable.pull()                                      # nobody answers at `cable.address`; `another` carries on

Root alone can have one.  With the process that made it it is gone, however that ends: nothing stays in the kernel.
"""

import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import pytest

_PROGRAMS = ("ip", "nsenter", "setpriv", "unshare")
_BLOCKS = 1 << 15
"""Of four addresses each in 198.18.0.0/15, which is nobody's on the Internet (RFC 2544)."""

BEGIN_SECONDS = 30.0


class Cable:
    """From this machine to the far network, where `address` is."""

    def __init__(self, holder: int) -> None:
        self._holder = holder
        block, name = 4 * secrets.randbelow(_BLOCKS), f"ds{secrets.token_hex(4)}"
        near, self.address = (_address(block + number) for number in (1, 2))
        self._far, self.near_card = f"{name}f", f"{name}n"
        _run("ip", "link", "add", f"{name}n", "type", "veth", "peer", "name", self._far, "netns", str(holder))
        _run("ip", "address", "add", f"{near}/30", "dev", f"{name}n")
        _run("ip", "link", "set", f"{name}n", "up")
        self._at_far_end("address", "add", f"{self.address}/30", "dev", self._far)
        self.plug_in()

    def pull(self) -> None:
        """From now on nothing comes through: what is under way is lost, and nobody is told."""
        self._at_far_end("link", "set", self._far, "down")

    def plug_in(self) -> None:
        """As before; connections that waited go on when the kernel next tries."""
        self._at_far_end("link", "set", self._far, "up")

    def _at_far_end(self, *words: str) -> None:
        _run(*_inside(self._holder, "ip", *words))


class FarNetwork:
    """Lives as long as its first process, which does nothing."""

    def __init__(self) -> None:
        self._holder = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "sleep", "infinity"])
        _wait_until_away(self._holder)
        _run(*self.inside("ip", "link", "set", "lo", "up"))

    def inside(self, *words: str) -> list[str]:
        """The command that runs these words there, under the same process id."""
        return _inside(self._holder.pid, *words)

    def cable(self) -> Cable:
        """One more."""
        return Cable(self._holder.pid)

    def end(self) -> None:
        """The kernel keeps it until the last process in it ended; its cables go with it."""
        self._holder.kill()
        self._holder.wait(60)


@contextmanager
def far_network() -> Iterator[FarNetwork]:
    """Until the block ends."""
    made = FarNetwork()
    try:
        yield made
    finally:
        made.end()


@lru_cache
def why_not() -> str:
    """Why there can be none here; empty where there can."""
    absent = [program for program in _PROGRAMS if shutil.which(program) is None]
    if absent:
        return f"{', '.join(absent)} cannot be found"
    try:
        with far_network() as far:
            far.cable()
    except (AssertionError, TimeoutError):
        return "only root can make a network namespace with a cable to it"
    return ""


def needs_far_network() -> None:
    """Skip the test where none can be had."""
    if why_not():
        pytest.skip(why_not())


def _wait_until_away(process: subprocess.Popen[bytes]) -> None:
    """Raises AssertionError where it may not leave, TimeoutError."""
    ours, end = _network_of("self"), time.monotonic() + BEGIN_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, "no network namespace can be made"
        if _network_of(str(process.pid)) != ours:
            return
        time.sleep(0.01)
    raise TimeoutError


def _network_of(process: str) -> Path:
    return Path(f"/proc/{process}/ns/net").readlink()


def _inside(holder: int, *words: str) -> list[str]:
    return ["nsenter", f"--net=/proc/{holder}/ns/net", "--", *words]


def _address(number: int) -> str:
    return f"198.{18 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"


def _run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr or done.stdout}"

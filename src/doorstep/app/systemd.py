"""Tells systemd that Doorstep is ready and alive, by the protocol of sd_notify(3).  Nothing happens without systemd."""

import os
import socket
from contextlib import suppress

from doorstep.ports import Clock, Health

IDLE_SECONDS = 10.0
BEGAN_ANEW = "DOORSTEP_BEGAN_ANEW"
"""In the environment of a process that asked systemd for more patience: it takes that back once it is ready."""


def tell(state: str) -> bool:
    """Send lines such as "READY=1"; whether anybody wants to know.  Never blocks, never raises."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notify:
        notify.setblocking(False)
        with suppress(OSError):
            to = address.replace("@", "\0", 1) if address[0] == "@" else address
            notify.sendto(state.encode(errors="replace"), to)
    return True


def watchdog_seconds() -> float | None:
    """For how long this process may be silent before systemd ends it (sd_watchdog_enabled(3)); None for ever."""
    wanted, of = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    if not wanted.isdigit() or (of and of != str(os.getpid())):
        return None
    return int(wanted) / 1e6


def begins_anew(seconds: float) -> None:
    """The process is about to begin anew, by its own number, and is silent for so long at most (sd_notify(3))."""
    if watchdog_seconds() is not None:
        os.environ[BEGAN_ANEW] = "1"
        tell(f"WATCHDOG=1\nWATCHDOG_USEC={round(seconds * 1e6)}\nSTATUS=Beginning anew.")


class Alive:
    """One task on the event loop: a loop that hangs is silent, and is ended and started again."""

    def __init__(self, health: Health, clock: Clock) -> None:
        self._health = health
        self._clock = clock

    async def run(self) -> None:
        """Ready, then alive for ever, three times as often as is asked for."""
        wanted = watchdog_seconds()
        if wanted is not None and os.environ.pop(BEGAN_ANEW, ""):
            tell(f"WATCHDOG_USEC={round(wanted * 1e6)}")
        every = IDLE_SECONDS if wanted is None else wanted / 3
        while tell(f"READY=1\nWATCHDOG=1\nSTATUS={self._status()}"):
            await self._clock.sleep(every)
        await self._clock.sleep(float(10**9))

    def _status(self) -> str:
        problems = [problem for problem in self._health.problems() if not problem.minor]
        if not problems:
            return "Nothing is wrong."
        wrong = "1 thing is" if len(problems) == 1 else f"{len(problems)} things are"
        what = " ".join(problems[0].what.split())  # a line break in it would begin another assignment
        return f"{wrong} wrong: {what}"

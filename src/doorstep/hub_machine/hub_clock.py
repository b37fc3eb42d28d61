"""The only place of the hub's program that reads the clock; it has no asyncio, and so not the server's `Clock`."""

import time
from pathlib import Path
from typing import Protocol

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class HubClock(Protocol):
    """What the hub asks of a clock."""

    def now(self) -> float:
        """Seconds since 1970, by the machine's clock, which may be set meanwhile."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment; never runs backwards."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class MachineClock:
    """The machine's own clocks."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()  # noqa: TID251 - its home on the hub

    def monotonic(self) -> float:
        """Seconds since the machine started, or some such moment."""
        return time.monotonic()  # noqa: TID251 - its home on the hub

    def sleep(self, seconds: float) -> None:
        """Wait, in a program that has nothing else to do."""
        time.sleep(seconds)  # noqa: TID251 - its home on the hub


def boot_id() -> str:
    """Another after each start of the machine (proc(5)); empty where it cannot be read."""
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""

"""The only place that reads the clock; everything else is handed a `Clock`."""

import ctypes
import time
from datetime import UTC, datetime
from pathlib import Path

from doorstep.core.clock_state import ClockReading

TIMESYNC_DONE = Path("/run/systemd/timesync/synchronized")
"""Made by systemd-timesyncd once it has set the clock in this boot; see systemd-timesyncd.service(8)."""

HARDWARE_CLOCK = Path("/sys/class/rtc/rtc0/since_epoch")
"""Seconds since 1970 by the clock that runs on a battery; Documentation/admin-guide/rtc.rst."""

AGREES_SECONDS = 2.0

_STA_UNSYNC = 0x0040  # linux/timex.h: the kernel's clock is not synchronised


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Wall time, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some moment in the past; never runs backwards."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait on the event loop."""
        import asyncio  # noqa: PLC0415 - 2 MiB, and who reads a camera in a child has a clock and no loop

        await asyncio.sleep(seconds)

    def reading(self) -> ClockReading:
        """Both clocks at one moment, and whether somebody set the wall clock; microseconds, from any thread."""
        return ClockReading(self.now(), self.monotonic(), synchronised())


def synchronised(timesync_done: Path = TIMESYNC_DONE, hardware_clock: Path = HARDWARE_CLOCK) -> bool | None:
    """Whether the kernel calls its clock synchronised, adjtimex(2) with modes 0, which needs no rights.

    The kernel takes that back by itself after some hours without correction.  A chrony without `rtcsync` never tells
    the kernel, so a mark of systemd-timesyncd counts too; and so does a hardware clock that shows the same time, for
    the kernel began with that and writes to it only what is synchronised.  None where nothing can be asked.
    """
    if timesync_done.exists() or _agrees(hardware_clock):
        return True
    status = _kernel_status()
    return None if status is None else not status & _STA_UNSYNC


def _agrees(hardware_clock: Path) -> bool:
    """A Pi has none, or one without a battery: that begins in 1970, where the system never does."""
    try:
        return abs(int(hardware_clock.read_text()) - time.time()) <= AGREES_SECONDS
    except (OSError, ValueError):
        return False


class _Timex(ctypes.Structure):
    """The beginning of struct timex, adjtimex(2), and more room than any architecture needs behind it."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_long * 64),
    )


def _kernel_status() -> int | None:
    call = getattr(ctypes.CDLL(None), "adjtimex", None)
    asked = _Timex()
    if call is None or call(ctypes.byref(asked)) < 0:
        return None
    return int(asked.status)

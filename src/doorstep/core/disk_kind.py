"""What kind of disk the bytes lie on, how often it is synced, and what writing costs it.  `stores` finds it out."""

from collections.abc import Mapping
from enum import StrEnum

SECONDS_A_DAY = 86_400.0
GIGABYTE = 1_000_000_000


class DiskKind(StrEnum):
    """As the owner calls it."""

    MEMORY = "memory"
    SSD = "SSD"
    HARD_DISK = "hard disk"
    SD_CARD = "SD card"
    EMMC = "eMMC"
    USB_STICK = "USB stick"
    NETWORK = "network folder"
    UNKNOWN = "disk"


WEARS_OUT = frozenset({DiskKind.SD_CARD, DiskKind.EMMC, DiskKind.USB_STICK})
"""Flash that writes whole erase blocks for a few bytes, and bears few of them."""

DURABILITY_SECONDS: Mapping[DiskKind, float] = {
    DiskKind.MEMORY: 1.0,
    DiskKind.SSD: 1.0,
    DiskKind.HARD_DISK: 1.0,
    DiskKind.SD_CARD: 5.0,
    DiskKind.EMMC: 5.0,
    DiskKind.USB_STICK: 5.0,
    DiskKind.NETWORK: 5.0,
    DiskKind.UNKNOWN: 1.0,
}
"""Seconds between two syncs of a growing recording, where the owner chose none."""


def durability_of(chosen: float | None, kind: DiskKind) -> float:
    """Seconds between syncs: what a power cut costs at most."""
    return DURABILITY_SECONDS[kind] if chosen is None else chosen


def durability_words(seconds: float, kind: DiskKind) -> str:
    """For the owner."""
    return f"Recordings are synced every {seconds:g} s ({kind}): a power cut costs no more than that."


def gigabytes_a_day(bytes_per_second: float) -> float:
    """In units of 10^9 bytes."""
    return bytes_per_second * SECONDS_A_DAY / GIGABYTE


def buffer_wear_words(kind: DiskKind, bytes_per_second: float) -> str:
    """The warning for a rolling buffer on a disk that wears out; "" for any other."""
    if kind not in WEARS_OUT:
        return ""
    amount = gigabytes_a_day(bytes_per_second)
    return f"The rolling buffer writes {amount:.{0 if amount >= 10 else 1}f} GB a day to the {kind} and wears it out."


BUFFER_WEAR_REMEDY = 'Write directory = "auto" under [buffer] to keep it in memory, or put it on an SSD.'


class WrittenBytes:
    """Bytes written per day, from a counter that only rises while the process lives.  Not for several threads."""

    __slots__ = ("_marks",)

    def __init__(self) -> None:
        self._marks: list[tuple[float, int]] = []

    def observe(self, total: int, at: float) -> None:
        """The counter at this monotonic time; of marks less than an hour apart the newest replaces the last."""
        hour = SECONDS_A_DAY / 24
        if self._marks and total < self._marks[-1][1]:
            self._marks.clear()  # another counter: the disk was changed
        if len(self._marks) > 1 and at - self._marks[-2][0] < hour:
            self._marks[-1] = (at, total)
        else:
            self._marks.append((at, total))
        while len(self._marks) > 2 and at - self._marks[1][0] >= SECONDS_A_DAY:
            del self._marks[0]

    @property
    def per_day(self) -> float | None:
        """By the last day, up to an hour more, or since the first mark; None before a minute tells."""
        if not self._marks:
            return None
        (began, before), (ended, now) = self._marks[0], self._marks[-1]
        return (now - before) * SECONDS_A_DAY / (ended - began) if ended - began >= SECONDS_A_DAY / 1440 else None

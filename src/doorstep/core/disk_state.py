"""How the disk of the recordings is: when it warns, when recording rests, when it goes on.  Pure; `pipeline` looks."""

from dataclasses import dataclass
from enum import StrEnum

NEARLY_FULL_BYTES, NEARLY_FULL_PART = 500_000_000, 20
"""Nearly full is less than this, and on a small disk less than one part in so many."""

FULL_BYTES, FULL_PART = 50_000_000, 100
"""Full, with room left for the catalog's rows."""

WELL_AGAIN = 1.25
"""A bound is passed for good only with so much more, so that one segment does not ring the bell twice."""

LEAST_KEPT_PART = 4
"""However full the disk: of the bytes that retention allows, one part in so many is never given up for others'."""


class DiskLevel(StrEnum):
    """The worse the later."""

    WELL = "well"
    NEARLY_FULL = "nearly full"
    FULL = "full"
    READ_ONLY = "read-only"
    NOT_ANSWERING = "not answering"


MAY_RECORD = frozenset({DiskLevel.WELL, DiskLevel.NEARLY_FULL})


@dataclass(frozen=True, slots=True)
class DiskReading:
    """What the file system says of itself, in bytes for a program without special rights."""

    total: int
    free: int
    read_only: bool = False


def nearly_full_below(reading: DiskReading) -> int:
    """The free bytes below which the owner is warned and retention gives up the oldest recordings early."""
    return min(NEARLY_FULL_BYTES, reading.total // NEARLY_FULL_PART)


def is_full(reading: DiskReading, *, held: bool) -> bool:
    """Whether recordings may take nothing more; `held` where they might not already, or are only about to begin."""
    return reading.free < _bound(min(FULL_BYTES, reading.total // FULL_PART), held=held)


def next_level(level: DiskLevel, reading: DiskReading | None) -> DiskLevel:
    """After a look; None for a disk that did not answer in time."""
    if reading is None:
        return DiskLevel.NOT_ANSWERING
    if reading.read_only:
        return DiskLevel.READ_ONLY
    if is_full(reading, held=level is DiskLevel.FULL):
        return DiskLevel.FULL
    troubled = level in {DiskLevel.NEARLY_FULL, DiskLevel.FULL}
    if reading.free < _bound(nearly_full_below(reading), held=troubled):
        return DiskLevel.NEARLY_FULL
    return DiskLevel.WELL


def retention_bytes(max_bytes: int, used: int, reading: DiskReading | None) -> int:
    """What all recordings together may take now: `max_bytes`, and less while the disk is nearly full.

    So much less that going by the rule, oldest first, frees what is missing; but never below a quarter of
    `max_bytes`, for what another program writes must not cost every recording.
    """
    if reading is None or reading.read_only:
        return max_bytes
    missing = nearly_full_below(reading) - reading.free
    if missing <= 0:
        return max_bytes
    return min(max_bytes, max(used - missing, max_bytes // LEAST_KEPT_PART))


def disk_words(level: DiskLevel, reading: DiskReading | None) -> tuple[str, str]:
    """What is wrong and what to do, for the owner; two empty strings where nothing is."""
    free = f"{reading.free / 1e6:.0f} MB are free" if reading is not None else "nobody knows how much is free"
    match level:
        case DiskLevel.WELL:
            return "", ""
        case DiskLevel.NEARLY_FULL:
            what = f"Storage is nearly full: {free}. The oldest recordings go early."
            return what, "Lower retention.max_bytes or free some space."
        case DiskLevel.FULL:
            return f"Recording has to stop: the disk is full ({free}).", f"Free some space. {_GOES_ON}"
        case DiskLevel.READ_ONLY:
            return "Nothing is recorded: the disk is read-only.", f"Check the disk; it may be failing. {_GOES_ON}"
        case DiskLevel.NOT_ANSWERING:
            what = "Recording waits: the disk does not answer."
            return what, f"Check the disk and its cable, or the network to it. {_GOES_ON}"


_GOES_ON = "Live view and alerts go on, and recording begins again by itself."


def _bound(bytes_free: int, *, held: bool) -> float:
    return bytes_free * WELL_AGAIN if held else bytes_free

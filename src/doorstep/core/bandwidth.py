"""How fast bytes may leave the house: a bound on all sending together, counted without a clock of its own."""

BURST_SECONDS = 0.25
"""So much of the bound may go at once after a silence."""


class Bandwidth:
    """A token bucket that may be overdrawn by one piece.  Times are monotonic seconds.

    Not thread-safe: its owner holds a lock.
    """

    def __init__(self, kbit: float) -> None:
        """`kbit` thousands of bits a second; above 0."""
        self._bytes_per_second = kbit * 125.0
        self._paid_until: float | None = None

    @property
    def piece(self) -> int:
        """The largest piece that still leaves evenly."""
        return max(1024, int(self._bytes_per_second * BURST_SECONDS))

    def wait(self, length: int, at: float) -> float:
        """The seconds to wait before a piece of so many bytes leaves; it counts from now on."""
        idle = at - BURST_SECONDS
        starts = idle if self._paid_until is None else max(idle, self._paid_until)
        self._paid_until = starts + length / self._bytes_per_second
        return max(0.0, starts - at)

"""When each packet of sound begins, in ticks of its sample rate: what a container rounded is made even again."""

_ROUNDING_SECONDS = 1 / 400
"""FLV and Matroska count in milliseconds, so that two neighbours may be 2 ms nearer or farther than they are."""

_NEW_CLOCK_SECONDS = 4


class AudioTimes:
    """Follows the sound of one connection.  One thread.

    Access units of AAC follow each other without a hole as long as the container's times agree within 2.5 ms; where
    they do not (something was lost, or two clocks differ) the container is believed.
    """

    def __init__(self, sample_rate: int, frame: int) -> None:
        """`frame` is how many samples each packet has."""
        self._frame = frame
        self._slack = int(sample_rate * _ROUNDING_SECONDS)
        self._new_clock = sample_rate * _NEW_CLOCK_SECONDS
        self._last: int | None = None

    def place(self, pts: int | None) -> int | None:
        """Where the next packet begins, for which the container says `pts` ticks, or nothing; None: leave it out.

        Times rise strictly; only where the container's jump back by more than four seconds they begin anew.
        """
        last = self._last
        if last is None:
            placed = pts
        elif pts is None or abs(pts - last - self._frame) <= self._slack:
            placed = last + self._frame
        elif last - self._new_clock <= pts <= last:
            return None
        else:
            placed = pts
        self._last = placed
        return placed

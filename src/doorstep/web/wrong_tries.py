"""How many wrong keys an address may still try: a few at once, then one a second.  Nothing is remembered for long."""

from collections import OrderedDict

from doorstep.core.household import household
from doorstep.ports import Clock

AT_ONCE = 5.0
A_SECOND = 1.0
_MOST_ROWS = 4096


class WrongTries:
    """On the event loop, in memory and in bounded space.

    Only wrong tries count, and no address is ever shut out for long: a camera with the right key behind the same
    router as one with a wrong key gets in again.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def may_try(self, address: str) -> bool:
        """Whether a key from there is looked at now."""
        return self._tries_left(household(address)) >= 1.0

    def note(self, address: str) -> None:
        """A wrong one came from there."""
        key = household(address)
        left = self._tries_left(key)
        self._left[key] = left - 1.0, self._clock.monotonic()
        self._left.move_to_end(key)
        if len(self._left) > _MOST_ROWS:
            self._left.popitem(last=False)

    def _tries_left(self, key: str) -> float:
        left, at = self._left.get(key, (AT_ONCE, 0.0))
        return min(AT_ONCE, left + (self._clock.monotonic() - at) * A_SECOND)

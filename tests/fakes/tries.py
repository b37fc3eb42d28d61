"""Promises about time on a machine that others use as well: load only ever makes a thing slower."""

from collections.abc import Callable
from typing import TypeVar

TRIES = 12

T = TypeVar("T")


def soon_enough(act: Callable[[], float], limit: float) -> bool:
    """Whether it took less than so many seconds once.

    One quick try proves that it can be quick, and one that never is fails.
    """
    return any(act() < limit for _ in range(TRIES))


def first_well(act: Callable[[], T], is_well: Callable[[T], bool], tries: int = 4) -> T:
    """What came of the first try that is well, or of the last."""
    for _ in range(tries - 1):
        if is_well(found := act()):
            return found
    return act()

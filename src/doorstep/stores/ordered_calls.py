"""Calls that block, some at a time, with their results in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from itertools import islice
from typing import TypeVar

from doorstep.own_threads import OwnThreads

Result = TypeVar("Result")


def in_order(call: Callable[[int], Result], numbers: Iterable[int], at_once: Callable[[], int]) -> Iterator[Result]:
    """What `call` returns for each number, in their order; so many run in threads of their own as `at_once` says.

    It is asked again whenever one has ended.  Raises what the first of them raised that failed, once those that run
    beside it have ended; no thread keeps the process from ending.
    """
    ahead, running = iter(numbers), deque[Future[Result]]()
    try:
        while True:
            free = max(0, max(1, at_once()) - len(running))
            running.extend(OwnThreads(f"part {number}").submit(call, number) for number in islice(ahead, free))
            if not running:
                return
            yield running.popleft().result()
    finally:
        wait(running)

"""Calls that block, some at a time, with their results in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from itertools import islice
from threading import Thread
from typing import TypeVar

Result = TypeVar("Result")


def in_order(call: Callable[[int], Result], numbers: Iterable[int], at_once: Callable[[], int]) -> Iterator[Result]:
    """What `call` returns for each number, in their order; so many run in threads of their own as `at_once` says.

    It is asked again whenever one has ended.  Raises what the first of them raised that failed, once those that run
    beside it have ended; no thread keeps the process from ending.
    """
    ahead, running = iter(numbers), deque[Future[Result]]()
    try:
        while True:
            running.extend(_begun(call, number) for number in islice(ahead, max(0, max(1, at_once()) - len(running))))
            if not running:
                return
            yield running.popleft().result()
    finally:
        wait(running)


def _begun(call: Callable[[int], Result], number: int) -> Future[Result]:
    future: Future[Result] = Future()
    Thread(target=_run, args=(future, call, number), name=f"part {number}", daemon=True).start()
    return future


def _run(future: Future[Result], call: Callable[[int], Result], number: int) -> None:
    try:
        future.set_result(call(number))
    except BaseException as error:  # noqa: BLE001 - whoever waits raises it
        future.set_exception(error)

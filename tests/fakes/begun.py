"""Campaigns that mostly wait, of several tests of one file: begun together, so that they wait at the same time."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class Begun(Generic[T]):
    """What came of each, by name; a second try of a test makes its own anew."""

    def __init__(self, acts: Mapping[str, Callable[[int], T]], begun: Mapping[str, "Future[T]"]) -> None:
        self._acts = acts
        self._begun = dict(begun)
        self._tries = 0

    def result(self, name: str) -> T:
        """Waits for it.  Raises what it raised."""
        if (running := self._begun.pop(name, None)) is not None:
            return running.result()
        self._tries += 1
        return self._acts[name](self._tries)


@contextmanager
def begun(acts: Mapping[str, Callable[[int], T]], at_once: int) -> Iterator[Begun[T]]:
    """Each is called with the number of the try, 0 for the first, in a thread of its own; at the end all are over."""
    with ThreadPoolExecutor(at_once) as threads:
        yield Begun(acts, {name: threads.submit(act, 0) for name, act in acts.items()})

"""What is written behind: until it is stored, again while the disk fails, and as it is at that moment."""

from collections.abc import Callable, Coroutine
from typing import Any

from doorstep.core.errors import StoreUnavailable
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.written_behind import RETRY_SECONDS, WrittenBehind
from fakes.instant_loop import LoopClock, run, turns, while_running


class Kept:
    """Words in memory, and a disk."""

    def __init__(self, clock: LoopClock) -> None:
        self.clock = clock
        self.now: dict[str, str] = {}
        self.stored: dict[str, str] = {}
        self.broken = False
        self.meanwhile: Callable[[], None] = lambda: None
        self.health = HealthBoard(clock)
        self.behind = WrittenBehind("kept", "It is not kept", self._write, self.health, clock)

    def change(self, part: str, word: str) -> None:
        self.now[part] = word
        self.behind.due(part)

    async def _write(self, part: str) -> None:
        if self.broken:
            msg = "The disk is full."
            raise StoreUnavailable(msg)
        word = self.now[part]
        self.meanwhile()
        self.stored[part] = word


def kept(act: Callable[[Kept], Coroutine[Any, Any, None]]) -> None:
    clock = LoopClock()

    async def main() -> None:
        made = Kept(clock)
        await while_running(made.behind.run, act=lambda: act(made))

    run(clock, main)


def test_it_is_written_as_soon_as_it_changed() -> None:
    async def act(made: Kept) -> None:
        for word in ("first", "second"):
            made.change("a", word)
            assert not made.behind.is_written("a")
            await turns()
            assert made.behind.is_written("a")
            assert made.stored == {"a": word}

    kept(act)


def test_a_disk_that_fails_is_told_and_tried_again() -> None:
    async def act(made: Kept) -> None:
        made.broken = True
        made.change("a", "word")
        made.change("b", "word")
        await turns()
        [problem] = made.health.problems()
        assert (problem.key, problem.what, problem.minor) == ("kept", "It is not kept: The disk is full.", True)
        made.broken = False
        await made.clock.sleep(RETRY_SECONDS + 1.0)
        assert made.stored == {"a": "word", "b": "word"}
        assert not made.health.problems()

    kept(act)


def test_what_changes_while_it_is_written_is_written_again() -> None:
    async def act(made: Kept) -> None:
        def change_once() -> None:
            made.meanwhile = lambda: None
            made.change("a", "newer")
            assert not made.behind.is_written("a")

        made.meanwhile = change_once
        made.change("a", "older")
        await turns()
        assert made.stored == {"a": "newer"}
        assert made.behind.is_written("a")

    kept(act)

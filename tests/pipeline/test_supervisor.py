import asyncio
from collections.abc import Callable, Iterator

import pytest

from doorstep.core.camera import CameraState
from doorstep.core.errors import SourceEnded, SourceError, SourceLost, SourceRefused
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.supervisor import (
    BUG_WINDOW_SECONDS,
    FAULTED_RETRY_SECONDS,
    REFUSED_RETRY_SECONDS,
    STEADY_SECONDS,
    Supervisor,
    keep_running,
)
from fakes.clock import FakeClock
from fakes.instant_loop import LoopClock, run

States = list[tuple[CameraState, str]]


def supervised(outcomes: Iterator[tuple[float, BaseException | None]], clock: FakeClock) -> tuple[States, list[float]]:
    """What is reported, and how long each pause was, of runs that last so long and end so."""
    states: States = []
    pauses: list[float] = []
    ended_at: float | None = None

    async def run_once() -> None:
        nonlocal ended_at
        if ended_at is not None:
            pauses.append(clock.monotonic() - ended_at)
        lasts, error = next(outcomes, (0.0, SourceEnded("end of file")))
        clock.advance(lasts)
        ended_at = clock.monotonic()
        if error is not None:
            raise error

    supervisor = Supervisor("front-door", clock, lambda state, reason: states.append((state, reason)))
    asyncio.run(supervisor.supervise(run_once))
    return states, pauses


def ending(*errors: BaseException | None, lasts: float = 0.0) -> Iterator[tuple[float, BaseException | None]]:
    return iter([(lasts, error) for error in errors])


def test_a_source_that_has_ended_is_never_run_again() -> None:
    states, pauses = supervised(ending(SourceEnded("end of file")), FakeClock())
    assert states == [(CameraState.CONNECTING, "connecting"), (CameraState.OFF, "end of file")]
    assert pauses == []


def test_a_loss_is_tried_again_with_growing_pauses() -> None:
    states, pauses = supervised(ending(*[SourceLost("no answer")] * 9), FakeClock())
    assert states[1] == (CameraState.STALLED, "no answer")
    assert pauses[0] <= 0.5
    assert 15 <= pauses[-1] <= 30
    assert all(later > 1.0 for later in pauses[4:])


def test_a_refusal_is_tried_again_slowly() -> None:
    states, pauses = supervised(ending(SourceRefused("wrong password")), FakeClock())
    assert states[1] == (CameraState.REFUSED, "wrong password")
    assert pauses == [pytest.approx(REFUSED_RETRY_SECONDS)]


def test_an_end_without_a_word_is_a_loss() -> None:
    states, _ = supervised(ending(None), FakeClock())
    assert states[1][0] is CameraState.STALLED


def test_any_other_error_of_a_source_is_a_loss_too() -> None:
    states, _ = supervised(ending(SourceError("strange")), FakeClock())
    assert states[1] == (CameraState.STALLED, "strange")


def test_after_a_long_steady_run_the_first_pause_is_short_again() -> None:
    losses = [(0.0, SourceLost("no answer"))] * 9
    steady = [(STEADY_SECONDS + 1, SourceLost("lost"))]
    _, pauses = supervised(iter([*losses, *steady]), FakeClock())
    assert pauses[-1] <= 0.5


def test_five_bugs_in_a_minute_are_a_fault() -> None:
    states, pauses = supervised(ending(*[ZeroDivisionError()] * 5), FakeClock())
    assert [state for state, _ in states if state is not CameraState.CONNECTING] == [
        *[CameraState.STALLED] * 4,
        CameraState.FAULTED,
        CameraState.OFF,
    ]
    assert pauses[-1] == pytest.approx(FAULTED_RETRY_SECONDS)


def test_five_bugs_over_more_than_a_minute_are_none() -> None:
    states, _ = supervised(ending(*[ZeroDivisionError()] * 5, lasts=BUG_WINDOW_SECONDS / 4), FakeClock())
    assert CameraState.FAULTED not in {state for state, _ in states}


def test_losses_are_no_bugs() -> None:
    errors = [ZeroDivisionError(), SourceLost("lost")] * 4
    states, _ = supervised(ending(*errors), FakeClock())
    assert CameraState.FAULTED not in {state for state, _ in states}


def test_to_be_cancelled_is_neither() -> None:
    async def act() -> States:
        states: States = []
        supervisor = Supervisor("front-door", FakeClock(), lambda state, reason: states.append((state, reason)))
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(supervisor.supervise(asyncio.Event().wait))  # type: ignore[arg-type]
            await asyncio.sleep(0)
            task.cancel()
        return states

    assert asyncio.run(act()) == [(CameraState.CONNECTING, "connecting")]


def runs_of(task: Callable[[int], None]) -> list[float]:
    """When a task of ours was begun in the first five minutes."""
    clock = LoopClock(monotonic=0.0)
    began: list[float] = []

    async def once() -> None:
        began.append(clock.monotonic())
        task(len(began))
        await clock.sleep(1000)

    async def act() -> None:
        async with asyncio.timeout(300):
            await keep_running("a task", once, clock, HealthBoard(clock))

    with pytest.raises(TimeoutError):
        run(clock, act)
    return began


def test_a_task_with_a_bug_is_begun_again_slower_each_time() -> None:
    def fail(_: int) -> None:
        raise ZeroDivisionError

    began = runs_of(fail)
    assert began[1] - began[0] <= 0.5
    assert began[-1] - began[-2] > 10


def test_a_task_without_a_bug_is_left_alone() -> None:
    assert len(runs_of(lambda _: None)) == 1


def test_a_task_with_a_bug_is_shown_for_a_while() -> None:
    clock = LoopClock(monotonic=0.0)
    board = HealthBoard(clock)
    shown: list[int] = []

    async def once() -> None:
        if clock.monotonic() == 0.0:
            raise ZeroDivisionError
        await clock.sleep(10)
        shown.append(len(board.problems()))
        await clock.sleep(100)
        shown.append(len(board.problems()))

    async def act() -> None:
        async with asyncio.timeout(200):
            await keep_running("watcher", once, clock, board)

    with pytest.raises(TimeoutError):
        run(clock, act)
    assert shown[:2] == [1, 0]

import asyncio
from collections.abc import Callable, Iterator

import pytest
import structlog

from doorstep.core.camera import CameraState
from doorstep.core.errors import (
    ConfigInvalid,
    SourceCrashed,
    SourceEnded,
    SourceError,
    SourceLost,
    SourceOverrun,
    SourceRefused,
)
from doorstep.core.implication import WINDOW_SECONDS
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.supervisor import (
    FAULTED_RETRY_SECONDS,
    LIVE_AGAIN_SECONDS,
    REFUSED_RETRY_SECONDS,
    Supervisor,
    keep_running,
)
from fakes.clock import FakeClock
from fakes.instant_loop import LoopClock, run, while_running

States = list[tuple[CameraState, str]]


def supervised(
    outcomes: Iterator[tuple[float, BaseException | None]], clock: FakeClock, *, live: bool = True
) -> tuple[States, list[float]]:
    """What is reported, and how long each pause was, of runs that last so long and end so."""
    states: States = []
    pauses: list[float] = []
    ended_at: float | None = None

    async def run_once() -> None:
        nonlocal ended_at
        if ended_at is not None:
            pauses.append(clock.monotonic() - ended_at)
        lasts, error = next(outcomes, (0.0, SourceEnded("end of file")))
        if live and lasts > 0:
            supervisor.went_live()
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


def test_a_short_outage_is_tried_again_at_once_and_a_long_one_ever_more_seldom() -> None:
    states, pauses = supervised(ending(*[SourceLost("no answer")] * 100), FakeClock())
    assert states[1] == (CameraState.STALLED, "no answer")
    first_ten_seconds = [pause for at, pause in timed(pauses) if at < 10]
    assert all(pause <= 1.0 for pause in first_ten_seconds)
    assert len(first_ten_seconds) >= 10
    assert 15 <= pauses[-1] <= 30


def timed(pauses: list[float]) -> list[tuple[float, float]]:
    """Each with the seconds that went before it."""
    return [(sum(pauses[:place]), pause) for place, pause in enumerate(pauses)]


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


def test_once_it_was_live_again_for_a_moment_the_pauses_are_short_again() -> None:
    losses = [(0.0, SourceLost("no answer"))] * 60
    steady = [(LIVE_AGAIN_SECONDS + 1, SourceLost("lost"))]
    _, pauses = supervised(iter([*losses, *steady]), FakeClock())
    assert pauses[-2] > 2
    assert pauses[-1] <= 0.5


def test_a_run_that_never_showed_a_picture_is_part_of_the_outage() -> None:
    _, pauses = supervised(ending(*[SourceLost("no picture")] * 30, lasts=10.0), FakeClock(), live=False)
    assert pauses[-1] >= 10


@pytest.mark.parametrize("error", [ZeroDivisionError(), SourceCrashed("its reader crashed")])
def test_three_crashes_in_ten_minutes_are_a_fault(error: Exception) -> None:
    states, pauses = supervised(ending(*[error] * 3), FakeClock())
    assert [state for state, _ in states if state is not CameraState.CONNECTING] == [
        *[CameraState.STALLED] * 2,
        CameraState.FAULTED,
        CameraState.OFF,
    ]
    assert pauses[-1] == pytest.approx(FAULTED_RETRY_SECONDS)


def test_a_faulted_camera_says_what_it_did() -> None:
    states, _ = supervised(ending(*[SourceCrashed("its reader crashed")] * 3), FakeClock())
    assert [reason for state, reason in states if state is CameraState.FAULTED] == [
        "it crashed again and again: its reader crashed"
    ]


def test_three_crashes_over_more_than_ten_minutes_are_none() -> None:
    states, _ = supervised(ending(*[ZeroDivisionError()] * 3, lasts=WINDOW_SECONDS / 2 + 1), FakeClock())
    assert CameraState.FAULTED not in {state for state, _ in states}


def test_losses_are_no_crashes() -> None:
    errors = [ZeroDivisionError(), SourceLost("lost"), SourceLost("lost"), ZeroDivisionError()]
    states, _ = supervised(ending(*errors), FakeClock())
    assert CameraState.FAULTED not in {state for state, _ in states}


def test_an_address_that_cannot_be_used_is_refused_and_no_bug() -> None:
    states, pauses = supervised(ending(*[ConfigInvalid("no such device")] * 4), FakeClock())
    assert states[1] == (CameraState.REFUSED, "no such device")
    assert {round(pause) for pause in pauses} == {REFUSED_RETRY_SECONDS}


def test_what_came_too_fast_is_a_loss_that_is_counted() -> None:
    clock = FakeClock()
    supervisor = Supervisor("front-door", clock, lambda _state, _reason: None)
    errors = iter([SourceOverrun("too slow"), SourceOverrun("too slow"), SourceEnded("over")])

    async def run_once() -> None:
        raise next(errors)

    asyncio.run(supervisor.supervise(run_once))
    assert supervisor.overruns == 2


def test_the_same_trouble_is_logged_once_until_the_camera_was_live_again() -> None:
    refused = (0.0, SourceRefused("wrong password"))
    back = (60.0, SourceLost("lost"))
    with structlog.testing.capture_logs() as lines:
        supervised(iter([*[refused] * 5, back, *[refused] * 5]), FakeClock())
    loud = [line["reason"] for line in lines if line["log_level"] == "warning"]
    assert loud == ["wrong password", "lost", "wrong password"]


def test_reasons_that_differ_each_time_do_not_fill_the_log() -> None:
    with structlog.testing.capture_logs() as lines:
        supervised(ending(*[SourceLost(f"reset {number}") for number in range(100)]), FakeClock())
    assert len([line for line in lines if line["log_level"] == "warning"]) <= 8


def test_whoever_expects_it_to_be_well_need_not_wait() -> None:
    clock = LoopClock()
    tried: list[float] = []

    async def run_once() -> None:
        tried.append(clock.monotonic())
        message = "wrong password"
        raise SourceRefused(message)

    async def act() -> None:
        supervisor = Supervisor("front-door", clock, lambda _state, _reason: None)

        async def hurry() -> None:
            await clock.sleep(2)
            supervisor.try_now()
            await clock.sleep(2)

        await while_running(lambda: supervisor.supervise(run_once), act=hurry)

    run(clock, act)
    assert [round(at - tried[0]) for at in tried] == [0, 2]


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

import asyncio
import threading
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.pipeline.mailbox import FrameMailbox, SwitchedTap, TapOfAll
from doorstep.ports import KEY_FRAME
from fakes.clock import FakeClock
from fakes.instant_loop import run
from fakes.stand_in_frame import StandInFrame
from fakes.taps import ListTap


def looks(times: list[float], held_back: int = 0) -> list[float]:
    """The times of the frames that are taken of a stream whose decoder holds back so many pictures."""
    taken: list[float] = []

    async def act() -> None:
        mailbox = FrameMailbox(4.0, asyncio.get_running_loop())
        decoding: list[float] = []
        for at in times:
            if mailbox.wants(at):
                decoding.append(at)
            while decoding and decoding[0] <= at - held_back * 0.04:
                mailbox.put(StandInFrame(decoding.pop(0)))
                if mailbox._frame is not None:
                    taken.append((await mailbox.take()).at)

    run(FakeClock(), act)
    return taken


@pytest.mark.parametrize("fps", [10, 12.5, 15, 20, 25, 29.97, 30, 60])
def test_four_looks_a_second_at_every_frame_rate(fps: float) -> None:
    assert len(looks([number / fps for number in range(round(fps * 60))])) in range(239, 242)


@pytest.mark.parametrize("fps", [15, 25, 30])
def test_a_decoder_that_holds_pictures_back_changes_nothing(fps: float) -> None:
    assert len(looks([number / fps for number in range(round(fps * 60))], held_back=5)) in range(238, 242)


def test_of_a_camera_slower_than_the_looks_every_frame_is_taken() -> None:
    times = [number / 2 for number in range(20)]
    assert looks(times) == times


@given(
    steps=st.lists(st.floats(0.005, 3.0), min_size=1, max_size=200),
    held_back=st.integers(0, 8),
)
def test_looks_are_never_denser_than_asked_for_and_leave_no_more_out_than_they_must(
    steps: list[float], held_back: int
) -> None:
    times = [sum(steps[:place]) for place in range(len(steps))]
    taken = looks(times, held_back)
    for place in range(len(taken) - 4):
        assert taken[place + 4] - taken[place] >= 0.74
    if held_back == 0:
        for before, after in pairwise(taken):
            skipped = [at for at in times if before + 0.253 <= at < after]
            assert not skipped


def test_a_new_connection_is_looked_at_at_once_though_its_times_begin_anew() -> None:
    assert looks([100.0, 100.2, 0.0, 0.1, 0.26]) == [100.0, 0.0, 0.26]


def test_a_late_picture_of_the_last_connection_does_not_blind_the_next() -> None:
    async def act() -> None:
        mailbox = FrameMailbox(4.0, asyncio.get_running_loop())
        assert mailbox.wants(1000.0)
        mailbox.forget()
        mailbox.put(StandInFrame(1000.0))
        assert mailbox.wants(0.0)
        mailbox.put(StandInFrame(1000.0))
        assert mailbox.wants(0.04)

    run(FakeClock(), act)


def test_the_newest_frame_wins() -> None:
    async def act() -> float:
        mailbox = FrameMailbox(4.0, asyncio.get_running_loop())
        for at in (0.0, 0.3, 0.6):
            mailbox.wants(at)
            mailbox.put(StandInFrame(at))
        return (await mailbox.take()).at

    assert run(FakeClock(), act) == 0.6


def test_what_waits_is_forgotten_with_its_connection() -> None:
    async def act() -> float:
        mailbox = FrameMailbox(4.0, asyncio.get_running_loop())
        mailbox.wants(5.0)
        mailbox.put(StandInFrame(5.0))
        mailbox.forget()
        mailbox.wants(0.0)
        mailbox.put(StandInFrame(0.0))
        return (await mailbox.take()).at

    assert run(FakeClock(), act) == 0.0


def test_a_frame_of_another_thread_wakes_whoever_waits() -> None:
    async def act() -> float:
        mailbox = FrameMailbox(4.0, asyncio.get_running_loop())
        mailbox.wants(7.0)
        thread = threading.Thread(target=mailbox.put, args=(StandInFrame(7.0),))
        async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
            taking = tasks.create_task(mailbox.take())
            await asyncio.sleep(0)
            thread.start()
        thread.join()
        return taking.result().at

    assert asyncio.run(act()) == 7.0


def test_a_patient_mailbox_asks_at_the_same_pace_for_what_costs_less() -> None:
    async def act() -> None:
        mailbox = FrameMailbox(4.0, asyncio.get_running_loop())
        mailbox.patient = True
        assert mailbox.wants(0.0) == KEY_FRAME
        mailbox.put(StandInFrame(0.0))
        assert mailbox.wants(0.2) is False
        assert mailbox.wants(0.25) == KEY_FRAME
        mailbox.patient = False
        assert mailbox.wants(0.29) is True

    run(FakeClock(), act)


def test_of_several_taps_the_least_patient_one_decides() -> None:
    hasty, patient, shy = ListTap(lambda _at: True), ListTap(lambda _at: KEY_FRAME), ListTap()
    assert TapOfAll(shy, patient, hasty).wants(1.0) is True
    assert TapOfAll(patient, shy).wants(1.0) == KEY_FRAME
    assert TapOfAll(shy, shy).wants(1.0) is False


def test_a_switched_tap_passes_the_wish_on_while_it_is_on() -> None:
    tap = SwitchedTap(ListTap(lambda _at: KEY_FRAME), on=True)
    assert tap.wants(1.0) == KEY_FRAME
    tap.on = False
    assert tap.wants(1.0) is False


def test_every_tap_is_asked_and_gets_what_one_of_them_wants() -> None:
    eager, shy = ListTap(lambda _at: True), ListTap()
    both = TapOfAll(shy, eager)
    assert both.wants(1.0)
    both.put(StandInFrame(1.0))
    assert [len(eager.frames), len(shy.frames)] == [1, 1]

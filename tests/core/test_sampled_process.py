"""What processes did between two looks."""

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.sampled_process import ProcessSample, Task, ThreadSample, rates, task_of, tree_below

NURSERY = "python\0-c\0from doorstep.sources.nursery_process import main\0"


def sample(ticks: int, voluntary: int, involuntary: int = 0, name: str = "doorstep") -> ProcessSample:
    return ProcessSample(Task.SERVER, {1: ThreadSample(name, ticks, voluntary, involuntary)}, ticks)


def test_rates_are_by_the_second_and_by_one_core() -> None:
    told = rates(sample(100, 1000, 10), sample(150, 1500, 20), 5.0, 100)
    assert (told.cpu, told.voluntary, told.involuntary) == (10.0, 100.0, 2.0)
    assert told.busiest == (("doorstep", 10.0),)


def test_a_thread_is_named_only_after_a_program_or_library() -> None:
    told = rates(sample(0, 0, name="eye anna-garden"), sample(10, 0, name="eye anna-garden"), 1.0, 100)
    assert told.busiest == (("thread", 10.0),)


def test_each_process_is_told_by_what_it_is_for() -> None:
    assert task_of("/usr/bin/doorstep\0run\0", None) is Task.SERVER
    assert task_of("/usr/bin/doorstep\0publish\0--to\0x\0", None) is Task.PUBLISHER
    assert task_of(NURSERY, Task.SERVER) is Task.NURSERY
    assert task_of(NURSERY, Task.NURSERY) is Task.CHILD
    assert task_of("/usr/bin/python3\0/x/picamera_child.py\0", Task.SERVER) is Task.PI_CAMERA
    assert task_of("aplay\0secret\0", Task.SERVER) is Task.OTHER


@given(st.dictionaries(st.integers(1, 30), st.integers(0, 30), max_size=30))
def test_a_tree_ends_though_parents_run_in_circles(parents: dict[int, int]) -> None:
    found = tree_below(1, parents)
    assert len(set(found)) == len(found)
    assert all(parents[process] in found for process in found[1:])


@given(*(st.integers(0, 10**9) for _ in range(4)), st.floats(0, 100))
def test_nothing_is_ever_less_than_nothing(before: int, after: int, woken: int, later: int, seconds: float) -> None:
    told = rates(sample(before, woken), sample(after, later), seconds, 100)
    assert min(told.cpu, told.voluntary, told.involuntary) >= 0

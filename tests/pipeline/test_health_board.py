from doorstep.pipeline.health import HealthBoard
from fakes.clock import FakeClock


def test_a_problem_keeps_its_beginning_while_it_lasts() -> None:
    clock = FakeClock()
    board = HealthBoard(clock)
    began = clock.now()
    assert board.report("store", "The disk is full.", "Free some space.")
    clock.advance(60)
    assert not board.report("store", "The disk is still full.", "Free some space.")
    (problem,) = board.problems()
    assert (problem.since, problem.what) == (began, "The disk is still full.")


def test_what_is_mended_is_gone() -> None:
    board = HealthBoard(FakeClock())
    board.report("store", "The disk is full.", "Free some space.")
    assert board.clear("store")
    assert not board.clear("store")
    assert board.problems() == []


def test_the_oldest_problem_stands_first() -> None:
    clock = FakeClock()
    board = HealthBoard(clock)
    board.report("b", "first", "")
    clock.advance(1)
    board.report("a", "second", "")
    board.report("0", "third", "")
    assert [problem.key for problem in board.problems()] == ["b", "0", "a"]


def test_what_was_wrong_once_fills_no_memory() -> None:
    clock = FakeClock()
    board = HealthBoard(clock)
    board.report("device:1", "It left.", "")
    board.clear("device:1")
    board.report("device:2", "It left.", "", 10.0)
    clock.advance(11)
    assert board.problems() == []
    assert not any(kept for kept in vars(board).values() if isinstance(kept, dict))

"""When motion is told, and what happens to reports that nobody takes."""

from doorstep.core.motion_report import Cooldown, MotionReport, ReportQueue


def report(at: float) -> MotionReport:
    return MotionReport(f"key {at}", at, 0.1)


def test_motion_is_told_once_in_a_cooldown_however_long_it_lasts() -> None:
    cooldown = Cooldown(60.0)
    told = [second for second in range(200) if cooldown.due(float(second), moving=second >= 10)]
    assert told == [10, 70, 130, 190]


def test_nothing_is_told_where_nothing_moves() -> None:
    cooldown = Cooldown(60.0)
    assert not any(cooldown.due(float(second), moving=False) for second in range(100))


def test_reports_leave_oldest_first_and_only_once_taken() -> None:
    queue = ReportQueue()
    first, second = report(1.0), report(2.0)
    queue.put(first)
    queue.put(second)
    assert queue.due(3.0) is first
    assert queue.due(3.0) is first
    queue.taken(first)
    assert queue.due(3.0) is second


def test_after_a_failure_all_wait_longer_each_time_and_a_success_ends_that() -> None:
    queue = ReportQueue()
    first = report(0.0)
    queue.put(first)
    waits = []
    at = 0.0
    for _ in range(8):
        queue.failed(at, 1.0)
        wait = queue.wait(at)
        assert wait is not None
        assert queue.due(at) is None
        waits.append(wait)
        at += wait
    assert waits == [2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]
    assert queue.due(at) is first
    queue.taken(first)
    queue.put(report(at))
    assert queue.wait(at) == 0.0


def test_old_reports_expire_and_many_are_bounded() -> None:
    queue = ReportQueue(most=3, longest_seconds=900.0)
    for at in range(5):
        queue.put(report(float(at)))
    assert len(queue) == 3
    oldest = queue.due(902.5)
    assert oldest is not None
    assert oldest.at == 3.0
    assert queue.given_up == 3
    assert queue.wait(2000.0) is None


def test_a_refused_report_is_not_sent_again() -> None:
    queue = ReportQueue()
    first = report(0.0)
    queue.put(first)
    queue.refused(first)
    assert len(queue) == 0
    assert queue.given_up == 1


def test_what_fell_out_while_it_was_told_takes_nothing_else_along() -> None:
    queue = ReportQueue(most=1)
    first, second = report(1.0), report(2.0)
    queue.put(first)
    queue.put(second)
    queue.taken(first)
    assert queue.due(3.0) is second
    assert queue.given_up == 1

"""What waits for one viewer: bounded, and never a picture whose key frame was left out."""

import asyncio
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from doorstep.live.encoded_picture import EncodedPicture
from doorstep.live.viewer_queue import QueueLimits, ViewerQueue

LIMITS = QueueLimits(bytes=1000, items=20)

steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.booleans(), st.integers(1, 400)),
        st.tuples(st.sampled_from(["get", "interrupt"]), st.just(False), st.just(1)),
    ),
    max_size=300,
)


def picture(number: int, *, key: bool, size: int = 10) -> EncodedPicture:
    return EncodedPicture(bytes(size), number, key)


@given(steps, st.booleans())
def test_who_is_slow_goes_on_at_a_key_frame_and_what_waits_is_bounded(
    drawn: list[tuple[str, bool, int]], late: bool
) -> None:
    async def act() -> None:
        backlog = [picture(0, key=True), picture(1, key=False)] if late else []
        queue = ViewerQueue[EncodedPicture](LIMITS)
        queue.begin((), backlog)
        taken: list[EncodedPicture] = []
        for number, (what, key, size) in enumerate(drawn, 2):
            if what == "put":
                queue.put(picture(number, key=key, size=size), size, key=key)
            elif what == "interrupt":
                queue.interrupt()
            elif queue._handed or queue._waiting:
                one = await queue.get()
                assert one is not None
                taken.append(one)
            assert queue._bytes == sum(len(one.data) for items, _, _ in queue._waiting for one in items)
            assert queue._bytes <= 1000
            assert len(queue._waiting) <= LIMITS.items
        assert not taken or taken[0].key
        for one, later in pairwise(taken):
            assert later.key or later.pts == one.pts + 1 or _nothing_between(drawn, one.pts, later.pts)

    asyncio.run(act())


def _nothing_between(drawn: list[tuple[str, bool, int]], first: int, last: int) -> bool:
    """Whether no picture came between these two."""
    return all(what != "put" for what, _, _ in drawn[max(first - 1, 0) : last - 2])


def test_the_end_wakes_who_waits() -> None:
    async def act() -> None:
        queue = ViewerQueue[EncodedPicture](LIMITS)
        async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
            waits = tasks.create_task(queue.get())
            await asyncio.sleep(0)
            queue.end()
        assert waits.result() is None

    asyncio.run(act())


class _Time:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _all_of(queue: ViewerQueue[EncodedPicture]) -> list[int]:
    async def taken() -> list[int]:
        found = []
        while queue._handed or queue._waiting:
            one = await queue.get()
            assert one is not None
            found.append(one.pts)
        return found

    return asyncio.run(taken())


def test_nobody_is_further_behind_than_the_seconds_and_goes_on_at_the_newest_key_frame() -> None:
    time = _Time()
    queue = ViewerQueue[EncodedPicture](QueueLimits(seconds=4.0), time)
    for number in range(200):  # 25 a second, a key frame each second
        queue.put(picture(number, key=number % 25 == 0), 10, key=number % 25 == 0)
        time.now += 0.04
    first, *others = _all_of(queue)
    assert first % 25 == 0
    assert 200 - first <= 4.0 * 25 + 1
    assert others == list(range(first + 1, 200))


def test_what_was_missed_is_dropped_too_once_it_is_old_and_its_format_is_told_again() -> None:
    time = _Time()
    queue = ViewerQueue[EncodedPicture](QueueLimits(seconds=4.0), time)
    fmt = picture(-1, key=True)
    queue.begin([fmt], [picture(0, key=True), picture(1, key=False)])
    time.now += 5.0
    queue.put(picture(2, key=False), 10, key=False)
    assert _all_of(queue) == []
    queue.put(picture(3, key=True), 10, key=True)
    assert _all_of(queue) == [-1, 3]


def test_without_such_a_limit_no_clock_is_asked() -> None:
    queue = ViewerQueue[EncodedPicture](LIMITS)
    queue.put(picture(0, key=True), 10, key=True)
    assert _all_of(queue) == [0]

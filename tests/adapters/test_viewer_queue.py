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
            assert queue._bytes == sum(len(one.data) for items, _ in queue._waiting for one in items)
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

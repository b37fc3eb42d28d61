"""A recorder that is taken over while a thread still writes for the run before: each segment is in its file once."""

import asyncio
import threading
from itertools import pairwise

import pytest

from doorstep.pipeline.recorder import Recorder
from fakes.always_house import AlwaysHouse
from fakes.clock import FakeClock
from fakes.instant_loop import LoopClock
from fakes.recording_house import FailingBlob, FailingStore, RecordingHouse


class QuickClock(LoopClock):
    """Nobody waits, on a loop with real threads."""

    async def sleep(self, seconds: float) -> None:
        await FakeClock.sleep(self, seconds)
        await asyncio.sleep(0.001)


class SlowBlob(FailingBlob):
    """Its appends wait at a gate, and it counts how many are on their way at once."""

    def append(self, data: bytes) -> None:
        store = self._failing
        assert isinstance(store, SlowStore)
        with store.counting:
            store.inside += 1
            store.most_inside = max(store.most_inside, store.inside)
        store.begun.set()
        assert store.gate.wait(60.0)
        super().append(data)
        with store.counting:
            store.inside -= 1


class SlowStore(FailingStore):
    def __init__(self) -> None:
        super().__init__()
        self.gate, self.begun, self.counting = threading.Event(), threading.Event(), threading.Lock()
        self.inside = self.most_inside = 0

    def create(self, key: str) -> SlowBlob:
        return SlowBlob(self, super().create(key)._blob)


async def taken_over(house: RecordingHouse, store: SlowStore, recorder: Recorder) -> None:
    """The first run is cancelled in mid-append; the second goes on, and the disk answers only then."""
    async with asyncio.TaskGroup() as tasks:
        rows = tasks.create_task(house.rows.run())
        first = tasks.create_task(recorder.run())
        assert await asyncio.to_thread(store.begun.wait, 60.0)
        first.cancel()
        await asyncio.wait([first])
        second = tasks.create_task(recorder.run())
        await asyncio.sleep(0.05)
        store.gate.set()
        await house.film(12)
        if recorder.recording and not isinstance(house, AlwaysHouse):
            event = house.rows.latest(next(iter(house.rows._latest)))
            assert event is not None
            house.close_event(event)
            await house.film(8)
        await recorder.drained()
        await house.rows.settled()
        for task in (rows, second):
            task.cancel()


@pytest.mark.parametrize("kind", [RecordingHouse, AlwaysHouse])
def test_two_runs_never_write_one_file_at_once(kind: type[RecordingHouse]) -> None:
    store = SlowStore()

    async def main() -> RecordingHouse:
        house = kind(QuickClock(), store=store)
        house.connect()
        await house.film(20)
        if kind is RecordingHouse:
            event = house.open_event()
            house.recorder.extend(event.id, house.clock.now())
        await taken_over(house, store, house.recorder)
        return house

    house = asyncio.run(main())
    assert store.most_inside == 1
    (key,) = house.keys()
    segments = [one.segment for one in house.read_back(key).segments]
    assert len(segments) >= 3
    assert all(before.ends_at == after.starts_at for before, after in pairwise(segments))
    assert all(after.sequence == before.sequence + 1 for before, after in pairwise(segments))

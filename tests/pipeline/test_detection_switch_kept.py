import asyncio

from doorstep.core.audit import AuditEntry
from doorstep.core.camera import CameraId
from doorstep.pipeline.broadcast import Broadcast
from doorstep.pipeline.detection_switch import KEY, SWITCHED_OFF, DetectionSwitch
from doorstep.pipeline.health import HealthBoard
from doorstep.stores.memory import MemoryStore
from fakes.clock import FakeClock

FRONT, GARDEN = CameraId("front-door"), CameraId("garden")


def test_it_stays_off_over_a_restart_and_the_audit_says_who_did_it() -> None:
    async def switched() -> None:
        clock, store, noted = FakeClock(), MemoryStore(), list[AuditEntry]()
        health = HealthBoard(clock)
        switch = DetectionSwitch(store, health, clock, noted.append)
        assert switch.switch(FRONT, "ada", "192.0.2.1", on=False)
        assert not switch.switch(FRONT, "ada", "192.0.2.1", on=False)
        writing = asyncio.get_running_loop().create_task(switch.run())
        async with asyncio.timeout(60):
            while not store.exists(KEY):  # noqa: ASYNC110 - it is written in a thread
                await asyncio.sleep(0.01)
        writing.cancel()
        again = DetectionSwitch(store, health, clock)
        again.read()
        assert (again.is_on(FRONT), again.is_on(GARDEN)) == (False, True)
        [entry] = noted
        assert (entry.who, entry.verb, entry.camera, entry.address) == ("ada", SWITCHED_OFF, FRONT, "192.0.2.1")

    asyncio.run(switched())


def test_what_cannot_be_read_switches_nothing_off() -> None:
    store = MemoryStore()
    store.put(KEY, b"\0 torn")
    switch = DetectionSwitch(store, HealthBoard(FakeClock()), FakeClock())
    switch.read()
    assert switch.is_on(FRONT)


def test_an_onlooker_that_is_slow_misses_the_oldest_and_keeps_nobody_waiting() -> None:
    async def told() -> None:
        broadcast = Broadcast[int]()
        broadcast.tell(0)  # to nobody
        with broadcast.listening(most=3) as listening:
            for number in range(5):
                broadcast.tell(number)
            assert [await anext(listening) for _ in range(3)] == [2, 3, 4]
            assert listening.lost == 2
        broadcast.tell(9)

    asyncio.run(told())

"""Outages on the way out: what is sent again, when, and what is told."""

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import structlog

from doorstep.core.errors import SourceRefused
from doorstep.core.media import Codec, Packet
from doorstep.core.outage_buffer import Held
from doorstep.publish.destination import Destination
from doorstep.publish.errors import IngestLost, IngestRefused
from doorstep.publish.publisher import REFUSED_RETRY_SECONDS, Publisher, PublishState
from doorstep.publish.uplink import Sink, Uplink
from fakes.clock import FakeClock
from fakes.footage import FORMAT, plain_packets
from fakes.rtmp_ingest import Ingest


class Way:
    """A sink that carries `carries` packets and acknowledges those before the last two, then breaks."""

    def __init__(self, carries: int) -> None:
        self.carries = carries
        self.sent: list[Held] = []

    async def send(self, held: Held) -> int:
        await asyncio.sleep(0)
        if len(self.sent) == self.carries:
            msg = "broken"
            raise IngestLost(msg)
        self.sent.append(held)
        return held.number - 2

    async def watch(self) -> None:
        await asyncio.Event().wait()


class Server:
    """Each opening takes the next of a list: a way, or an error."""

    def __init__(self, clock: FakeClock, *answers: Way | Exception) -> None:
        self._clock = clock
        self._answers = list(answers)
        self.asked_at: list[float] = []

    async def open(self) -> Any:
        self.asked_at.append(self._clock.monotonic())
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return self._as_context(answer)

    @asynccontextmanager
    async def _as_context(self, way: Way) -> Any:
        yield way


def published(clock: FakeClock, server: Server, count: int = 100) -> Publisher:
    publisher = Publisher("rtmp://hub/live", server.open, clock)
    publisher.take(FORMAT)
    for one in plain_packets(count):
        publisher.take(replace(one, arrived=clock.monotonic()))
    publisher.finish()
    return publisher


def times(way: Way) -> list[int]:
    return [held.time for held in way.sent]


def test_all_is_sent_over_one_connection() -> None:
    clock, way = FakeClock(), Way(10**6)
    asyncio.run(published(clock, Server(clock, way)).run())
    assert times(way) == [40 * index for index in range(100)]


def test_after_a_loss_the_next_connection_begins_with_the_key_frame_of_what_may_be_missing() -> None:
    clock, first, second = FakeClock(), Way(60), Way(10**6)
    asyncio.run(published(clock, Server(clock, first, IngestLost("no"), IngestLost("no"), second)).run())
    assert times(first) == [40 * index for index in range(60)]
    assert times(second) == [40 * index for index in range(50, 100)]
    assert isinstance(second.sent[0].packet, Packet)
    assert second.sent[0].packet.key


def test_delays_grow_and_stay_below_what_the_buffer_holds() -> None:
    clock, way = FakeClock(), Way(10**6)
    server = Server(clock, *[IngestLost("no")] * 6, way)
    asyncio.run(published(clock, server).run())
    delays = [later - earlier for earlier, later in zip(server.asked_at, server.asked_at[1:], strict=False)]
    assert all(0.2 < delay <= 10.0 for delay in delays)
    assert delays[-1] > 2 * delays[0]


def test_a_refusal_is_tried_again_slowly_and_told_once() -> None:
    clock = FakeClock()
    server = Server(clock, *[IngestRefused("wrong key")] * 3, IngestLost("gone"))
    publisher = Publisher("rtmp://hub/live", server.open, clock)
    with structlog.testing.capture_logs() as lines, pytest.raises(IndexError):
        asyncio.run(publisher.run())
    assert [later - earlier for earlier, later in zip(server.asked_at[:4], server.asked_at[1:4], strict=False)] == [
        REFUSED_RETRY_SECONDS
    ] * 3
    assert [(line["event"], line["state"]) for line in lines] == [
        ("not publishing", "refused"),
        ("not publishing", "lost"),
    ]


def test_a_refusal_right_after_a_loss_is_tried_again_soon_for_the_server_may_still_see_the_lost_connection() -> None:
    clock, first, second = FakeClock(), Way(30), Way(10**6)
    server = Server(clock, first, IngestRefused("somebody publishes already"), second)
    asyncio.run(published(clock, server).run())
    assert server.asked_at[-1] - server.asked_at[0] < 5.0
    assert times(second)[0] == 1000


def test_the_end_of_a_file_that_nobody_takes_is_a_fault_that_is_told() -> None:
    clock = FakeClock()
    server = Server(clock, *[IngestLost("no")] * 50)
    with pytest.raises(IngestLost, match="away for too long"):
        asyncio.run(published(clock, server).run())
    assert clock.monotonic() < 1100


def test_hevc_is_refused_in_plain_words() -> None:
    publisher = Publisher("rtmp://hub/live", Server(FakeClock()).open, FakeClock())
    with pytest.raises(SourceRefused, match=r"H\.264"):
        publisher.take(replace(FORMAT, codec=Codec.HEVC))


def test_lines_tell_of_changes_only() -> None:
    clock = FakeClock()
    server = Server(clock, Way(30), *[IngestLost("no")] * 5, Way(10**6))
    with structlog.testing.capture_logs() as lines:
        asyncio.run(published(clock, server).run())
    assert [line["event"] for line in lines] == ["publishing", "not publishing", "publishing"]


async def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what it waits for happens in other tasks
            await asyncio.sleep(0.01)


class SoonClock(FakeClock):
    """Real waiting, but a hundred times shorter."""

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        await asyncio.sleep(seconds / 100)


def test_a_real_outage_loses_no_picture() -> None:
    async def story() -> None:
        clock = SoonClock()
        async with Ingest() as ingest:
            to = Destination(False, "127.0.0.1", ingest.port, "live", "secret-key")

            async def dial() -> Uplink:
                return await Uplink.open(to, insecure=False)

            publisher = Publisher(str(to), dial, clock)
            packets = [replace(one, arrived=clock.monotonic()) for one in plain_packets(300)]
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(publisher.run())
                publisher.take(FORMAT)
                for one in packets[:110]:
                    publisher.take(one)
                await until(lambda: len(ingest.frames) == 110)
                await ingest.die()
                for one in packets[110:]:
                    publisher.take(one)
                await until(lambda: publisher.state is PublishState.LOST)
                await ingest.rise()
                publisher.finish()
                await running
            await until(lambda: ingest.publications[-1].ended_properly)
            first, second = ingest.publications[0].frames, ingest.publications[-1].frames
            assert [frame.payload for frame in first] == [one.data for one in packets[:110]]
            assert second[0].key
            assert [frame.payload for frame in second] == [one.data for one in packets[100:]]

    asyncio.run(story())


_: type[Sink] = Way

"""What a camera can do to the house: crash its reader, hang it, take it over.  Others go on, secrets stay secret."""

import asyncio
import ctypes
import json
import os
import time
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from doorstep.clock import SystemClock
from doorstep.core.errors import MediaInvalid, SourceCrashed
from doorstep.core.media import Packet
from doorstep.media.borrowed_frame import Borrower
from doorstep.media.shared_frame import Loan, PictureShape
from doorstep.sources.confined import ConfinedSource
from doorstep.sources.landlock import Landlock
from doorstep.sources.nursery import Nursery
from doorstep.sources.source_spec import SourceSpec
from fakes.taps import ListTap
from fakes.tries import soon_enough

TESTS = Path(__file__).parents[1]
CLOCK = SystemClock()
MOST_COST_SECONDS = 3.0


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    nursery = Nursery(CLOCK, readers="fakes.hostile_readers:reader_of", import_from=[TESTS])
    yield nursery
    nursery.close()


def camera(nursery: Nursery, what: str) -> ConfinedSource:
    return ConfinedSource(nursery, SourceSpec(f"rtsp://{what}"), name=what.partition("/")[0], clock=CLOCK)


async def read_to_the_end(source: ConfinedSource) -> None:
    async with aclosing(source.stream(ListTap())) as stream:
        async for _ in stream:
            pass


async def longest_silence(source: ConfinedSource, over: asyncio.Event) -> float:
    """Of a good camera, while something happens to another; the time it took to open does not count."""
    longest, last = 0.0, None
    async with aclosing(source.stream(ListTap())) as stream:
        async for _ in stream:
            now = time.monotonic()
            longest, last = max(longest, now - (last or now)), now
            if over.is_set():
                return longest
    raise AssertionError


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("crash", "segmentation fault, signal 11"),
        ("hang", "hung in a call"),
        ("spin", "hung in a call"),
        ("stand-still", "hung in a call"),
        ("chatter", "broke its word"),
        ("answer", "broke its word"),
        ("give-up", "broke its word"),
        ("show", "broke its word"),
    ],
)
def test_a_crash_or_a_hanging_call_is_named_and_costs_the_others_less_than_three_seconds(
    nursery: Nursery, what: str, words: str
) -> None:
    async def beside() -> tuple[float, float]:
        over = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            good = tasks.create_task(longest_silence(camera(nursery, "steady/stream"), over))
            began = time.monotonic()
            with pytest.raises(SourceCrashed, match=words):
                await read_to_the_end(camera(nursery, f"{what}/stream"))
            took = time.monotonic() - began
            over.set()
        return good.result(), took

    def cost() -> float:
        silence, took = asyncio.run(asyncio.wait_for(beside(), 300))
        assert took < 100
        return silence

    assert soon_enough(cost, MOST_COST_SECONDS)


def test_a_reader_that_was_taken_over_gets_nothing_of_the_house(
    nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if Landlock.of_this_kernel(ctypes.CDLL(None)) is None:
        pytest.skip("this kernel has no Landlock")
    monkeypatch.setenv("DOORSTEP_SECRET", "in the environment")
    secret = tmp_path / "data" / "secret.key"
    secret.parent.mkdir()
    secret.write_text("the key of the house", encoding="utf-8")
    inherited = os.open(secret, os.O_RDONLY)
    os.set_inheritable(inherited, True)

    async def all_of_it() -> bytes:
        found: list[bytes] = []
        async with aclosing(camera(nursery, f"spy/stream?{secret}").stream(ListTap())) as stream:
            async for item in stream:
                if isinstance(item, Packet) and item.pts == 800:
                    found.append(item.data)
                    break
        return found[0]

    try:
        found = json.loads(asyncio.run(asyncio.wait_for(all_of_it(), 120)))
    finally:
        os.close(inherited)
    environment, descriptors = found.pop("environment"), found.pop("descriptors")
    assert {deed: outcome for deed, outcome in found.items() if outcome == "done"} == {}
    assert "DOORSTEP_SECRET" not in environment
    assert "HOME" not in environment
    assert descriptors[:3] == [0, 1, 2]
    assert len(descriptors) == 4  # the fourth is the connection to the parent


def test_memory_that_could_shrink_under_its_reader_is_refused() -> None:
    descriptor = os.memfd_create("unsealed")
    try:
        os.ftruncate(descriptor, 1 << 20)
        loan = Loan(PictureShape(64, 48, 64, full_range=False, colorspace=2), 1, descriptor)
        with pytest.raises(MediaInvalid, match="not sealed"):
            Borrower(lambda _: None).adopt(loan, at=0.0, captured_at=0.0)
    finally:
        os.close(descriptor)

"""A real RTSP camera read inside the sandbox: every picture once, names looked up, and a silent one is no crash."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing
from itertools import pairwise

import numpy as np
import pytest

from doorstep.app.camera_child import READERS
from doorstep.clock import SystemClock
from doorstep.core.errors import SourceCrashed, SourceLost, SourceRefused
from doorstep.core.media import StreamItem
from doorstep.core.settings import Transport
from doorstep.sources.confined import ConfinedSource
from doorstep.sources.nursery import Nursery
from doorstep.sources.source_spec import SourceSpec
from fakes.free_port import free_port
from fakes.rtsp_camera import CameraOptions, RtspCamera, indices_in, needs_camera, read_index
from fakes.taps import ListTap

CLOCK = SystemClock()


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    nursery = Nursery(CLOCK, readers=READERS)
    yield nursery
    nursery.close()


async def taken(
    source: ConfinedSource, count: int, tap: ListTap, then: Callable[[], None] | None = None
) -> list[StreamItem]:
    items: list[StreamItem] = []
    async with aclosing(source.stream(tap)) as stream:
        async for item in stream:
            items.append(item)
            if len(items) == count:
                if then is None:
                    break
                then()
    return items


def read(
    nursery: Nursery, spec: SourceSpec, count: int, tap: ListTap | None = None, then: Callable[[], None] | None = None
) -> list[StreamItem]:
    source = ConfinedSource(nursery, spec, name="front-door", clock=CLOCK)
    return asyncio.run(asyncio.wait_for(taken(source, count, tap or ListTap(), then), 60))


def always(_at: float) -> bool:
    return True


@pytest.mark.parametrize("transport", list(Transport))
def test_every_picture_of_a_camera_with_a_password_comes_once(nursery: Nursery, transport: Transport) -> None:
    needs_camera()
    tap = ListTap(rule=always)
    with RtspCamera(CameraOptions(user="owner", password="p4ss")) as camera:
        url = camera.url.replace("127.0.0.1", "localhost")  # a name, for looking it up needs files
        items = read(nursery, SourceSpec(url, transport=transport), 60, tap)
    assert all(two == one + 1 for one, two in pairwise(indices_in(items)))
    assert tap.frames
    plane = tap.frames[0].luma()
    rows = np.frombuffer(plane.pixels, np.uint8)[: plane.stride * plane.height].reshape(plane.height, -1)
    assert read_index(rows[:, : plane.width]) >= 0


def test_a_wrong_password_is_refused_and_not_shown(nursery: Nursery) -> None:
    needs_camera()
    with RtspCamera(CameraOptions(user="owner", password="p4ss")) as camera:
        wrong = camera.url.replace("p4ss", "guess")
        with pytest.raises(SourceRefused) as caught:
            read(nursery, SourceSpec(wrong), 5)
    assert "guess" not in str(caught.value)


def test_a_port_where_nothing_listens_is_a_loss(nursery: Nursery) -> None:
    with pytest.raises(SourceLost) as caught:
        read(nursery, SourceSpec(f"rtsp://127.0.0.1:{free_port()}/none"), 5)
    assert not isinstance(caught.value, SourceCrashed)


@pytest.mark.parametrize("trouble", ["stop", "freeze", "stall"])
def test_a_camera_that_falls_silent_is_lost_and_not_taken_for_a_crash(nursery: Nursery, trouble: str) -> None:
    needs_camera()
    with RtspCamera() as camera, pytest.raises(SourceLost) as caught:
        read(nursery, SourceSpec(camera.url), 20, then=getattr(camera, trouble))
    assert not isinstance(caught.value, SourceCrashed)

"""`doorstep publish` where PyAV or NumPy are not installed: what is missing is named, and how to get it."""

import asyncio
import sys
from collections.abc import AsyncGenerator

import pytest

from doorstep.app import publish
from doorstep.clock import SystemClock
from doorstep.core.errors import ConfigInvalid, SourceRefused
from doorstep.core.media import StreamItem
from doorstep.extras import how_to_add
from doorstep.ports import FrameTap, Source
from doorstep.publish.publisher import Publisher
from fakes.rtmp_ingest import Ingest


def needing_numpy() -> list[StreamItem]:
    raise ModuleNotFoundError(name="numpy")


class NeedsMore:
    """A camera that finds only while it streams that something is missing, as one that is turned does."""

    async def stream(self, _tap: FrameTap) -> AsyncGenerator[StreamItem]:
        for item in needing_numpy():
            yield item


def opened() -> Source:
    return NeedsMore()


def not_opened() -> Source:
    raise ModuleNotFoundError(name="av")


async def never_asked() -> Ingest:
    raise AssertionError


@pytest.mark.parametrize(("camera", "name"), [(opened, "numpy"), (not_opened, "av")])
def test_a_camera_that_needs_an_extra_is_refused_in_plain_words(camera: object, name: str) -> None:
    publisher = Publisher("nowhere", never_asked, SystemClock())  # type: ignore[arg-type]
    with pytest.raises(SourceRefused) as refused:
        asyncio.run(publish._read_camera(camera, publish.NoTap(), publisher))  # type: ignore[arg-type]
    assert str(refused.value) == (f"This camera needs a package that is not installed: {name}. {how_to_add('publish')}")


def test_motion_without_numpy_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "doorstep.vision.luma_difference", None)
    with pytest.raises(ConfigInvalid, match=r"--motion: .*pip install av numpy"):
        publish._scorer()

"""The visitor of a test of the doorstep, in the size of any camera."""

import asyncio
from contextlib import aclosing
from datetime import UTC
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.detection import PERSON
from doorstep.core.errors import SourceEnded, SourceRefused
from doorstep.core.media import Packet, StreamItem, VideoFormat
from doorstep.core.motion_gate import MotionGateSettings
from doorstep.sources.porch import PICTURE_HEIGHT, WIDTH
from doorstep.sources.rehearsal import EMPTY_SECONDS, RATE, VISITED_SECONDS, RehearsalSource, fitted
from doorstep.sources.yuv import Canvas
from doorstep.vision.luma_difference import LumaDifference
from doorstep.vision.onnx_detector import load_detector
from fakes.pictures import VISITOR, model_file
from fakes.taps import HurriedClock, ListTap

SIZES = [(640, 480), (1280, 720), (480, 640), (640, 360)]


async def taken(source: RehearsalSource, tap: ListTap) -> list[StreamItem]:
    items: list[StreamItem] = []

    async def read() -> None:
        async with aclosing(source.stream(tap)) as stream:
            async for item in stream:
                items.append(item)  # noqa: PERF401 - what came before the end counts

    with pytest.raises(SourceEnded):
        await read()
    return items


def visit(size: tuple[int, int], tap: ListTap, visitor: Path | None = None) -> tuple[list[StreamItem], list[float]]:
    """All that it sends, and when it said that the visitor was captured."""
    told: list[float] = []
    clock = HurriedClock(0.05)
    source = RehearsalSource(visitor or model_file(VISITOR), size, clock=clock, timezone=UTC, captured=told.append)
    return asyncio.run(asyncio.wait_for(taken(source, tap), 120)), told


@pytest.mark.parametrize("size", [(640, 480), (640, 360)])
def test_it_is_one_visit_in_the_camera_s_size_and_ends(size: tuple[int, int]) -> None:
    tap = ListTap(rule=lambda at: at * 10 % 5 < 1)
    (fmt, *packets), told = visit(size, tap)
    assert isinstance(fmt, VideoFormat)
    assert (fmt.width, fmt.height) == size
    assert len(packets) == round((EMPTY_SECONDS + VISITED_SECONDS) * RATE)
    assert all(isinstance(item, Packet) for item in packets)
    assert len(told) == 1


@pytest.mark.parametrize("size", SIZES)
def test_nothing_moves_before_the_visitor_who_is_recognised_then(size: tuple[int, int]) -> None:
    tap = ListTap(rule=lambda at: round(at * RATE) % 5 == 0)
    _, (captured_at,) = visit(size, tap)
    scorer, opens_at = LumaDifference(), MotionGateSettings().open_at
    scores = [(frame.captured_at, scorer.score(frame)) for frame in tap.frames]
    assert max(score for at, score in scores if at < captured_at) < opens_at
    assert max(score for at, score in scores if at >= captured_at) > opens_at
    detector = load_detector(model_file("yolox_nano.onnx"), "yolox-nano", 1)
    standing = next(frame for frame in tap.frames if frame.at >= EMPTY_SECONDS + 6)
    found = [one.label for one in detector.detect(standing, detector.thresholds.open)]
    assert found == [PERSON]


def test_a_visitor_who_is_no_picture_is_refused(tmp_path: Path) -> None:
    words = tmp_path / "visitor.png"
    words.write_text("no picture")
    with pytest.raises(SourceRefused):
        visit((640, 480), ListTap(), words)


@given(st.integers(8, 1000).map(lambda side: side * 2), st.integers(8, 1000).map(lambda side: side * 2))
def test_every_size_is_filled(width: int, height: int) -> None:
    canvas = Canvas(WIDTH, PICTURE_HEIGHT)
    canvas.luma[:] = 200
    planes = fitted(canvas.pixels, width, height)
    assert planes.luma.shape == (height, width)
    assert planes.u.shape == planes.v.shape == (height // 2, width // 2)
    assert np.abs(planes.luma.astype(int) - 200).max() <= 2


def test_nobody_gets_fat() -> None:
    canvas = Canvas(WIDTH, PICTURE_HEIGHT)
    canvas.luma[:] = 16
    canvas.luma[PICTURE_HEIGHT - 100 :, WIDTH // 2 - 50 : WIDTH // 2 + 50] = 235  # as wide as high, at the ground
    for width, height in SIZES:
        bright = fitted(canvas.pixels, width, height).luma > 128
        columns, rows = int(bright.any(axis=0).sum()), int(bright.any(axis=1).sum())
        assert columns == pytest.approx(rows, rel=0.05)
        assert bright[-1].any()

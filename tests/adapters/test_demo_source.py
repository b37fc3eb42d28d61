"""The drawn porch and its visitor."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.errors import SourceRefused
from doorstep.core.media import Codec, Packet, StreamItem, VideoFormat
from doorstep.media.decode import Eye
from doorstep.media.frame import DecodedFrame
from doorstep.sources.demo import DemoSource, _next_number
from doorstep.sources.demo_scene import DemoScene
from doorstep.sources.digits import drawn
from doorstep.sources.porch import brightness
from doorstep.sources.visitor import EVERY_SECONDS, FIRST_VISIT_SECONDS, VISIT_SECONDS, pose_at
from doorstep.vision.luma_difference import LumaDifference
from doorstep.vision.onnx_detector import load_detector
from fakes.clock import FakeClock
from fakes.masked_pictures import MASK, assert_masked
from fakes.pictures import VISITOR, model_file
from fakes.taps import HurriedClock, ListTap
from media.make_clips import make_png

NOON = datetime(2026, 11, 21, 12, 9, 58, tzinfo=UTC)
STANDING = FIRST_VISIT_SECONDS + VISIT_SECONDS / 2
GATE_OPENS_AT = 0.004
GOLDEN_SCORES = (0.777, 0.775)


def frame_at(scene: DemoScene, seconds: float) -> DecodedFrame:
    pixels = scene.draw(seconds, NOON + timedelta(seconds=seconds)).pixels
    return DecodedFrame(av.VideoFrame.from_ndarray(pixels, format="yuv420p"), at=seconds, captured_at=seconds)


async def taken(source: DemoSource, count: int, tap: ListTap) -> list[StreamItem]:
    items: list[StreamItem] = []
    async with aclosing(source.stream(tap)) as stream:
        async for item in stream:
            items.append(item)
            if len(items) == count:
                break
    return items


def take(count: int, visitor: Path | None = None, tap: ListTap | None = None) -> list[StreamItem]:
    # The source looks at the clock twice a picture: each picture is due as soon as it is asked for.
    source = DemoSource(visitor, clock=HurriedClock(0.034), timezone=UTC)
    return asyncio.run(asyncio.wait_for(taken(source, count, tap or ListTap()), 30))


# ---------------------------------------------------------------------------------------------------- the stream


def test_format_then_a_key_frame_a_second_without_reordering() -> None:
    fmt, *packets = take(1 + 46)
    assert isinstance(fmt, VideoFormat)
    assert (fmt.codec, fmt.width, fmt.height) == (Codec.H264, 640, 480)
    keys = [number for number, item in enumerate(packets) if isinstance(item, Packet) and item.key]
    assert keys == [0, 15, 30, 45]
    for number, item in enumerate(packets):
        assert isinstance(item, Packet)
        assert item.pts == item.dts == number * fmt.timescale // 15
        assert item.duration == fmt.timescale // 15


def test_the_packets_decode_to_what_was_drawn() -> None:
    drawn_frames, decoded = ListTap(rule=lambda _at: True), ListTap(rule=lambda _at: True)
    fmt, *packets = take(1 + 20, tap=drawn_frames)
    assert isinstance(fmt, VideoFormat)
    eye = Eye(fmt, decoded)
    for item in packets:
        assert isinstance(item, Packet)
        eye.take(item)
    assert len(decoded.frames) == 20
    for one, two in zip(drawn_frames.frames, decoded.frames, strict=False):
        assert one.at == two.at
        before, after = (np.frombuffer(each.luma().pixels, np.uint8).astype(int) for each in (one, two))
        assert np.abs(before - after).mean() < 3


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_nothing_under_a_mask_is_seen_anywhere(rotation: int) -> None:
    tap = ListTap(rule=lambda _at: True)
    source = DemoSource(None, clock=HurriedClock(0.034), timezone=UTC, masks=(MASK,), rotation=rotation)
    fmt, *packets = asyncio.run(asyncio.wait_for(taken(source, 12, tap), 30))
    assert isinstance(fmt, VideoFormat)
    assert (fmt.width, fmt.height) == ((640, 480) if rotation in {0, 180} else (480, 640))
    assert_masked([fmt, *packets], tap.frames, beside=False)


def test_who_is_late_leaves_pictures_out() -> None:
    assert _next_number(10, seconds=10 / 15 + 0.1) == 11
    assert _next_number(10, seconds=60.0) == 900


def test_a_visitor_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    words = tmp_path / "astronaut.png"
    words.write_text("no picture")
    with pytest.raises(SourceRefused):
        take(1, words)
    with pytest.raises(SourceRefused, match="models fetch"):
        take(1, make_png(tmp_path / "wide.png", 40, 20))


# ------------------------------------------------------------------------------------------------------ the scene


def test_a_fresh_server_sees_somebody_within_its_first_minute() -> None:
    assert pose_at(0.0) is None
    assert pose_at(FIRST_VISIT_SECONDS - 0.1) is None
    assert pose_at(STANDING) is not None


@given(st.floats(FIRST_VISIT_SECONDS, 100_000.0))
def test_a_visit_lasts_16_of_every_45_seconds(seconds: float) -> None:
    pose = pose_at(seconds)
    assert (pose is not None) == ((seconds - FIRST_VISIT_SECONDS) % EVERY_SECONDS < VISIT_SECONDS)
    if pose is not None:
        assert 0.4 <= pose.height <= 0.6


def test_who_walks_up_grows_and_who_leaves_shrinks() -> None:
    heights = [pose.height for tenth in range(1, 40) if (pose := pose_at(FIRST_VISIT_SECONDS + tenth / 10))]
    assert len(heights) == 39
    assert heights == sorted(heights)
    leaving = [pose.height for tenth in range(121, 160) if (pose := pose_at(FIRST_VISIT_SECONDS + tenth / 10))]
    assert leaving == sorted(leaving, reverse=True)


def test_somebody_comes_from_the_left_first_then_from_the_right() -> None:
    first, second = pose_at(FIRST_VISIT_SECONDS + 0.1), pose_at(FIRST_VISIT_SECONDS + EVERY_SECONDS + 0.1)
    assert first is not None
    assert second is not None
    assert first.x < 0
    assert second.x > 1


@given(st.floats(0.0, 100_000.0))
def test_light_changes_slowly(seconds: float) -> None:
    assert 0.7 <= brightness(seconds) <= 1.0
    assert abs(brightness(seconds + 1) - brightness(seconds)) < 0.004


def test_the_clock_shows_the_time_of_the_house() -> None:
    east = timezone(timedelta(hours=9))
    scene = DemoScene(None)
    there = scene.draw(0.0, NOON.astimezone(east)).luma[12:26, 12:108] > 128
    assert (there == drawn("21:09:58", 2)).all()


def test_the_empty_porch_does_not_move() -> None:
    scene, scorer = DemoScene(None), LumaDifference()
    scores = [scorer.score(frame_at(scene, quarter / 4)) for quarter in range(4 * 130)]
    assert max(scores) < GATE_OPENS_AT


def test_the_scene_goes_on_over_connections() -> None:
    clock = FakeClock()
    source = DemoSource(None, clock=clock, timezone=UTC)
    clock.advance(30.0)
    assert source._began_at == clock.monotonic() - 30.0


# ---------------------------------------------------------------------------------------------------- the visitor


def test_whoever_walks_in_moves_and_is_seen() -> None:
    scene, scorer = DemoScene(model_file(VISITOR)), LumaDifference()
    scores = {quarter / 4: scorer.score(frame_at(scene, quarter / 4)) for quarter in range(4 * 14)}
    assert max(score for at, score in scores.items() if at < FIRST_VISIT_SECONDS) < GATE_OPENS_AT
    assert max(score for at, score in scores.items() if at > FIRST_VISIT_SECONDS + 1) > 10 * GATE_OPENS_AT


@pytest.mark.parametrize("visit", [0, 1])
def test_the_visitor_is_a_person_to_the_detector_and_the_empty_porch_is_not(visit: int) -> None:
    detector = load_detector(model_file("yolox_nano.onnx"), "yolox-nano", 1)
    scene = DemoScene(model_file(VISITOR))
    standing = detector.detect(frame_at(scene, STANDING + visit * EVERY_SECONDS), 0.05)
    empty = detector.detect(frame_at(scene, 4.0 + visit * EVERY_SECONDS), 0.05)
    assert standing[0].score == pytest.approx(GOLDEN_SCORES[visit], abs=0.02)
    assert standing[0].score >= 0.5
    assert 0.4 <= standing[0].box.height <= 0.65
    assert max((each.score for each in empty), default=0.0) < 0.2


def test_without_a_picture_nobody_comes() -> None:
    scene = DemoScene(None)
    empty, later = scene.draw(STANDING, NOON).pixels.copy(), scene.draw(STANDING + 1.0, NOON).pixels
    assert np.abs(empty.astype(int) - later.astype(int)).max() <= 2

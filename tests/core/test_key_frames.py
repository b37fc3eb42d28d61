"""What the owner is told about key frames, and when."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.key_frames import KeyFrames, suffice
from doorstep.core.media import Codec, Packet, VideoFormat

LARGE = VideoFormat(Codec.H264, 1920, 1080, 90_000, b"\x01")
SMALL = replace(LARGE, width=640, height=360)


def filmed(gop: float, seconds: float, *, rate: int = 25, fmt: VideoFormat = LARGE) -> KeyFrames:
    """A stream with a key frame every `gop` seconds."""
    frames = KeyFrames(fmt)
    for number in range(round(seconds * rate)):
        dts = number * 90_000 // rate
        frames.take(Packet(b"picture", dts, dts, 90_000 // rate, number % round(gop * rate) == 0, number / rate))
    return frames


@pytest.mark.parametrize("interval", [0.04, 0.48, 0.5, 0.52])
def test_half_a_second_suffices_also_where_it_is_no_whole_number_of_pictures(interval: float) -> None:
    assert suffice(interval)


@pytest.mark.parametrize("interval", [0.6, 1.0, 10.0])
def test_more_does_not(interval: float) -> None:
    assert not suffice(interval)


def test_a_large_stream_with_rare_key_frames_says_what_that_costs_and_what_to_set() -> None:
    assert filmed(4.0, 9.0).hint() == (
        "Its key frames come every 4 s, so every picture is decoded (about 13 % of a core). Set its key frame interval "
        "(GOP, I-frame interval) to 0.5 s, or give it a smaller `detect` stream."
    )


def test_a_detect_stream_is_not_told_to_have_one() -> None:
    hint = filmed(2.0, 9.0).hint(of_detect_stream=True)
    assert hint.startswith("The key frames of its detect stream come every 2 s,")
    assert "Set that stream's key frame interval" in hint
    assert hint.endswith("or make it smaller.")


def test_where_there_is_nothing_to_save_nothing_is_said() -> None:
    assert filmed(0.5, 9.0).hint() == ""
    assert filmed(4.0, 9.0, rate=5, fmt=SMALL).hint() == ""


def test_nothing_is_said_before_it_is_known() -> None:
    assert KeyFrames(LARGE).hint() == ""
    assert filmed(4.0, 3.9).hint() == ""


def test_a_key_frame_that_does_not_come_is_known_to_be_rare_after_five_seconds() -> None:
    assert "come more than 6 s apart, so" in filmed(10.0, 6.1).hint()
    assert "come every 10 s, so" in filmed(10.0, 10.1).hint()


def test_the_newest_interval_counts_and_one_that_is_overdue() -> None:
    frames = filmed(2.0, 4.1)
    assert frames.interval == pytest.approx(2.0)
    frames = filmed(0.5, 4.1)
    for number in range(103, 203):
        frames.take(Packet(b"picture", number * 3600, number * 3600, 3600, key=False, arrived=0.0))
    assert frames.interval == pytest.approx(4.24)


@given(steps=st.lists(st.tuples(st.integers(1, 900_000), st.booleans()), max_size=60))
def test_whatever_comes_never_raises_and_costs_are_never_negative(steps: list[tuple[int, bool]]) -> None:
    frames, dts = KeyFrames(LARGE), 0
    for step, key in steps:
        dts += step
        frames.take(Packet(b"picture", dts, dts, 1, key, 0.0))
        frames.hint()
        assert frames.decoding_percent >= 0.0

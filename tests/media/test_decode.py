"""What is decoded, and what is not."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.core.media import Packet, VideoFormat
from doorstep.media.decode import Eye, looking
from doorstep.media.demux import read_file
from doorstep.ports import KEY_FRAME, Frame, Plane, Wish
from fakes.clock import FakeClock
from media.make_clips import LEVELS, Recipe, make_video, number_in


@dataclass
class Tap:
    """Wants what `rule` says, given the time and the time of the last frame it got."""

    rule: Callable[[float, float], Wish]
    frames: list[Frame] = field(default_factory=list)
    last: float = float("-inf")

    def wants(self, at: float) -> Wish:
        return self.rule(at, self.last)

    def put(self, frame: Frame) -> None:
        self.frames.append(frame)
        self.last = frame.at

    @property
    def numbers(self) -> list[int]:
        return [number_in(pixels(frame.luma())) for frame in self.frames]


@dataclass
class CountingDecoder:
    """Hands everything on to a real one and counts packets."""

    real: Any
    count: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def decode(self, packet: object) -> Any:
        self.count += packet is not None
        return self.real.decode(packet)


def pixels(plane: Plane) -> "np.ndarray[Any, np.dtype[np.uint8]]":
    rows = np.frombuffer(plane.pixels, np.uint8)[: plane.stride * plane.height].reshape(plane.height, plane.stride)
    return rows[:, : plane.width]


def always(_at: float, _last: float) -> bool:
    return True


def never(_at: float, _last: float) -> bool:
    return False


def every(seconds: float) -> Callable[[float, float], bool]:
    return lambda at, last: at >= last + seconds - 0.001


def patient(at: float, last: float) -> Wish:
    """Four times a second, and a key frame will do."""
    return KEY_FRAME if every(0.25)(at, last) else False


def read(path: Path) -> tuple[VideoFormat, list[Packet]]:
    fmt, *packets = list(read_file(path, FakeClock()))
    assert isinstance(fmt, VideoFormat)
    return fmt, [packet for packet in packets if isinstance(packet, Packet)]


def seen(path: Path, rule: Callable[[float, float], Wish]) -> tuple[Tap, int]:
    """What a tap with this rule gets, and how many packets were decoded for it."""
    fmt, packets = read(path)
    tap = Tap(rule)
    eye = Eye(fmt, tap)
    eye._decoder = counting = CountingDecoder(eye._decoder)  # type: ignore[assignment]  # a stand-in
    for packet in packets:
        eye.take(packet)
    assert eye.damaged == 0
    return tap, counting.count


@pytest.fixture(scope="module", params=["libx264", "libx265"])
def clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("decode") / "clip.mp4", Recipe(codec=request.param, frames=40))


@pytest.fixture(scope="module", params=["libx264", "libx265"])
def half_second_clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    recipe = Recipe(codec=request.param, frames=40, gop=5)
    return make_video(tmp_path_factory.mktemp("decode") / "half-second.mp4", recipe)


@pytest.fixture(scope="module")
def reordered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("decode") / "reordered.mp4", Recipe(frames=40, b_frames=2))


def test_who_wants_all_gets_all_in_order(clip: Path) -> None:
    tap, _ = seen(clip, always)
    assert tap.numbers == [n % LEVELS for n in range(40)]
    assert [round(frame.at * 10) for frame in tap.frames] == list(range(40))


def test_what_nobody_wants_is_never_decoded(clip: Path) -> None:
    tap, decoded = seen(clip, never)
    assert tap.frames == []
    assert decoded == 0


def test_key_frames_alone_are_decoded_when_looks_are_rarer(clip: Path) -> None:
    tap, decoded = seen(clip, every(1.0))
    assert [round(frame.at * 10) for frame in tap.frames] == [0, 10, 20, 30]
    assert tap.numbers == [n % LEVELS for n in (0, 10, 20, 30)]
    assert decoded == 4


def test_who_has_time_gets_key_frames_alone_where_they_come_twice_a_second(half_second_clip: Path) -> None:
    tap, decoded = seen(half_second_clip, patient)
    # Until the second key frame nobody knows how far they lie apart.
    assert [round(frame.at * 10) for frame in tap.frames] == [0, 3, 10, 15, 20, 25, 30, 35]
    assert tap.numbers == [n % LEVELS for n in (0, 3, 10, 15, 20, 25, 30, 35)]
    assert decoded == 4 + 6


def test_who_has_time_is_not_kept_waiting_where_key_frames_are_rare(clip: Path) -> None:
    tap, _ = seen(clip, patient)
    times = [round(frame.at * 10) for frame in tap.frames]
    assert max(b - a for a, b in itertools.pairwise(times)) == 3


def test_a_key_frame_that_is_late_is_waited_for_no_longer(half_second_clip: Path) -> None:
    fmt, packets = read(half_second_clip)
    tap = Tap(patient)
    eye = Eye(fmt, tap)
    for number, packet in enumerate(packets[:20]):
        eye.take(replace(packet, key=packet.key and number < 15))
    assert [round(frame.at * 10) for frame in tap.frames] == [0, 3, 10, 16, 19]


@pytest.mark.parametrize("first", range(1, 5))
def test_who_has_no_time_any_more_is_caught_up_with_at_once(half_second_clip: Path, first: int) -> None:
    def rule(at: float, last: float) -> Wish:
        return patient(at, last) if at < 2.0 + first / 10 - 0.01 else True

    tap, decoded = seen(half_second_clip, rule)
    times = [0, 3, 10, 15, 20, *range(20 + first, 40)]
    assert [round(frame.at * 10) for frame in tap.frames] == times
    assert tap.numbers == [n % LEVELS for n in times]
    alone, again = 3, 1  # the last key frame that was decoded alone is needed once more
    assert decoded == 4 + alone + again + 19


def test_a_lone_key_frame_is_not_kept_back_by_reordering(reordered: Path) -> None:
    fmt, packets = read(reordered)
    tap = Tap(lambda _at, _last: KEY_FRAME)
    eye = Eye(fmt, tap)
    eye._rhythm._gop_seconds = 0.5
    eye.take(packets[0])
    assert tap.numbers == [0]


def test_all_is_decoded_where_key_frames_are_rarer_than_looks(clip: Path) -> None:
    tap, decoded = seen(clip, every(0.3))
    times = [round(frame.at * 10) for frame in tap.frames]
    assert max(b - a for a, b in itertools.pairwise(times)) <= 4
    assert tap.numbers == [n % LEVELS for n in times]
    assert decoded > 30


def test_the_rest_of_a_gop_is_left_out_and_the_next_picture_is_right(clip: Path) -> None:
    tap, decoded = seen(clip, lambda at, _last: round(at * 10) in {3, 11})
    assert [round(frame.at * 10) for frame in tap.frames] == [3, 11]
    assert tap.numbers == [3, 11]
    assert decoded == 4 + 2


def test_gops_in_which_nothing_is_wanted_are_left_out_and_the_next_picture_is_right(clip: Path) -> None:
    tap, decoded = seen(clip, lambda at, _last: round(at * 10) in {3, 30, 31})
    assert [round(frame.at * 10) for frame in tap.frames] == [3, 30, 31]
    assert tap.numbers == [n % LEVELS for n in (3, 30, 31)]
    assert decoded == 4 + 2


def test_pictures_shown_in_another_order_come_in_the_order_they_are_shown(reordered: Path) -> None:
    tap, _ = seen(reordered, always)
    times = [frame.at for frame in tap.frames]
    assert times == sorted(times)
    assert len(times) >= 40 // 3
    start = times[0]
    assert tap.numbers == [round((at - start) * 10) % LEVELS for at in times]


def test_the_last_wanted_picture_of_a_gop_is_not_kept_back_by_reordering(reordered: Path) -> None:
    fmt, packets = read(reordered)
    tap = Tap(lambda at, _last: at < 0.5)
    eye = Eye(fmt, tap)
    for packet in packets[:14]:
        eye.take(packet)
    assert tap.numbers[0] == 0
    assert not eye._wanted


def test_a_picture_that_the_decoder_holds_back_holds_no_other_look_back(reordered: Path) -> None:
    tap, _ = seen(reordered, every(0.25))
    times = [frame.at for frame in tap.frames]
    assert max(b - a for a, b in itertools.pairwise(times)) <= 0.41  # every third picture is asked for, ten a second


def test_a_frame_says_when_its_packet_arrived(clip: Path) -> None:
    fmt, packets = read(clip)
    tap = Tap(always)
    eye = Eye(fmt, tap)
    for number, packet in enumerate(packets):
        eye.take(replace(packet, arrived=100.0 + number))
    assert [frame.captured_at for frame in tap.frames] == [100.0 + number for number in range(40)]


def test_packets_before_the_first_key_frame_are_left_out(clip: Path) -> None:
    fmt, packets = read(clip)
    tap = Tap(always)
    eye = Eye(fmt, tap)
    for packet in packets[4:]:
        eye.take(packet)
    assert tap.numbers == [n % LEVELS for n in range(10, 40)]


def test_items_are_handed_on_before_anything_is_decoded(clip: Path) -> None:
    fmt, packets = read(clip)
    tap = Tap(always)
    stream = looking(iter([fmt, *packets]), tap)
    assert next(stream) == fmt
    assert next(stream) == packets[0]
    assert tap.frames == []
    assert list(stream) == packets[1:]
    assert len(tap.frames) == 40


def test_a_second_format_is_decoded_by_a_new_decoder(clip: Path, tmp_path: Path) -> None:
    fmt, packets = read(clip)
    other, others = read(make_video(tmp_path / "large.mp4", Recipe(frames=5, width=320, height=240)))
    tap = Tap(always)
    list(looking(iter([fmt, *packets[:5], other, *others]), tap))
    assert [frame.width for frame in tap.frames] == [160] * 5 + [320] * 5


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=40
)
@given(damage=st.dictionaries(st.integers(0, 29), st.binary(max_size=60), min_size=1, max_size=6))
def test_damage_never_raises_and_the_next_key_frame_heals_it(clip: Path, damage: dict[int, bytes]) -> None:
    fmt, packets = read(clip)
    tap = Tap(always)
    eye = Eye(fmt, tap)
    for number, packet in enumerate(packets):
        eye.take(replace(packet, data=damage.get(number, packet.data)))
    assert tap.numbers[-10:] == [n % LEVELS for n in range(30, 40)]


@pytest.mark.parametrize("config", [b"", b"\x01", b"\x01garbage" * 9])
def test_a_format_that_no_decoder_takes_never_raises(clip: Path, config: bytes) -> None:
    fmt, packets = read(clip)
    tap = Tap(always)
    eye = Eye(replace(fmt, decoder_config=config), tap)
    for packet in packets:
        eye.take(packet)
    assert tap.frames == []


def test_a_gop_too_large_to_wait_for_is_given_up_until_the_next_key_frame(clip: Path) -> None:
    fmt, packets = read(clip)
    tap = Tap(lambda at, _last: at >= 0.95)
    eye = Eye(fmt, tap)
    for number, packet in enumerate(packets):
        eye.take(replace(packet, data=bytes(17 * 2**20)) if number == 5 else packet)
    assert tap.numbers == [n % LEVELS for n in range(10, 40)]


def test_a_gop_is_given_up_also_while_the_decoder_holds_a_picture_back(reordered: Path) -> None:
    fmt, packets = read(reordered)
    tap = Tap(always)
    eye = Eye(fmt, tap)
    eye.take(packets[0])
    assert eye._wanted
    for packet in (replace(packets[1], data=bytes(17 * 2**20)), *packets[2:]):
        eye.take(packet)
    assert tap.frames[-1].at > 3.0

"""A network camera that is decoded, masked and encoded anew."""

import threading
from dataclasses import replace
from itertools import pairwise

import pytest

from doorstep.core.errors import SourceLost
from doorstep.core.media import AudioFormat, AudioPacket, Codec, Packet, StreamItem, VideoFormat
from doorstep.ports import Wish
from doorstep.sources.lateness import Lateness
from doorstep.sources.reencode_cost import reencode_cost
from doorstep.sources.reencoded import ReencodedSource
from fakes.clock import FakeClock
from fakes.footage import real_stream
from fakes.masked_pictures import MASK, assert_masked, decoded, take
from fakes.recorded_camera import HEIGHT, RATE, WIDTH, Recorded, loud_stream
from fakes.taps import ListTap

SOUND = AudioFormat(8000, 1, b"\x15\x88")


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_nothing_under_a_mask_is_seen_anywhere(rotation: int) -> None:
    tap = ListTap(rule=lambda _at: True)
    camera = Recorded(loud_stream())
    items = take(ReencodedSource(camera, masks=(MASK,), rotation=rotation, clock=FakeClock()), 25, tap)
    assert_masked(items, tap.frames)
    assert len(tap.frames) >= 24
    assert not any(inner.wants(at / 10) for inner in camera.taps for at in range(100))


def test_times_stay_the_cameras_own() -> None:
    fmt, *packets = take(ReencodedSource(Recorded(loud_stream()), clock=FakeClock()), 21)
    assert isinstance(fmt, VideoFormat)
    whole = [packet for packet in packets if isinstance(packet, Packet)]
    assert [packet.pts for packet in whole] == [900_000 + number * 9000 for number in range(20)]
    assert [packet.arrived for packet in whole] == [number / RATE for number in range(20)]
    assert [number for number, packet in enumerate(whole) if packet.key] == [0, 10]


@pytest.mark.parametrize(("codec", "b_frames"), [(Codec.H264, 2), (Codec.H264, 0), (Codec.HEVC, 2)])
def test_every_picture_comes_once_and_in_order(codec: Codec, b_frames: int) -> None:
    fmt, packets = real_stream(codec, 40, 20, b_frames)
    camera = Recorded([fmt, *packets])
    items = take(ReencodedSource(camera, clock=FakeClock()), 30)
    assert isinstance(items[0], VideoFormat)
    assert items[0].codec is Codec.H264
    whole = [item for item in items if isinstance(item, Packet)]
    step = 90_000 // 25
    assert [packet.pts for packet in whole] == pytest.approx(
        [whole[0].pts + number * step for number in range(len(whole))], abs=2
    )
    assert all(one.dts < two.dts for one, two in pairwise(whole))


def test_sound_passes_as_it_is() -> None:
    fmt, *packets = loud_stream()
    assert isinstance(fmt, VideoFormat)
    sound = [AudioPacket(bytes([number]), number * 800, 800, number / RATE) for number in range(len(packets))]
    mixed = [item for pair in zip(sound, packets, strict=True) for item in pair]
    camera = Recorded([replace(fmt, audio=SOUND), *mixed])
    first, *items = take(ReencodedSource(camera, clock=FakeClock()), 40)
    assert isinstance(first, VideoFormat)
    assert first.audio == SOUND
    assert [item for item in items if isinstance(item, AudioPacket)] == sound[1:20]


def test_a_new_format_begins_a_new_connection() -> None:
    camera = Recorded([*loud_stream(), *loud_stream(128, 64)])
    items = take(ReencodedSource(camera, masks=(MASK,), clock=FakeClock()), 48)
    formats = [(item.width, item.height) for item in items if isinstance(item, VideoFormat)]
    assert formats == [(WIDTH, HEIGHT), (128, 64)]
    for one, two in pairwise(items):
        if isinstance(one, VideoFormat):
            assert isinstance(two, Packet)
            assert two.key


def test_what_the_camera_raises_goes_on() -> None:
    with pytest.raises(SourceLost, match="the camera left"):
        take(ReencodedSource(Recorded(loud_stream()), clock=FakeClock()), 1000)


def test_a_stream_of_damage_is_lost() -> None:
    fmt = loud_stream()[0]
    damage = [Packet(b"\x00\x00\x00\x03\x65\xff\xff", number, number, 1, True, 0.0) for number in range(1000)]
    with pytest.raises(SourceLost, match=r"cannot be decoded|the camera left"):
        take(ReencodedSource(Recorded([fmt, *damage]), clock=FakeClock()), 10_000)


class SlowTap(ListTap):
    """Takes longer over each picture than there is until the next."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock = clock

    def wants(self, at: float) -> Wish:
        self._clock.advance(0.25)
        return self.rule(at)


def test_who_is_late_leaves_pictures_out_and_never_queues_them() -> None:
    clock = FakeClock()
    source = ReencodedSource(Recorded(loud_stream(count=150)), clock=clock)
    items: list[StreamItem] = []
    with pytest.raises(SourceLost):
        items.extend(source.read(SlowTap(clock), threading.Event()))
    began = clock.monotonic() - 1000.0
    assert began <= 15.0 + 1.5  # as long as the stream, not two and a half times as long


def test_two_clocks_that_drift_apart_make_nobody_late() -> None:
    clock = FakeClock()
    lateness = Lateness(clock)
    for second in range(100_000):
        clock.advance(1.0005)
        assert not lateness.late(float(second))
    clock.advance(2.0)
    assert lateness.late(100_000.0)


def test_the_cost_is_measured_and_grows_with_the_picture() -> None:
    small = reencode_cost(64, 64, 10, seconds=1.0)
    large = reencode_cost(640, 480, 10, seconds=1.0)
    assert 0.0 < small < large


def test_pictures_are_the_cameras() -> None:
    items = take(ReencodedSource(Recorded(loud_stream()), clock=FakeClock()), 20)
    before, after = decoded(loud_stream()[:20]), decoded(items)
    for one, two in zip(before, after, strict=False):
        assert abs(one.astype(int) - two.astype(int)).mean() < 4

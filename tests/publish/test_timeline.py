"""One running time line over all connections of a camera."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.media import AudioFormat, AudioPacket
from doorstep.publish.timeline import Timeline
from fakes.footage import FORMAT, packet


def test_it_begins_at_nought_and_follows_the_cameras_own_clock() -> None:
    timeline = Timeline()
    timeline.begin(FORMAT)
    late = [replace(packet(7000 + 40 * index), arrived=50.0 + index * 0.041) for index in range(100)]
    assert [timeline.of(one) for one in late] == [40 * index for index in range(100)]


def test_a_camera_that_was_away_left_as_much_time_out_as_it_was_away() -> None:
    timeline = Timeline()
    timeline.begin(FORMAT)
    assert timeline.of(replace(packet(5000), arrived=100.0)) == 0
    assert timeline.of(replace(packet(5040), arrived=100.04)) == 40
    timeline.begin(FORMAT)
    assert timeline.of(replace(packet(0), arrived=107.5)) == 7500
    assert timeline.of(replace(packet(40), arrived=107.6)) == 7540


def test_a_hole_in_the_cameras_times_stays_a_hole() -> None:
    timeline = Timeline()
    timeline.begin(FORMAT)
    assert [timeline.of(packet(at)) for at in (0, 40, 3040)] == [0, 40, 3040]


def test_sound_stands_on_the_same_line() -> None:
    timeline = Timeline()
    timeline.begin(replace(FORMAT, audio=AudioFormat(16000, 1, b"\x14\x08")))
    assert timeline.of(packet(2000)) == 0
    assert timeline.of(AudioPacket(b"x", 2 * 16000 + 8000, 1024, 2.5)) == 500


@given(st.lists(st.tuples(st.integers(0, 10**9), st.floats(0, 5), st.integers(1, 5)), min_size=1))
def test_a_new_connection_is_never_before_the_last_one(connections: list[tuple[int, float, int]]) -> None:
    timeline, arrived, latest = Timeline(), 1000.0, -1
    for first, away, count in connections:
        timeline.begin(FORMAT)
        arrived += away
        for index in range(count):
            time = timeline.of(replace(packet(first + 40 * index), arrived=arrived + 0.01 * index))
            assert time > latest
            latest = time

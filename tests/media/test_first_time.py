"""The first picture's time, told by the ones behind it."""

from collections.abc import Iterator

import av
import pytest

from doorstep.media.first_time import Arrival, with_first_time

PICTURES, SOUND = 0, 1


def packet(pts: int | None, index: int = PICTURES) -> Arrival:
    container = av.open("/dev/null", "w", format="mpegts")
    container.add_stream("mpeg4", 25)
    container.add_stream("aac", 8000)
    made = av.Packet(b"x")
    made.stream = container.streams[index]
    made.pts = pts
    return made, float(pts or 0)


def times_of(arrivals: Iterator[Arrival]) -> list[int | None]:
    return [raw.pts for raw, _ in arrivals if raw.stream_index == PICTURES]


@pytest.mark.parametrize(
    ("behind", "depth", "first"),
    [
        ([3600, 7200], 0, 0),
        ([0, 3600], 0, -3600),  # the sender report came first
        ([10800, 3600, 7200, 21600], 2, 0),
        ([7200, 0, 3600, 18000], 2, -3600),
        ([10800, 3600, 0, 7200], 2, -3600),  # a pyramid
    ],
)
def test_the_first_picture_is_shown_one_picture_before_the_earliest_behind_it(
    behind: list[int], depth: int, first: int
) -> None:
    arrivals = [packet(None), packet(0, SOUND), *map(packet, behind)]
    read = list(with_first_time(arrivals, PICTURES, 3600, depth))
    assert times_of(iter(read)) == [first, *behind]
    assert [came for _, came in read] == [came for _, came in arrivals]


def test_nothing_waits_where_the_first_time_is_known() -> None:
    arrivals = iter([packet(5), packet(6)])
    assert next(with_first_time(arrivals, PICTURES, 1, 2))[0].pts == 5
    assert next(arrivals)[0].pts == 6


def test_sound_before_the_first_picture_is_no_picture() -> None:
    assert times_of(with_first_time([packet(7, SOUND), packet(None), packet(3)], PICTURES, 1, 0)) == [2, 3]


def test_a_stream_without_times_is_held_no_longer_than_a_bound() -> None:
    arrivals = iter([packet(None) for _ in range(300)])
    assert len(list(with_first_time(arrivals, PICTURES, 1, 0))) == 300
    arrivals = iter([packet(None) for _ in range(300)])
    next(with_first_time(arrivals, PICTURES, 1, 0))
    assert len(list(arrivals)) == 300 - 201


def test_what_came_before_a_lost_connection_is_given_out() -> None:
    def lost() -> Iterator[Arrival]:
        yield packet(None)
        raise av.ExitError(0, "silence")

    read = with_first_time(lost(), PICTURES, 1, 0)
    assert next(read)[0].pts is None
    with pytest.raises(av.ExitError):
        next(read)


def test_a_stream_that_ends_early_is_given_out_whole() -> None:
    assert times_of(with_first_time([packet(None)], PICTURES, 1, 0)) == [None]

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest

from doorstep.core.camera import CameraId
from doorstep.core.errors import BlobMissing, MediaInvalid, StoreFull, StoreUnavailable
from doorstep.core.media import AudioPacket, Packet, VideoFormat
from doorstep.core.rolling_buffer import RollingBuffer
from doorstep.core.segment import ConnectionId, Segment
from doorstep.mp4.fragment import read_fragment
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.shelves.memory import MemoryShelf
from fakes.footage import CAMERA, FORMAT, SOUND_FORMAT, seconds
from fakes.instant_loop import LoopClock
from fakes.stand_in_frame import StandInFrame


class NarrowShelf(MemoryShelf):
    """A `ports.SegmentShelf` with room for so many segments, which may be out of order altogether."""

    def __init__(self, room: int = 10_000) -> None:
        super().__init__()
        self.room = room
        self.is_broken = False
        self.is_stuck = False
        self.closed: list[ConnectionId] = []

    def open(self, camera: CameraId, connection: ConnectionId, fmt: VideoFormat) -> None:
        self._check()
        if self._held() >= self.room:
            msg = "The buffer's folder is full."
            raise StoreFull(msg)
        super().open(camera, connection, fmt)

    def put(self, segment: Segment, fragment: bytes) -> None:
        self._check()
        if self._held() >= self.room:
            msg = "The buffer's folder is full."
            raise StoreFull(msg)
        super().put(segment, fragment)

    def remove(self, segment: Segment) -> None:
        if self.is_stuck:
            msg = "The buffer's folder cannot be used."
            raise StoreUnavailable(msg)
        super().remove(segment)

    def close(self, camera: CameraId, connection: ConnectionId) -> None:
        self.closed.append(connection)
        super().close(camera, connection)

    def _held(self) -> int:
        return sum(len(row.fragments) for row in self._rows.values())

    def _check(self) -> None:
        if self.is_broken:
            msg = "The buffer's folder cannot be used."
            raise StoreUnavailable(msg)


class Film:
    """A camera that is fed by hand, four pictures a second."""

    def __init__(self, shelf: NarrowShelf | None = None, buffer_seconds: float = 60.0) -> None:
        self.clock = LoopClock()
        self.shelf = shelf or NarrowShelf()
        self.camera = BufferedCamera(CAMERA, RollingBuffer(buffer_seconds, 10_000_000), self.shelf, self.clock)
        self.told = 0
        self.camera.on_segment = self.tell
        self._dts = 0

    def tell(self) -> None:
        self.told += 1

    def connect(self, fmt: VideoFormat = FORMAT, first_dts: int = 0) -> None:
        self.clock.advance(0.01)
        self.camera.begin(fmt)
        self._dts = first_dts

    def roll(self, count: int) -> None:
        for packet in self.packets(count):
            self.camera.take(packet)
            self.clock.advance(0.25)

    def skip(self, ticks: int) -> None:
        """The camera's clock is set forward."""
        self._dts += ticks

    def packets(self, count: int) -> Iterator[Packet]:
        for _ in range(count):
            key = self._dts % 1000 == 0
            yield Packet(b"picture", self._dts, self._dts, 250, key, self.clock.monotonic())
            self._dts += 250

    def fault(self) -> str | None:
        return self.camera.store_fault

    def held(self) -> list[Segment]:
        return list(self.camera.buffer.since_key_frame_before(self.clock.now() - seconds(10_000)))


def test_packets_become_segments_whose_bytes_are_on_the_shelf() -> None:
    film = Film()
    film.connect()
    began = film.clock.now()
    film.roll(9)
    first, second = film.held()
    assert first.starts_at == began
    assert (second.starts_at - first.starts_at).total_seconds() == 1.0
    assert film.told == 2
    for segment in (first, second):
        assert read_fragment(film.camera.read(segment, 0, segment.size)).first_dts == segment.first_dts


def test_a_stream_that_joins_late_or_before_zero_begins_at_zero_in_its_file() -> None:
    for first_dts in (-2000, 1_000_000_000):
        film = Film()
        film.connect(first_dts=first_dts)
        film.roll(9)
        assert [segment.first_dts for segment in film.held()] == [0, 1000]


def test_the_end_of_a_connection_is_a_last_shorter_segment() -> None:
    film = Film()
    film.connect()
    film.roll(6)
    film.camera.end()
    assert [len(segment.samples) for segment in film.held()] == [4, 2]
    assert not film.camera.connected
    film.camera.end()
    assert film.told == 2


def test_a_new_format_is_a_new_connection() -> None:
    film = Film()
    film.connect()
    film.roll(6)
    other = replace(FORMAT, width=1280)
    film.connect(other)
    film.roll(5)
    formats = [film.camera.format_of(segment) for segment in film.held()]
    assert formats == [FORMAT, FORMAT, other]
    assert film.camera.format == other


def test_a_packet_before_its_format_is_a_fault() -> None:
    film = Film()
    with pytest.raises(RuntimeError):
        film.roll(1)


def test_a_connection_of_which_nothing_is_left_is_forgotten() -> None:
    film = Film(buffer_seconds=3.0)
    film.connect()
    film.roll(6)
    old = film.held()[0]
    film.camera.end()
    film.connect()
    film.roll(24)
    assert film.shelf.closed == [old.connection]
    with pytest.raises(BlobMissing):
        film.camera.format_of(old)


def test_a_full_shelf_gives_up_the_oldest_and_keeps_the_newest() -> None:
    film = Film(NarrowShelf(room=5))
    film.connect()
    film.roll(41)
    held = film.held()
    assert len(held) == 5
    assert held[-1].sequence == 10
    assert film.camera.lost_segments == 0
    assert film.fault() is None


def test_the_last_segment_of_a_connection_keeps_its_format_on_a_full_shelf_too() -> None:
    film = Film(NarrowShelf(room=1))
    film.connect()
    film.roll(4)
    film.camera.end()
    film.connect()
    film.roll(4)
    film.camera.end()
    (segment,) = film.held()
    assert film.camera.format_of(segment) == FORMAT


def test_a_broken_shelf_loses_what_comes_and_nothing_that_is_there() -> None:
    film = Film()
    film.connect()
    film.roll(17)
    film.shelf.is_broken = True
    film.roll(8)
    assert film.camera.lost_segments == 2
    assert film.fault() is not None
    assert len(film.held()) == 4
    film.shelf.is_broken = False
    film.roll(4)
    assert film.fault() is None
    assert len(film.held()) == 5


def test_a_camera_connects_though_the_shelf_is_broken_and_is_kept_once_it_is_not() -> None:
    film = Film()
    film.shelf.is_broken = True
    film.connect()
    film.roll(5)
    assert film.held() == []
    film.shelf.is_broken = False
    film.roll(8)
    assert len(film.held()) == 2


def test_what_cannot_be_removed_from_the_shelf_is_told_and_stops_nothing() -> None:
    film = Film(buffer_seconds=3.0)
    film.connect()
    film.roll(16)
    film.shelf.is_stuck = True
    film.roll(4)
    assert film.fault() is not None
    assert film.held()[-1].sequence == 4


def test_times_that_run_backwards_end_the_connection_and_keep_what_was_good() -> None:
    film = Film()
    film.connect()
    film.roll(6)
    film.camera.take(Packet(b"back", 0, 0, 250, key=False, arrived=film.clock.monotonic()))
    with pytest.raises(MediaInvalid):
        film.camera.take(Packet(b"key", 3000, 3000, 250, key=True, arrived=film.clock.monotonic()))
    film.camera.end()
    assert not film.camera.connected
    assert len(film.held()[0].samples) == 4


def test_a_frame_is_dated_by_its_place_in_the_connection_not_by_its_arrival() -> None:
    film = Film()
    film.connect()
    began = film.clock.now()
    film.roll(6)
    late = StandInFrame(at=1.25, captured_at=film.clock.monotonic())
    assert film.camera.wall_of(late) == began + seconds(1.25)


def test_a_frame_of_another_connection_is_dated_by_its_arrival() -> None:
    film = Film()
    film.connect()
    film.roll(3)
    captured_at = film.clock.monotonic() - 0.5
    stranger = StandInFrame(at=900.0, captured_at=captured_at)
    assert film.camera.wall_of(stranger) == film.clock.now() - seconds(0.5)
    film.camera.end()
    assert film.camera.wall_of(stranger) == film.clock.now() - seconds(0.5)


def test_the_open_second_is_a_whole_fragment_that_is_not_on_the_shelf() -> None:
    film = Film()
    assert film.camera.open_second() is None
    film.connect()
    assert film.camera.open_second() is None
    film.roll(6)
    newest = film.camera.open_second()
    assert newest is not None
    segment, data = newest
    assert (len(segment.samples), segment.sequence) == (2, 2)
    assert read_fragment(data).samples == segment.samples
    with pytest.raises(BlobMissing):
        film.camera.read(segment, 0, 1)
    film.roll(3)
    assert film.held()[-1].starts_at == segment.starts_at


def test_pictures_that_lead_the_first_key_frame_are_left_out() -> None:
    """They need a GOP that nobody has: so a connection begins where one joins an open GOP."""
    film = Film()
    film.connect()
    for pts, dts, key in ((750, 0, True), (250, 250, False), (500, 500, False), (1000, 750, False), (1750, 1000, True)):
        film.camera.take(Packet(f"{pts}".encode(), pts, dts, 250, key, film.clock.monotonic()))
    film.camera.take(Packet(b"1250", 1250, 1250, 250, key=False, arrived=film.clock.monotonic()))
    film.camera.end()
    first, second = film.held()
    assert list(first.samples.durations) == [750, 250]
    assert list(second.samples.composition_offsets) == [750, 0]


def test_wall_time_that_begins_anew_is_told_with_what_lies_between() -> None:
    film = Film()
    told: list[tuple[datetime, datetime]] = []
    film.camera.on_reanchor = lambda ended, begins: told.append((ended, begins))
    film.connect()
    began = film.clock.now()
    film.roll(20)
    assert told == []
    film.clock.advance(30)
    film.skip(60_000)
    film.roll(8)
    assert told == [(began + seconds(5), began + seconds(35))]


def test_sound_joins_its_second_and_is_on_the_shelf_behind_the_pictures() -> None:
    film = Film()
    film.connect(SOUND_FORMAT, first_dts=1_000_000)
    for number in range(5):
        (packet,) = film.packets(1)
        film.camera.take(packet)
        film.camera.take(AudioPacket(b"sound", 16_000_000 + number * 4000, 1024, film.clock.monotonic()))
        film.clock.advance(0.25)
    newest = film.camera.open_second()
    (first,) = film.held()
    assert first.audio is not None
    assert newest is not None
    assert newest[0].audio is not None
    assert (first.audio.first_pts, newest[0].audio.first_pts, first.sample_rate) == (0, 16_000, 16_000)
    assert film.camera.read(first, first.size - 20, 20) == b"sound" * 4
    assert film.shelf.reindex()[0].segments == (first,)


def test_what_survived_a_restart_is_there_again_and_the_next_connection_joins_it() -> None:
    film = Film()
    film.connect()
    film.roll(9)
    film.camera.end()
    again = Film(film.shelf)
    again.clock.advance(60)
    again.camera.restore(film.shelf.reindex())
    assert [segment.sequence for segment in again.held()] == [1, 2, 3]
    assert again.camera.format_of(again.held()[0]) == FORMAT
    again.connect()
    again.roll(5)
    assert len({segment.connection for segment in again.held()}) == 2

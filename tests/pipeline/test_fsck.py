"""What `fsck` finds on a disk, what it makes of it, and that no byte of video is ever deleted."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.catalog.memory import MemoryCatalog
from doorstep.core.agreement import Fault
from doorstep.core.cause import Cause
from doorstep.core.errors import StoreUnavailable
from doorstep.core.event import Event, EventId, Recording
from doorstep.core.recorded_span import RecordedSpan
from doorstep.core.recording_key import still_key, thumbnail_key
from doorstep.mp4.recording import entry, header
from doorstep.pipeline.fsck import Findings, Fsck
from doorstep.pipeline.mend import Mender
from doorstep.pipeline.side_room import NoSideRoom
from doorstep.stores.local import LocalStore
from doorstep.stores.local_blob import LocalBlob
from doorstep.stores.lost_and_found import LostAndFound
from fakes.footage import CAMERA, FORMAT, NOON, plain_packets, seconds, segments_of
from fakes.instant_loop import LoopClock, run, while_running
from fakes.recording_house import EVENT as EVENT_OF_HOUSE
from fakes.recording_house import RecordingHouse

SEGMENTS = segments_of(plain_packets(150))
ENDS_AT = SEGMENTS[-1][0].ends_at
EVENT = EventId("front-door-20261121T120002000")
KEY = "front-door/2026/11/21/20261121_120000.mp4"
MINUTE = "continuous/front-door/2026/11/21/20261121_120000.mp4"


def label(event: str = EVENT) -> bytes:
    told = {"event": event, "camera": CAMERA, "started_at": (NOON + seconds(2)).isoformat(), "causes": ["person"]}
    return json.dumps(told).encode()


def video(text: bytes | None = None) -> bytes:
    parts = (entry(segment, data) for segment, data in SEGMENTS)
    return header(FORMAT, label() if text is None else text) + b"".join(parts)


VIDEO = video()


@dataclass
class Disk:
    """A data folder's recordings and their rows."""

    root: Path

    def __post_init__(self) -> None:
        self.store = LocalStore(self.root)
        self.catalog = MemoryCatalog()
        self.room = LostAndFound(self.root)
        self.progress: list[tuple[int, int]] = []

    def keeps(self, data: bytes = VIDEO, key: str = KEY) -> None:
        blob = self.store.create(key)
        blob.append(data)
        blob.close()

    def knows(self, *, size: int = len(VIDEO), still: bool = False, over: bool = True) -> Event:
        recording = Recording(KEY, NOON + seconds(0.5), ENDS_AT, size)
        ended_at = ENDS_AT if over else None
        event = Event(
            EVENT, CAMERA, NOON + seconds(2), NOON + seconds(2), ended_at, (Cause.PERSON,), 0.9, 1.5, recording
        )
        event = replace(event, has_still=still)
        self.catalog.save_event(event)
        return event

    def pictures(self, key: str = KEY) -> None:
        self.store.put(still_key(key), b"still")
        self.store.put(thumbnail_key(key), b"small")

    def look(self, settled_before: datetime | None = None) -> Findings:
        fsck = Fsck(self.store, self.catalog, self.room, lambda done, total: self.progress.append((done, total)))
        return fsck.look(settled_before)

    def faults(self) -> list[Fault]:
        return [found.fault for found in self.look().faults]

    def mends(self) -> list[str | None]:
        mender = Mender(self.store, self.catalog, self.room, post_roll=2.0)
        return [mender.mend(found) for found in self.look().faults]

    def event(self) -> Event:
        event = self.catalog.event(EVENT)
        assert event is not None
        return event

    def every_byte(self) -> Iterator[bytes]:
        for path in self.root.rglob("*.mp4*"):
            yield path.read_bytes()


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path / "recordings")


def flipped(data: bytes, *positions: int) -> bytes:
    changed = bytearray(data)
    for position in positions:
        changed[position] ^= 255
    return bytes(changed)


def test_a_disk_in_order_is_read_to_the_last_byte_and_left_alone(disk: Disk) -> None:
    disk.keeps()
    disk.knows(still=True)
    disk.pictures()
    findings = disk.look()
    assert (findings.events, findings.recordings, findings.recorded_bytes) == (1, 1, len(VIDEO))
    assert (findings.faults, findings.notes) == ((), ())
    assert disk.progress == [(0, len(VIDEO)), (len(VIDEO), len(VIDEO))]


def test_an_event_whose_file_is_gone_stays_without_a_recording(disk: Disk) -> None:
    disk.knows(still=True)
    assert disk.mends() == ["the event stays, without a recording"]
    event = disk.event()
    assert (event.recording, event.has_still, event.pre_roll_seconds) == (None, False, None)
    assert disk.faults() == []


def test_pictures_of_a_recording_that_is_gone_are_kept_and_one_repair_is_enough(disk: Disk) -> None:
    disk.knows(still=True)
    disk.pictures()
    assert disk.faults() == [Fault.ROW_WITHOUT_FILE]
    disk.mends()
    assert disk.faults() == []
    assert disk.room.held() == (2, 10)


@pytest.mark.parametrize("behind", [b"", bytes(700_000)])
def test_a_file_into_which_no_video_came_is_removed(disk: Disk, behind: bytes) -> None:
    disk.keeps(header(FORMAT, label()) + behind)
    disk.knows()
    assert disk.faults() == [Fault.UNREADABLE]
    disk.mends()
    assert list(disk.every_byte()) == []
    assert disk.faults() == []


def test_a_damaged_file_without_a_row_is_rebuilt_and_gets_one(disk: Disk) -> None:
    damaged = flipped(VIDEO, len(header(FORMAT, label())) + len(entry(*SEGMENTS[0])) + 5)
    disk.keeps(damaged)
    assert disk.faults() == [Fault.FILE_WITHOUT_ROW]
    disk.mends()
    recording = disk.event().recording
    assert recording is not None
    assert (recording.starts_at, recording.ends_at) == (NOON, ENDS_AT)
    assert recording.size == disk.store.size(recording.key) == len(VIDEO) - len(entry(*SEGMENTS[1]))
    assert damaged in list(disk.every_byte())
    assert disk.faults() == []


def test_a_file_without_a_row_gets_one_from_its_label(disk: Disk) -> None:
    disk.keeps()
    disk.pictures()
    assert disk.faults() == [Fault.FILE_WITHOUT_ROW]
    disk.mends()
    event = disk.event()
    assert event.recording == Recording(KEY, NOON, ENDS_AT, len(VIDEO))
    assert (event.started_at, event.ended_at, event.causes) == (NOON + seconds(2), ENDS_AT, (Cause.PERSON,))
    assert event.has_still
    assert event.pre_roll_seconds == 2.0
    assert disk.faults() == []


def test_a_second_recording_of_one_event_is_set_aside(disk: Disk) -> None:
    disk.keeps()
    disk.knows()
    other = KEY.replace(".mp4", "_2.mp4")
    disk.keeps(key=other)
    assert disk.mends() == [f"moved to set+aside/{other}"]
    assert disk.faults() == []
    assert disk.room.held() == (1, len(VIDEO))


def test_a_label_that_tells_nothing_sends_its_file_to_the_side_room(disk: Disk) -> None:
    disk.keeps(video(b"who knows"))
    assert disk.mends() == [f"moved to set+aside/{KEY}"]
    assert list(disk.every_byte()) == [video(b"who knows")]


def test_a_ragged_end_is_cut_to_the_last_whole_segment(disk: Disk) -> None:
    disk.keeps(VIDEO[:-10])
    disk.knows(size=len(VIDEO))
    assert disk.faults() == [Fault.CUT_OFF]
    (words,) = disk.mends()
    recording = disk.event().recording
    assert recording is not None
    kept = disk.root / "set+aside" / f"{KEY}.from-{recording.size}"
    assert kept.read_bytes() == VIDEO[recording.size : -10]
    assert words is not None
    assert words.endswith(f"; the rest is in set+aside/{kept.relative_to(disk.root / 'set+aside')}")
    assert recording.size == disk.store.size(KEY) == len(VIDEO) - len(entry(*SEGMENTS[-1]))
    assert recording.ends_at == SEGMENTS[-2][0].ends_at
    assert disk.faults() == []


def test_reserved_space_that_was_never_written_is_not_kept(disk: Disk) -> None:
    disk.keeps(VIDEO + bytes(5000))
    disk.knows()
    disk.mends()
    assert disk.store.size(KEY) == len(VIDEO)
    assert disk.room.held() == (0, 0)
    assert disk.faults() == []


def test_damage_in_the_middle_costs_one_segment_and_the_damaged_file_is_kept(disk: Disk) -> None:
    damaged = flipped(VIDEO, len(header(FORMAT, label())) + len(entry(*SEGMENTS[0])) + 5)
    disk.keeps(damaged)
    disk.knows(still=True)
    disk.pictures()
    assert disk.faults() == [Fault.DAMAGED]
    disk.mends()
    recording = disk.event().recording
    assert recording is not None
    assert recording.key != KEY
    assert recording.ends_at == ENDS_AT
    assert disk.store.size(recording.key) == recording.size == len(VIDEO) - len(entry(*SEGMENTS[1]))
    assert disk.faults() == []
    assert damaged in list(disk.every_byte())


def test_one_changed_byte_is_found_wherever_it_is(disk: Disk) -> None:
    disk.keeps()
    disk.knows()
    for place in range(0, len(VIDEO), 13):
        (disk.root / KEY).write_bytes(flipped(VIDEO, place))
        assert len(disk.faults()) == 1, place


def test_a_header_with_a_changed_byte_is_made_anew_and_the_damaged_file_is_kept(disk: Disk) -> None:
    damaged = flipped(VIDEO, VIDEO.index(b"mvhd") + 12)
    disk.keeps(damaged)
    disk.knows()
    assert disk.faults() == [Fault.DAMAGED]
    disk.mends()
    recording = disk.event().recording
    assert recording is not None
    assert disk.store.read(recording.key, 0, len(VIDEO)) == VIDEO
    assert damaged in list(disk.every_byte())
    assert disk.faults() == []


def test_a_file_that_cannot_be_read_is_kept_and_its_event_too(disk: Disk) -> None:
    disk.keeps(b"x" * 1000)
    disk.knows()
    assert disk.faults() == [Fault.UNREADABLE]
    disk.mends()
    assert disk.event().recording is None
    assert list(disk.every_byte()) == [b"x" * 1000]
    assert disk.faults() == []


def test_a_row_with_another_size_is_corrected(disk: Disk) -> None:
    disk.keeps()
    disk.knows(size=5)
    assert disk.faults() == [Fault.SIZE]
    disk.mends()
    assert disk.faults() == []


def test_pictures_that_are_gone_are_not_shown_and_those_of_nothing_are_set_aside(disk: Disk) -> None:
    disk.keeps()
    disk.knows(still=True)
    disk.store.put("front-door/2026/11/21/lonely.jpg", b"picture")
    assert set(disk.faults()) == {Fault.NO_PICTURES, Fault.LONELY_PICTURE}
    disk.mends()
    assert not disk.event().has_still
    assert disk.faults() == []
    assert disk.room.held() == (1, 7)


def test_what_an_interrupted_write_left_goes_unless_it_may_be_video(disk: Disk) -> None:
    disk.keeps()
    disk.knows()
    folder = (disk.root / KEY).parent
    (folder / ".0123456789abcdef").write_bytes(b"half a picture")
    (folder / ".fedcba9876543210").write_bytes(VIDEO)
    assert disk.faults() == [Fault.LEFTOVER, Fault.LEFTOVER]
    assert disk.mends()[0] == "removed"
    assert disk.room.held() == (1, len(VIDEO))
    assert disk.faults() == []


def test_what_is_none_of_ours_is_told_and_left_alone(disk: Disk, tmp_path: Path) -> None:
    (disk.root / "my notes.txt").write_text("hello", encoding="utf-8")
    (disk.root / "link.mp4").symlink_to(tmp_path)
    findings = disk.look()
    assert findings.faults == ()
    assert sorted(note.split(":")[0] for note in findings.notes) == ["link.mp4", "my notes.txt"]
    disk.mends()
    assert (disk.root / "my notes.txt").exists()


def test_a_strangers_name_does_nothing_to_a_terminal(disk: Disk) -> None:
    (disk.root / "x\x1b[2J\udcff").write_bytes(b"")
    (note,) = disk.look().notes
    assert note.isprintable()


def test_an_event_that_runs_is_not_judged(disk: Disk) -> None:
    disk.keeps(VIDEO[:-10])
    disk.knows(size=7, over=False)
    findings = disk.look()
    assert findings.faults == ()
    assert len(findings.notes) == 1


def test_beside_a_running_server_what_is_new_is_not_judged(disk: Disk) -> None:
    disk.keeps(VIDEO[:-10])
    disk.knows()
    assert disk.look(settled_before=ENDS_AT - timedelta(seconds=1)).faults == ()
    assert [found.fault for found in disk.look(settled_before=ENDS_AT + timedelta(seconds=1)).faults] == [Fault.CUT_OFF]


def minute_row(size: int) -> RecordedSpan:
    return RecordedSpan(MINUTE, CAMERA, NOON, ENDS_AT, size)


def test_a_minute_without_its_file_becomes_a_gap(disk: Disk) -> None:
    disk.catalog.save_span(minute_row(len(VIDEO)))
    assert disk.mends() == ["its minute is a gap now"]
    (gap,) = disk.catalog.gaps(CAMERA, NOON, ENDS_AT)
    assert (gap.starts_at, gap.ends_at) == (NOON, ENDS_AT)
    assert disk.faults() == []


def test_a_minute_without_a_row_gets_one(disk: Disk) -> None:
    disk.keeps(video(b""), MINUTE)
    assert disk.faults() == [Fault.FILE_WITHOUT_ROW]
    disk.mends()
    assert list(disk.catalog.recorded(CAMERA, NOON, ENDS_AT)) == [minute_row(len(video(b"")))]
    assert disk.faults() == []


def test_what_a_cut_minute_lost_is_a_gap(disk: Disk) -> None:
    disk.keeps(VIDEO[: len(VIDEO) - len(entry(*SEGMENTS[-1])) - len(entry(*SEGMENTS[-2])) - 1], MINUTE)
    disk.catalog.save_span(minute_row(len(VIDEO)))
    disk.mends()
    (gap,) = disk.catalog.gaps(CAMERA, NOON, ENDS_AT)
    assert (gap.starts_at, gap.ends_at) == (SEGMENTS[-4][0].ends_at, ENDS_AT)
    assert disk.faults() == []


def test_what_damage_tore_out_of_a_minute_is_a_gap_and_its_row_tells_what_is_left(disk: Disk) -> None:
    damaged, at = VIDEO, len(header(FORMAT, label()))
    gone = {0, 1, 3, 4}
    for number, (segment, data) in enumerate(SEGMENTS):
        if number in gone:
            damaged = flipped(damaged, at + 5)
        at += len(entry(segment, data))
    disk.keeps(damaged, MINUTE)
    disk.catalog.save_span(minute_row(len(damaged)))
    disk.mends()
    (row,) = disk.catalog.recorded(CAMERA, NOON, ENDS_AT)
    assert (row.starts_at, row.ends_at) == (SEGMENTS[2][0].starts_at, ENDS_AT)
    gaps = [(gap.starts_at, gap.ends_at) for gap in disk.catalog.gaps(CAMERA, NOON - seconds(9), ENDS_AT)]
    wanted = [(SEGMENTS[0][0].starts_at, SEGMENTS[1][0].ends_at), (SEGMENTS[3][0].starts_at, SEGMENTS[4][0].ends_at)]
    assert sorted(gaps) == wanted
    assert disk.faults() == []


def test_a_damaged_minute_is_rebuilt(disk: Disk) -> None:
    disk.keeps(flipped(VIDEO, len(VIDEO) // 2), MINUTE)
    disk.catalog.save_span(minute_row(len(VIDEO)))
    assert disk.faults() == [Fault.DAMAGED]
    disk.mends()
    assert disk.faults() == []
    (span,) = disk.catalog.recorded(CAMERA, NOON, ENDS_AT)
    assert span.size == disk.store.size(span.key)


class SickStore(LocalStore):
    """A disk that gives out no byte behind `sick_at`, or has no room left."""

    sick_at = 1_000_000_000
    full = False

    def read(self, key: str, offset: int, length: int) -> bytes:
        if offset + length > self.sick_at:
            msg = "Input/output error."
            raise StoreUnavailable(msg)
        return super().read(key, offset, length)

    def create(self, key: str) -> LocalBlob:
        blob = super().create(key)
        if self.full:
            blob.close()
        return blob


def test_a_disk_that_does_not_answer_loses_nobody_his_recording(disk: Disk) -> None:
    disk.keeps()
    event = disk.knows()
    disk.store = sick = SickStore(disk.root)
    sick.sick_at = 100
    assert disk.faults() == [Fault.DISK]
    assert disk.mends() == [None]
    sick.sick_at = 1_000_000_000
    assert disk.event() == event
    assert disk.faults() == []


def test_a_rebuild_that_fails_leaves_everything_as_it_was(disk: Disk) -> None:
    disk.keeps(flipped(VIDEO, len(VIDEO) // 2))
    event = disk.knows()
    disk.store = sick = SickStore(disk.root)
    sick.full = True
    with pytest.raises(StoreUnavailable):
        disk.mends()
    assert disk.event() == event
    assert list(disk.store.keys()) == [KEY]
    assert disk.faults() == [Fault.DAMAGED]


def test_what_a_recorder_writes_is_in_order_at_every_moment() -> None:
    clock = LoopClock(NOON)

    async def main() -> None:
        house = RecordingHouse(clock)
        house.connect()
        await house.film(21)
        fsck = Fsck(house.store, house.catalog, NoSideRoom(), lambda _done, _total: None)

        async def visit() -> None:
            event = house.open_event()
            for _ in range(6):
                house.recorder.extend(EVENT_OF_HOUSE, clock.now() + seconds(2))
                await house.film(3)
                assert fsck.look().faults == ()
            house.close_event(event)
            await house.film(12)
            await house.rows.settled()
            findings = fsck.look()
            assert (findings.recordings, findings.faults, findings.notes) == (1, (), ())

        await while_running(house.recorder.run, house.rows.run, act=visit)

    run(clock, main)


damage = st.lists(
    st.one_of(
        st.tuples(st.just("flip"), st.integers(0, len(VIDEO) - 1)),
        st.tuples(st.just("cut"), st.integers(0, len(VIDEO))),
        st.tuples(st.just("add"), st.integers(1, 5000)),
    ),
    max_size=3,
)


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(damage, st.booleans(), st.booleans(), st.sampled_from([len(VIDEO), 0, 5]))
def test_whatever_happened_one_repair_is_enough_and_no_whole_segment_is_lost(
    tmp_path_factory: pytest.TempPathFactory, done: list[tuple[str, int]], row: bool, minute: bool, size: int
) -> None:
    data = VIDEO
    for what, where in done:
        if what == "flip" and where < len(data):
            data = flipped(data, where)
        data = data[:where] if what == "cut" else data + bytes(where) if what == "add" else data
    disk = Disk(tmp_path_factory.mktemp("disk") / "recordings")
    disk.keeps(data, MINUTE if minute else KEY)
    if row and minute:
        disk.catalog.save_span(minute_row(size))
    elif row:
        disk.knows(size=size)

    assert None not in disk.mends()

    assert disk.faults() == []
    pieces = [fragment for _, fragment in SEGMENTS if fragment in data]
    kept = list(disk.every_byte())
    assert all(any(fragment in one for one in kept) for fragment in pieces)

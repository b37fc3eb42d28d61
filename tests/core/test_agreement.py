"""The comparison of rows and files, in every combination."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.agreement import Disagreement, Fault, FileFound, Row, Stored, disagreements
from doorstep.core.camera import CameraId
from doorstep.core.event import Event, EventId, Recording
from doorstep.core.recorded_span import RecordedSpan, own_file
from doorstep.core.recording_key import still_key, thumbnail_key

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = NOON + timedelta(seconds=20)
CAMERA = CameraId("porch")
SOUND = FileFound(size=100, whole_size=100, segments=5)
MINUTE = RecordedSpan("continuous/porch/2026/11/21/20261121_120000.mp4", CAMERA, NOON, LATER, 100)


def event(name: str, *, size: int = 100, still: bool = False, in_minutes: bool = False) -> Event:
    recording = Recording(f"porch/{name}.mp4", NOON, LATER, size, in_minutes=in_minutes)
    return Event(EventId(name), CAMERA, NOON, NOON, ended_at=LATER, recording=recording, has_still=still)


def pictures_of(one: Event) -> frozenset[str]:
    assert one.recording is not None
    return frozenset({still_key(one.recording.key), thumbnail_key(one.recording.key)})


def judged(
    events: list[Event],
    files: dict[str, FileFound],
    *,
    minutes: tuple[RecordedSpan, ...] = (),
    pictures: frozenset[str] = frozenset(),
    at_work: frozenset[str] = frozenset(),
) -> list[Disagreement]:
    rows = [Row(span, one.id) for one in events if (span := own_file(one)) is not None]
    return list(disagreements([*rows, *map(Row, minutes)], events, Stored(files, pictures), at_work))


def faults(*given: Disagreement) -> list[Fault]:
    return [one.fault for one in given]


def test_a_house_in_order_has_no_faults() -> None:
    one = event("a", still=True)
    files = {"porch/a.mp4": SOUND, MINUTE.key: SOUND}
    assert judged([one], files, minutes=(MINUTE,), pictures=pictures_of(one)) == []


def test_each_fault_is_told_once_with_its_event() -> None:
    cases = {
        Fault.UNREADABLE: FileFound(100, reason="no header"),
        Fault.DISK: FileFound(100, reason="I/O error", disk_failed=True),
        Fault.DAMAGED: FileFound(100, whole_size=40, segments=2, behind=2),
        Fault.CUT_OFF: FileFound(100, whole_size=40, segments=2),
        Fault.SIZE: FileFound(99, whole_size=99, segments=5),
    }
    for fault, found in cases.items():
        (told,) = judged([event("a")], {"porch/a.mp4": found})
        assert (told.fault, told.key, told.event) == (fault, "porch/a.mp4", EventId("a"))


def test_a_file_whose_first_segment_is_damaged_is_damaged_and_not_unreadable() -> None:
    assert faults(*judged([event("a")], {"porch/a.mp4": FileFound(100, 40, 0, behind=3)})) == [Fault.DAMAGED]


def test_a_file_whose_header_is_not_what_was_written_is_damaged() -> None:
    found = FileFound(100, whole_size=100, segments=5, header_damaged=True)
    assert faults(*judged([event("a")], {"porch/a.mp4": found})) == [Fault.DAMAGED]


def test_faults_of_minutes_know_their_row() -> None:
    for files in ({}, {MINUTE.key: FileFound(MINUTE.size, MINUTE.size - 1, 3)}):
        (told,) = judged([], files, minutes=(MINUTE,))
        assert told.minute == MINUTE


def test_rows_without_files_and_files_without_rows() -> None:
    told = judged([event("a")], {"porch/b.mp4": SOUND}, minutes=(MINUTE,))
    assert {(one.fault, one.key) for one in told} == {
        (Fault.ROW_WITHOUT_FILE, "porch/a.mp4"),
        (Fault.ROW_WITHOUT_FILE, MINUTE.key),
        (Fault.FILE_WITHOUT_ROW, "porch/b.mp4"),
    }


def test_the_video_of_an_event_in_minute_files_is_no_file_of_its_own() -> None:
    one = event("a", still=True, in_minutes=True)
    assert judged([one], {}, pictures=pictures_of(one)) == []
    assert faults(*judged([one], {})) == [Fault.NO_PICTURES]


def test_what_is_being_written_is_not_judged() -> None:
    at_work = frozenset({"porch/a.mp4", "porch/b.mp4"})
    files = {"porch/b.mp4": FileFound(100, whole_size=40, segments=2)}
    assert judged([event("a", still=True)], files, at_work=at_work, pictures=frozenset({"porch/b.jpg"})) == []


def test_a_picture_of_nothing_is_told() -> None:
    assert faults(*judged([], {}, pictures=frozenset({"porch/x.jpg"}))) == [Fault.LONELY_PICTURE]


@given(
    st.frozensets(st.sampled_from("abcdef")),
    st.frozensets(st.sampled_from("abcdef")),
    st.frozensets(st.sampled_from("abcdef")),
)
def test_rows_and_files_differ_exactly_where_the_sets_do(
    rows: frozenset[str], files: frozenset[str], busy: frozenset[str]
) -> None:
    told = judged(
        [event(name) for name in rows],
        {f"porch/{name}.mp4": SOUND for name in files},
        at_work=frozenset(f"porch/{name}.mp4" for name in busy),
    )
    missing = {one.key for one in told if one.fault is Fault.ROW_WITHOUT_FILE}
    strange = {one.key for one in told if one.fault is Fault.FILE_WITHOUT_ROW}
    assert missing == {f"porch/{name}.mp4" for name in rows - files - busy}
    assert strange == {f"porch/{name}.mp4" for name in files - rows - busy}
    assert len(told) == len(missing) + len(strange)

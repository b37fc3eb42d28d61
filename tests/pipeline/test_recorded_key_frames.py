"""Key frames out of recordings: each once, with its own wall time, and all that is whole beside what is not."""

from datetime import timedelta

import pytest

from doorstep.core.errors import BlobMissing
from doorstep.core.recorded_span import RecordedSpan
from doorstep.mp4.recording import read_recording
from doorstep.pipeline.recorded_key_frames import RecordedKeyFrame, RecordedKeyFrames
from doorstep.stores.memory import MemoryStore
from fakes.footage import CAMERA, NOON, seconds
from fakes.tuned_house import number_in, recording

FOREVER = NOON - seconds(3600), NOON + seconds(3600)


def stored(*files: tuple[float, bytes]) -> tuple[MemoryStore, list[RecordedSpan]]:
    """Files by their begin in seconds after noon, and their rows."""
    store, spans = MemoryStore(), []
    for number, (begin, content) in enumerate(files):
        key = f"{CAMERA}/file-{number}.mp4"
        store.put(key, content)
        starts_at = NOON + seconds(begin)
        spans.append(RecordedSpan(key, CAMERA, starts_at, starts_at + seconds(60), len(content)))
    return store, spans


def shown(frames: RecordedKeyFrames, spans: list[RecordedSpan]) -> list[RecordedKeyFrame]:
    return [frame for span in spans for frame in frames.of(span, *FOREVER)]


def numbers(found: list[RecordedKeyFrame]) -> list[int]:
    return [number_in(frame.picture) for frame in found]


def test_each_key_frame_comes_with_its_wall_time() -> None:
    store, spans = stored((0, recording(range(5), NOON, every=2.0)))
    frames = RecordedKeyFrames(store)
    found = shown(frames, spans)
    assert numbers(found) == [0, 1, 2, 3, 4]
    assert [frame.at for frame in found] == [NOON + seconds(2 * place) for place in range(5)]
    assert [frame.begins for frame in found] == [True, False, False, False, False]
    assert frames.recorded == timedelta(seconds=10)


def test_what_two_files_hold_is_shown_once() -> None:
    store, spans = stored((0, recording(range(6), NOON)), (4, recording(range(4, 9), NOON + seconds(4))))
    frames = RecordedKeyFrames(store)
    found = shown(frames, spans)
    assert numbers(found) == list(range(9))
    assert [frame.begins for frame in found].count(True) == 1
    assert frames.recorded == timedelta(seconds=9)


def test_behind_a_hole_it_begins_anew() -> None:
    store, spans = stored((0, recording(range(3), NOON)), (30, recording(range(3), NOON + seconds(30))))
    frames = RecordedKeyFrames(store)
    assert [frame.begins for frame in shown(frames, spans)] == [True, False, False] * 2
    assert frames.recorded == timedelta(seconds=6)


def test_only_what_was_asked_for() -> None:
    store, spans = stored((0, recording(range(10), NOON)))
    found = list(RecordedKeyFrames(store).of(spans[0], NOON + seconds(3), NOON + seconds(6)))
    assert numbers(found) == [3, 4, 5]


def test_behind_damage_in_the_middle_it_goes_on() -> None:
    whole = recording(range(8), NOON)
    index = read_recording(lambda at, length: whole[at : at + length], len(whole), CAMERA)
    begin = index.segments[3].offset
    broken = whole[: begin + 8] + b"\xff" * 40 + whole[begin + 48 :]
    store, spans = stored((0, broken))
    frames = RecordedKeyFrames(store)
    assert numbers(shown(frames, spans)) == [0, 1, 2, 4, 5, 6, 7]
    assert frames.flaws.damaged == [spans[0].key]


def test_a_damaged_picture_is_left_out_and_counted() -> None:
    whole = recording(range(4), NOON)
    index = read_recording(lambda at, length: whole[at : at + length], len(whole), CAMERA)
    one = index.segments[1]
    at = one.offset + one.segment.data_offset
    broken = whole[:at] + b"\xff" * one.segment.samples.sizes[0] + whole[at + one.segment.samples.sizes[0] :]
    store, spans = stored((0, broken))
    frames = RecordedKeyFrames(store)
    assert numbers(shown(frames, spans)) == [0, 2, 3]
    assert frames.flaws.pictures == 1


@pytest.mark.parametrize("content", [b"", b"nothing of ours", recording(range(2), NOON)[:200]])
def test_no_recording_at_all_is_damaged(content: bytes) -> None:
    store, spans = stored((0, content), (10, recording(range(2), NOON + seconds(10))))
    frames = RecordedKeyFrames(store)
    assert numbers(shown(frames, spans)) == [0, 1]
    assert frames.flaws.damaged == [spans[0].key]


class LeavingStore(MemoryStore):
    """Loses everything after some reads, as when a sweeper comes."""

    reads = 0

    def read(self, key: str, offset: int, length: int) -> bytes:
        self.reads += 1
        if self.reads > 8 and key.endswith("file-0.mp4"):
            raise BlobMissing(key)
        return super().read(key, offset, length)


def test_a_file_that_goes_while_it_is_read_costs_only_its_rest() -> None:
    store = LeavingStore()
    spans = []
    for number, begin in enumerate((0, 30)):
        key = f"{CAMERA}/file-{number}.mp4"
        store.put(key, recording(range(12), NOON + seconds(begin)))
        spans.append(RecordedSpan(key, CAMERA, NOON + seconds(begin), NOON + seconds(begin + 12), 1))
    frames = RecordedKeyFrames(store)
    found = shown(frames, spans)
    assert frames.flaws.gone == [spans[0].key]
    assert numbers(found)[-12:] == list(range(12))
    assert len(found) < 24

import asyncio
import io
import json
import re
import threading
import zipfile
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doorstep.core.camera import CameraId
from doorstep.core.clip_file import Clip
from doorstep.core.clip_form import ClipForm, ClipKind
from doorstep.core.errors import BlobMissing, SpanUnavailable
from doorstep.core.event import Event
from doorstep.core.gap import Gap
from doorstep.core.recorded_span import RecordedSpan
from doorstep.core.rolling_buffer import RollingBuffer
from doorstep.mp4.init_segment import init_segment
from doorstep.mp4.recording import entry, header
from doorstep.pipeline.clip_builder import DOUBT_SECONDS, MOST_AT_ONCE, RecordedClips
from fakes.footage import CAMERA, FORMAT, seconds
from fakes.instant_loop import LoopClock, run, turns, while_running
from fakes.recording_house import EVENT, FailingCatalog, RecordingHouse

T = TypeVar("T")
PICTURE = re.compile(rb"picture (\d+)")


def whole(clip: Clip) -> bytes:
    content = b"".join(clip.read(0, clip.size))
    assert len(content) == clip.size
    return content


def pictures_in(clip: Clip) -> list[float]:
    """The decode times, in seconds within their connection, of the pictures in a clip of the house's camera."""
    content = whole(clip)
    return [int(found) / 1000 for found in PICTURE.findall(content[content.index(b"mdat") :])]


def in_house(act: Callable[[RecordingHouse, RecordedClips], Coroutine[Any, Any, T]]) -> T:
    clock = LoopClock()

    async def main() -> T:
        house = RecordingHouse(clock)
        clips = RecordedClips(house.store, {CAMERA: house.camera}, clock, house.catalog)
        house.connect()
        return await while_running(house.recorder.run, house.rows.run, act=lambda: act(house, clips))

    return run(clock, main)


async def an_event(house: RecordingHouse) -> Event:
    """Five seconds of nobody, then three of somebody; not over yet."""
    await house.film(20)
    event = house.open_event()
    house.recorder.extend(event.id, house.clock.now() + seconds(60))
    await house.film(13)
    return event


def latest(house: RecordingHouse, event: Event) -> Event:
    found = house.rows.latest(event.id)
    assert found is not None
    return found


def test_a_clip_of_the_last_seconds_shows_the_second_that_is_still_open() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        await house.film(18)
        now = house.clock.now()
        clip = await clips.of_span(CAMERA, now - seconds(2), now)
        assert clip.starts_at <= now - seconds(2) < clip.starts_at + seconds(0.25)
        assert clip.ends_at == now
        assert pictures_in(clip)[-1] == 4.25

    in_house(act)


def test_the_open_second_stays_as_it_was_when_the_clip_was_asked_for() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        await house.film(18)
        now = house.clock.now()
        clip = await clips.of_span(CAMERA, now - seconds(2), now)
        before = whole(clip)
        await house.film(9)
        assert whole(clip) == before

    in_house(act)


def test_a_span_in_the_past_ends_where_it_was_asked_to() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        began = house.clock.now()
        await house.film(40)
        clip = await clips.of_span(CAMERA, began + seconds(2.5), began + seconds(4))
        assert (clip.starts_at, clip.ends_at) == (began + seconds(2.5), began + seconds(4))
        assert pictures_in(clip) == [2.0, 2.25, 2.5, 2.75, 3.0, 3.25, 3.5, 3.75]

    in_house(act)


def test_where_nothing_was_recorded_there_is_no_clip() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        now = house.clock.now()
        await house.film(8)
        for camera, start, end in (
            (CameraId("nobody"), now, now + seconds(2)),
            (CAMERA, now - seconds(60), now - seconds(50)),
            (CAMERA, now + seconds(50), now + seconds(60)),
        ):
            with pytest.raises(SpanUnavailable):
                await clips.of_span(camera, start, end)

    in_house(act)


def test_of_a_span_with_a_hole_the_longest_part_is_shown() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        began = house.clock.now()
        await house.film(12)
        house.camera.end()
        await house.clock.sleep(5)
        house.connect()
        back = house.clock.now()
        await house.film(24)
        clip = await clips.of_span(CAMERA, began, house.clock.now())
        assert (clip.starts_at, clip.ends_at) == (back, house.clock.now())

    in_house(act)


def test_what_fell_out_of_the_buffer_meanwhile_is_missed_aloud() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        await house.film(18)
        now = house.clock.now()
        clip = await clips.of_span(CAMERA, now - seconds(3), now)
        for shelved in house.shelf.reindex():
            house.shelf.remove(shelved.segments[-1])
        with pytest.raises(BlobMissing):
            whole(clip)

    in_house(act)


def test_an_event_has_a_clip_while_it_runs_and_the_clip_grows() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        event = await an_event(house)
        early = await clips.of_event(latest(house, event))
        await house.film(8)
        await turns()
        later = await clips.of_event(latest(house, event))
        assert early.starts_at == later.starts_at
        assert early.starts_at <= event.started_at - seconds(2)
        assert later.ends_at >= early.ends_at + seconds(2)
        assert whole(early)[-100:] in whole(later)

    in_house(act)


def test_the_clip_of_an_event_that_is_over_ends_with_it() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        event = await an_event(house)
        ended_at = house.clock.now() - seconds(0.3)
        house.close_event(event, ended_at)
        await house.film(8)
        await house.recorder.drained()
        clip = await clips.of_event(latest(house, event))
        assert ended_at <= clip.ends_at < ended_at + seconds(0.25)
        assert clip.name.endswith(".mp4")

    in_house(act)


def test_a_clip_over_two_connections_holds_the_last_picture_of_the_first() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        event = await an_event(house)
        house.camera.end()
        await house.clock.sleep(3)
        house.connect()
        await house.film(13)
        house.close_event(event)
        await house.recorder.drained()
        clip = await clips.of_event(latest(house, event))
        shown = (clip.ends_at - clip.starts_at).total_seconds()
        assert shown == pytest.approx(2 + 3.25 + 3 + 3.25, abs=0.6)
        assert pictures_in(clip)[-12:] == [number / 4 for number in range(12)]

    in_house(act)


def test_an_event_without_video_says_so() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        now = house.clock.now()
        with pytest.raises(SpanUnavailable):
            await clips.of_event(Event(EVENT, CAMERA, now, now, ended_at=now))

    in_house(act)


@pytest.mark.parametrize("size", [0, 200])
def test_a_recording_that_is_gone_or_damaged_from_its_first_byte_says_so(size: int) -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        event = await an_event(house)
        recording = latest(house, event).recording
        assert recording is not None
        if size:
            house.store.put(recording.key, bytes(size))
        else:
            house.store.delete(recording.key)
        with pytest.raises(BlobMissing):
            await clips.of_event(latest(house, event))

    in_house(act)


@given(first=st.integers(0, 4000), length=st.integers(1, 4000))
@settings(max_examples=40, deadline=None)
def test_any_part_of_a_clip_is_that_part_of_the_whole(first: int, length: int) -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        event = await an_event(house)
        clip = await clips.of_event(latest(house, event))
        content = whole(clip)
        offset = min(first, clip.size - 1)
        part = b"".join(clip.read(offset, min(length, clip.size - offset)))
        assert part == content[offset : offset + length]

    in_house(act)


def test_the_clip_is_of_the_format_of_its_connection() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> datetime:
        await house.film(9)
        now = house.clock.now()
        clip = await clips.of_span(CAMERA, now - seconds(1), now)
        assert FORMAT.decoder_config in whole(clip)
        return clip.ends_at

    in_house(act)


ZIP = ClipForm(ClipKind.ZIP)


async def film_with_a_hole(house: RecordingHouse, hole: float = 5) -> tuple[datetime, datetime, datetime]:
    """Three seconds, a hole, six seconds: when it began, when it broke, when it went on."""
    began = house.clock.now()
    await house.film(12)
    broke = house.clock.now()
    house.camera.end()
    await house.clock.sleep(hole)
    house.connect()
    back = house.clock.now()
    await house.film(24)
    return began, broke, back


def opened(clip: Clip) -> tuple[list[str], dict[str, Any]]:
    """Names and manifest of a ZIP that another reader finds whole."""
    with zipfile.ZipFile(io.BytesIO(whole(clip))) as found:
        assert found.testzip() is None
        return found.namelist(), json.loads(found.read("manifest.json"))


def test_a_zip_holds_every_part_and_tells_the_gap_with_its_reason() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        began, broke, back = await film_with_a_hole(house)
        house.catalog.add_gap(Gap(CAMERA, broke, back, "The camera did not answer."))
        clip = await clips.of_span(CAMERA, began, house.clock.now(), ZIP)
        names, manifest = opened(clip)
        assert (clip.media_type, clip.name[-4:], clip.parts) == ("application/zip", ".zip", 2)
        assert clip.missing_seconds == pytest.approx(5, abs=0.3)
        assert names[0] == "manifest.json"
        assert len(set(names)) == len(names)
        assert [one["name"] for one in manifest["clips"]] == names[1:]
        assert [one["part"] for one in manifest["clips"]] == [1] * 3 + [2] * 6
        (gap,) = manifest["gaps"]
        assert gap["reason"] == "The camera did not answer."
        assert clip.starts_at == began

    in_house(act)


def test_a_zip_of_what_was_kept_is_made_of_checksums_that_are_known() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        await house.film(40)
        now = house.clock.now()
        clip = await clips.of_span(CAMERA, now - seconds(8), now, ZIP)
        directory = b"".join(clip.read(clip.size - 300, 300))
        assert directory[-22:-18] == b"PK\5\6"
        for shelved in house.shelf.reindex():
            for segment in shelved.segments:
                house.shelf.remove(segment)
        assert b"".join(clip.read(clip.size - 300, 300)) == directory
        with pytest.raises(BlobMissing):
            whole(clip)

    in_house(act)


@given(first=st.integers(0, 6000), length=st.integers(1, 6000))
@settings(max_examples=30, deadline=None)
def test_any_part_of_a_zip_is_that_part_of_the_whole(first: int, length: int) -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        began, _, _ = await film_with_a_hole(house)
        clip = await clips.of_span(CAMERA, began, house.clock.now(), ZIP)
        content = whole(clip)
        offset = min(first, clip.size - 1)
        part = b"".join(clip.read(offset, min(length, clip.size - offset)))
        assert part == content[offset : offset + length]

    in_house(act)


def test_the_longest_part_tells_that_there_are_others_and_what_is_missing() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        began, _, _ = await film_with_a_hole(house)
        clip = await clips.of_span(CAMERA, began, house.clock.now())
        assert clip.parts == 2
        assert clip.missing_seconds == pytest.approx(8, abs=0.3)
        complete = await clips.of_span(CAMERA, house.clock.now() - seconds(3), house.clock.now())
        assert (complete.parts, complete.missing_seconds) == (1, 0.0)

    in_house(act)


def test_a_clip_that_is_not_exact_shows_all_from_its_key_frame_on() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        began = house.clock.now()
        await house.film(20)
        exact = await clips.of_span(CAMERA, began + seconds(2.75), began + seconds(4))
        shown = await clips.of_span(CAMERA, began + seconds(2.75), began + seconds(4), ClipForm(exact=False))
        assert (exact.starts_at, shown.starts_at) == (began + seconds(2.75), began + seconds(2))
        assert pictures_in(exact) == pictures_in(shown)

    in_house(act)


def spoil(house: RecordingHouse, position: int, how: str) -> None:
    """Do that to the bytes of one second behind everybody's back."""
    (shelved,) = house.shelf.reindex()
    segment = shelved.segments[position]
    content = bytearray(house.shelf.read(segment, 0, segment.size))
    if how == "deleted":
        house.shelf.remove(segment)
        return
    at = {"flipped in the head": 30, "flipped": -1}.get(how, 0)
    content[at] ^= 1
    house.shelf.put(segment, b"cut off" if how == "cut off" else bytes(content))


@pytest.mark.parametrize("how", ["deleted", "cut off", "flipped", "flipped in the head"])
def test_what_is_damaged_under_our_feet_breaks_the_clip_off_and_is_a_gap_then(how: str) -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        began = house.clock.now()
        await house.film(40)
        spoil(house, 2, how)
        whole(await clips.of_span(CAMERA, began + seconds(4), began + seconds(9)))
        with pytest.raises(BlobMissing):
            whole(await clips.of_span(CAMERA, began, house.clock.now()))
        clip = await clips.of_span(CAMERA, began, house.clock.now())
        assert (clip.starts_at, clip.parts) == (began + seconds(3), 2)
        assert clip.missing_seconds == pytest.approx(3, abs=0.3)
        whole(clip)
        opened(await clips.of_span(CAMERA, began, house.clock.now(), ZIP))
        house.clock.advance(DOUBT_SECONDS + 1)
        again = await clips.of_span(CAMERA, began, began + seconds(9))
        assert again.parts == 1  # nobody reads every byte for ever

    in_house(act)


def test_a_part_of_a_second_is_verified_with_the_whole_of_it() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        began = house.clock.now()
        await house.film(40)
        clip = await clips.of_span(CAMERA, began, began + seconds(9))
        content = whole(clip)
        spoil(house, 2, "flipped")
        at = content.index(b"picture 2000")
        with pytest.raises(BlobMissing):
            list(clip.read(at, 4))
        assert b"".join(clip.read(0, content.index(b"picture 2000") - 20)) in content

    in_house(act)


def test_a_recording_with_a_changed_byte_breaks_the_clip_of_its_event_off() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        event = await recorded(house)
        assert event.recording is not None
        before = await clips.of_event(event)
        content = bytearray(house.store.read(event.recording.key, 0, event.recording.size))
        content[content.index(b"picture 5000")] ^= 1
        house.store.put(event.recording.key, bytes(content))
        with pytest.raises(BlobMissing):
            whole(before)
        after = await clips.of_event(event)
        assert b"picture 5000" not in whole(after)
        assert len(pictures_in(after)) > 8

    in_house(act)


def test_a_clip_of_the_buffer_lies_in_memory_and_one_of_a_recording_does_not() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        event = await recorded(house)
        now = house.clock.now()
        for form in (ClipForm(), ZIP):
            assert (await clips.of_span(CAMERA, now - seconds(3), now, form)).in_memory
            assert not (await clips.of_event(event, form)).in_memory

    in_house(act)


@pytest.mark.parametrize("step", [3600, -3600])
@pytest.mark.parametrize("form", [ClipForm(), ZIP])
def test_what_was_recorded_before_the_clock_was_set_is_there_and_so_is_what_came_after(
    form: ClipForm, step: int
) -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        began = house.clock.now()
        await house.film(40)
        house.clock.set_wall(step)
        await house.film(80)
        now = house.clock.now()
        for start, end in ((began + seconds(1), began + seconds(5)), (now - seconds(5), now)):
            clip = await clips.of_span(CAMERA, start, end, form)
            assert (clip.parts, clip.missing_seconds) == (1, 0.0)
            assert start - seconds(1) <= clip.starts_at <= start
            assert end <= clip.ends_at <= end + seconds(1)
            whole(clip)
        both = await clips.of_span(CAMERA, min(began, now - seconds(20)), max(began + seconds(10), now), form)
        assert both.parts == 2
        assert both.missing_seconds == pytest.approx(3600, abs=60)

    in_house(act)


def test_what_is_being_sent_stays_until_it_is_sent() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        await house.film(40)
        now = house.clock.now()
        clip = await clips.of_span(CAMERA, now - seconds(9), now)
        release = clip.hold()
        before = whole(clip)
        await house.film(60)  # the grace after planning is over
        house.buffer.drop_oldest(20)
        await house.film(8)
        assert whole(clip) == before
        release()
        await house.film(8)
        with pytest.raises(BlobMissing):
            whole(clip)

    in_house(act)


def test_the_oldest_second_does_not_fall_out_between_plan_and_first_byte() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        house.camera.buffer = RollingBuffer(5.0, 10_000_000)
        await house.film(40)
        now = house.clock.now()
        clip = await clips.of_span(CAMERA, now - seconds(60), now)
        await house.film(9)
        assert len(whole(clip)) == clip.size

    in_house(act)


async def recorded(house: RecordingHouse) -> Event:
    """An event of some seconds that is over, and whose row the catalog has."""
    event = await an_event(house)
    house.close_event(event)
    await house.film(8)
    await house.recorder.drained()
    await turns()
    kept = latest(house, event)
    assert kept.recording is not None
    return kept


def test_what_fell_out_of_the_buffer_comes_from_the_recording() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        event = await recorded(house)
        assert event.recording is not None
        start, end = event.recording.starts_at + seconds(0.5), event.recording.ends_at - seconds(0.5)
        want = pictures_in(await clips.of_span(CAMERA, start, end))
        house.buffer.drop_oldest(1000)
        assert house.buffer.oldest is not None
        assert house.buffer.oldest.starts_at > end - seconds(0.25)
        house.catalog.save_event(event)
        clip = await clips.of_span(CAMERA, start, end)
        assert (clip.parts, clip.starts_at <= start, clip.ends_at >= end) == (1, True, True)
        assert pictures_in(clip) == want
        opened(await clips.of_span(CAMERA, start, end, ZIP))

    in_house(act)


def test_recording_and_buffer_join_where_one_goes_on_with_the_other() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        event = await recorded(house)
        house.catalog.save_event(event)
        assert event.recording is not None
        start, now = event.recording.starts_at, house.clock.now()
        want = pictures_in(await clips.of_span(CAMERA, start, now))
        house.buffer.drop_oldest(len(house.buffer) - 4)
        clip = await clips.of_span(CAMERA, start, now)
        assert (clip.parts, clip.missing_seconds) == (1, 0.0)
        assert pictures_in(clip) == want
        opened(await clips.of_span(CAMERA, start, now, ZIP))

    in_house(act)


def test_a_recording_that_the_sweeper_took_meanwhile_is_a_gap() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        await house.film(20)
        now = house.clock.now()
        house.catalog.save_span(RecordedSpan("gone.mp4", CAMERA, now - timedelta(hours=1), now, 5))
        clip = await clips.of_span(CAMERA, now - seconds(60), now)
        assert clip.parts == 1

    in_house(act)


def test_an_event_in_minute_files_is_cut_out_of_them() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        event = await recorded(house)
        assert event.recording is not None
        of_its_own = await clips.of_event(event)
        key, bounds = event.recording.key, event.recording
        house.catalog.save_span(RecordedSpan(key, CAMERA, bounds.starts_at, bounds.ends_at, bounds.size))
        house.buffer.drop_oldest(1000)
        there = replace(event, recording=replace(event.recording, key="minutes", in_minutes=True))
        clip = await clips.of_event(there)
        assert (clip.starts_at, clip.ends_at) == (of_its_own.starts_at, of_its_own.ends_at)
        assert pictures_in(clip) == pictures_in(of_its_own)

    in_house(act)


def test_a_flipped_byte_is_told_by_the_zip_that_holds_it() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        began = house.clock.now()
        await house.film(40)
        spoil(house, 2, "flipped")
        clip = await clips.of_span(CAMERA, began, house.clock.now(), ZIP)
        with zipfile.ZipFile(io.BytesIO(whole(clip))) as found:
            assert found.testzip() == found.namelist()[3]

    in_house(act)


def test_a_zip_over_a_changed_resolution_holds_each_part_in_its_own_format() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        began = house.clock.now()
        await house.film(12)
        smaller = replace(FORMAT, width=320, height=240)
        house.connect(smaller)
        await house.film(12)
        with zipfile.ZipFile(io.BytesIO(whole(await clips.of_span(CAMERA, began, house.clock.now(), ZIP)))) as found:
            films = [found.read(name) for name in found.namelist()[1:]]
        inits = [init_segment(FORMAT)] * 3 + [init_segment(smaller)] * 3
        assert [film[: len(init)] for film, init in zip(films, inits, strict=True)] == inits

    in_house(act)


def keep_in_minute_files(house: RecordingHouse, each: int) -> None:
    """All that was filmed, so many segments a file, as a camera that is always recorded has it."""
    (shelved,) = house.shelf.reindex()
    for begin in range(0, len(shelved.segments), each):
        segments = shelved.segments[begin : begin + each]
        content = header(FORMAT, b"")
        for segment in segments:
            content += entry(segment, house.shelf.read(segment, 0, segment.size))
        key = f"continuous/{begin}.mp4"
        house.store.put(key, content)
        house.catalog.save_span(RecordedSpan(key, CAMERA, segments[0].starts_at, segments[-1].ends_at, len(content)))


@pytest.mark.parametrize("form", [ClipForm(), ZIP])
def test_minute_files_join_to_one_part(form: ClipForm) -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        began = house.clock.now()
        await house.film(60)
        want = whole(await clips.of_span(CAMERA, began + seconds(1.25), began + seconds(11.5), form))
        keep_in_minute_files(house, 4)
        house.buffer.drop_oldest(12)
        await house.film(2)
        clip = await clips.of_span(CAMERA, began + seconds(1.25), began + seconds(11.5), form)
        assert (clip.parts, clip.missing_seconds) == (1, 0.0)
        assert whole(clip) == want

    in_house(act)


def test_a_minute_file_that_is_damaged_is_a_gap() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        began = house.clock.now()
        await house.film(60)
        keep_in_minute_files(house, 4)
        house.store.put("continuous/4.mp4", b"damaged" * 100)
        house.buffer.drop_oldest(1000)
        clip = await clips.of_span(CAMERA, began, began + seconds(12), ZIP)
        assert (clip.parts, clip.missing_seconds) == (2, 4.0)

    in_house(act)


def test_a_recording_amid_the_buffer_takes_nothing_away() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        began = house.clock.now()
        event = await recorded(house)
        house.catalog.save_event(event)
        clip = await clips.of_span(CAMERA, began - seconds(60), house.clock.now())
        assert (clip.parts, clip.starts_at, clip.in_memory) == (1, began, True)
        whole(clip)

    in_house(act)


async def film_twice(house: RecordingHouse) -> tuple[datetime, datetime]:
    """Ten seconds that exist twice, all in minute files, the newest five in the buffer: when they began and ended."""
    began = house.clock.now()
    await house.film(40)
    house.clock.set_wall((began - house.clock.now()).total_seconds())
    await house.film(40)
    house.camera.end()
    keep_in_minute_files(house, 2)
    house.buffer.drop_oldest(len(house.buffer) - 5)
    return began, house.clock.now()


def test_of_an_hour_that_exists_twice_both_are_there_each_in_one_part() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        began, over = await film_twice(house)
        clip = await clips.of_span(CAMERA, began, over, ZIP)
        _, manifest = opened(clip)
        assert (clip.parts, clip.missing_seconds, manifest["gaps"]) == (2, 0.0, [])
        film = await clips.of_span(CAMERA, began, over)
        assert (film.parts, film.missing_seconds, film.starts_at) == (2, 0.0, began)
        assert len(pictures_in(film)) == 40

    in_house(act)


def test_what_was_recorded_before_a_step_back_is_found_though_the_open_second_is_older() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        began = house.clock.now()
        await house.film(240)
        keep_in_minute_files(house, 15)
        house.clock.set_wall(-45)
        await house.film(40)
        house.buffer.drop_oldest(len(house.buffer) - 8)
        assert house.clock.now() < began + seconds(30)
        clip = await clips.of_span(CAMERA, began + seconds(40), began + seconds(50))
        assert (clip.parts, clip.missing_seconds) == (1, 0.0)
        assert pictures_in(clip)[-1] == 49.75

    in_house(act)


@pytest.mark.parametrize("step", [-20, -3600])
def test_an_event_that_runs_has_its_clip_after_the_clock_was_set_back(step: int) -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        event = await an_event(house)
        house.clock.set_wall(step)
        clip = await clips.of_event(latest(house, event))
        assert clip.starts_at <= event.started_at - seconds(2)
        assert clip.ends_at >= event.started_at + seconds(2)
        await house.film(8)
        house.close_event(event, event.started_at + seconds(4))
        await house.film(8)
        await house.recorder.drained()
        over = await clips.of_event(latest(house, event))
        assert (over.starts_at, over.ends_at) == (clip.starts_at, event.started_at + seconds(4))

    in_house(act)


def test_a_second_that_was_damaged_in_the_buffer_comes_from_its_recording() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        began = house.clock.now()
        await house.film(60)
        want = pictures_in(await clips.of_span(CAMERA, began, began + seconds(12)))
        keep_in_minute_files(house, 4)
        spoil(house, 5, "flipped")
        with pytest.raises(BlobMissing):
            whole(await clips.of_span(CAMERA, began, began + seconds(12)))
        assert pictures_in(await clips.of_span(CAMERA, began, began + seconds(12))) == want

    in_house(act)


def test_an_event_whose_recording_went_on_over_a_step_back_cuts_nothing_into_pieces() -> None:
    async def act(house: RecordingHouse, clips: RecordedClips) -> None:
        began = house.clock.now()
        event = await an_event(house)
        house.clock.set_wall(-20)
        await house.film(24)
        house.close_event(event, event.started_at + seconds(8))
        await house.film(8)
        await house.recorder.drained()
        await turns()
        house.catalog.save_event(latest(house, event))
        clip = await clips.of_span(CAMERA, began - seconds(60), event.started_at + seconds(60), ZIP)
        assert clip.parts == 2

    in_house(act)


class StallingCatalog(FailingCatalog):
    """Answers nothing about recordings until it is let go on."""

    def __init__(self) -> None:
        super().__init__()
        self.goes_on = threading.Event()

    def recorded(self, camera: CameraId, since: datetime, until: datetime) -> Sequence[RecordedSpan]:
        assert self.goes_on.wait(600)
        return super().recorded(camera, since, until)


class StillClock(LoopClock):
    """On a loop of its own, with real threads: nobody waits."""

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        await asyncio.sleep(0)


@pytest.mark.parametrize("length", [15, 110])
def test_the_last_seconds_come_out_of_the_buffer_while_the_disk_stalls(length: int) -> None:
    async def act() -> None:
        catalog = StallingCatalog()
        house = RecordingHouse(StillClock(), catalog=catalog)
        clips = RecordedClips(house.store, {CAMERA: house.camera}, house.clock, catalog)
        house.connect()
        began = house.clock.now()
        await house.film(4 * 120)
        now = house.clock.now()
        async with asyncio.TaskGroup() as waiting:
            for _ in range(2 * MOST_AT_ONCE):
                waiting.create_task(clips.of_span(CAMERA, began - seconds(60), now))
            await turns()
            async with asyncio.timeout(60):
                clip = await clips.of_span(CAMERA, now - seconds(length), now)
            catalog.goes_on.set()
        assert (clip.parts, clip.missing_seconds) == (1, 0.0)

    asyncio.run(act())

"""Which pictures a clip shows.  The rule that matters: it starts no later than asked, by less than one picture."""

from array import array
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from doorstep.core.clip import LONGEST_HOLD, ClipPlan, plan_clip, plan_parts
from doorstep.core.media import Packet
from doorstep.core.segment import AudioSamples, ConnectionId, Segment
from fakes.footage import (
    NOON,
    SAMPLE_RATE,
    bare_segment,
    packet,
    plain_packets,
    seconds,
    segments_of,
    with_sound,
)
from fakes.packet_streams import packet_streams

MILLISECOND = timedelta(milliseconds=1)


def at(second: float) -> datetime:
    return NOON + seconds(second)


def line(count: int, *, key_every: int = 1) -> list[Segment]:
    """Segments of four pictures a second from noon on; the first picture of every `key_every`-th is a key frame."""
    return [
        bare_segment(number, at=number, keys=b"\1\0\0\0" if number % key_every == 0 else bytes(4))
        for number in range(count)
    ]


def planned(segments: list[Segment], start: float, end: float, *, bridge_gaps: bool = False) -> ClipPlan:
    plan = plan_clip(segments, at(start), at(end), bridge_gaps=bridge_gaps)
    assert plan is not None
    return plan


def runs(plan: ClipPlan) -> list[tuple[int, int, int]]:
    return [(run.segment.sequence, run.first_sample, run.sample_count) for run in plan.runs]


def test_a_clip_begins_with_the_picture_that_was_on_at_the_asked_start() -> None:
    plan = planned(line(10), 3.3, 5.5)

    assert runs(plan) == [(3, 0, 4), (4, 0, 4), (5, 0, 2)]
    assert (plan.starts_at, plan.ends_at) == (at(3.25), at(5.5))
    assert (plan.media_start_ticks, plan.shown_ticks) == (250, 2250)


def test_an_asked_start_on_a_picture_is_kept_exactly() -> None:
    assert planned(line(10), 3.5, 5).starts_at == at(3.5)


def test_a_clip_ends_with_the_picture_that_is_on_at_the_asked_end() -> None:
    plan = planned(line(10), 3, 5.6)

    assert plan.ends_at == at(5.75)
    assert runs(plan)[-1] == (5, 0, 3)


def test_the_lead_in_from_the_key_frame_is_decoded_but_not_shown() -> None:
    plan = planned(line(12, key_every=5), 8, 9)

    assert [run.segment.sequence for run in plan.runs] == [5, 6, 7, 8]
    assert (plan.starts_at, plan.media_start_ticks, plan.shown_ticks) == (at(8), 3000, 1000)


def test_a_key_frame_in_the_middle_of_a_segment_begins_a_clip() -> None:
    segments = [bare_segment(0, at=0, keys=b"\1\0\1\0"), *line(3)[1:]]

    plan = planned(segments, 0.9, 2)

    assert runs(plan) == [(0, 2, 2), (1, 0, 4)]
    assert plan.media_start_ticks == 250


def test_a_start_before_everything_begins_with_the_first_key_frame() -> None:
    segments = [replace(one, samples=bare_segment(keys=bytes(4)).samples) for one in line(1)] + line(3)[1:]

    plan = planned(segments, -10, 2)

    assert runs(plan) == [(1, 0, 4)]
    assert plan.starts_at == at(1)


@pytest.mark.parametrize(
    ("start", "end"), [(-5, -1), (-5, 0), (3, 9), (3.5, 9), (1, 1), (2, 1)], ids=lambda second: f"{second}"
)
def test_nothing_is_planned_where_nothing_was_recorded(start: float, end: float) -> None:
    assert plan_clip(line(3), at(start), at(end)) is None


def test_nothing_is_planned_out_of_nothing() -> None:
    assert plan_clip([], at(0), at(1)) is None
    assert plan_clip([bare_segment(keys=bytes(4))], at(0), at(1)) is None


def test_a_first_key_frame_at_the_asked_end_shows_nothing() -> None:
    segments = [bare_segment(0, keys=b"\0\0\0\1")]

    assert plan_clip(segments, at(0), at(0.75)) is None
    assert planned(segments, 0, 0.76).starts_at == at(0.75)


def test_the_longest_part_without_a_hole_is_taken() -> None:
    segments = line(10)
    del segments[2], segments[6]

    plan = planned(segments, 0, 10)

    assert [run.segment.sequence for run in plan.runs] == [3, 4, 5, 6]


def test_the_longest_part_is_measured_within_the_asked_span() -> None:
    segments = line(10)
    del segments[7]

    assert planned(segments, 6, 10).starts_at == at(8)


def test_a_clip_never_mixes_connections() -> None:
    other = [replace(one, connection=ConnectionId("other")) for one in line(5)[2:]]

    assert planned(line(5)[:2] + other, 0, 5).starts_at == at(2)


def test_a_clip_never_mixes_ticks() -> None:
    segments = [*line(2), bare_segment(2, at=2, timescale=500), bare_segment(3, at=3, timescale=500)]

    for bridge_gaps in (False, True):
        assert len(planned(segments, 0, 1.9, bridge_gaps=bridge_gaps).runs) == 2
        assert planned(segments, 1.5, 4, bridge_gaps=bridge_gaps).starts_at == at(2)


def test_half_a_second_between_decode_times_is_no_hole() -> None:
    segments = [bare_segment(1, at=0), bare_segment(2, at=1.5), bare_segment(3, at=3.001)]

    assert planned(segments, 0, 9).ends_at == at(2.5)


def test_a_recording_with_a_hole_is_bridged_by_the_picture_before_it() -> None:
    segments = [bare_segment(1, at=0), bare_segment(2, at=5, connection=ConnectionId("other"))]

    plan = planned(segments, 0, 5.5, bridge_gaps=True)
    within = planned(segments, 3, 5.5, bridge_gaps=True)

    assert (runs(plan), plan.shown_ticks) == ([(1, 0, 4), (2, 0, 2)], 5500)
    assert (within.starts_at, within.media_start_ticks, within.shown_ticks) == (at(0.75), 750, 4750)
    assert planned(segments, 0, 3, bridge_gaps=True).ends_at == at(5)


def test_decode_times_that_do_not_rise_end_a_run_even_of_a_recording() -> None:
    again = [bare_segment(1, at=0), bare_segment(2, at=0.75), bare_segment(3, at=1.75)]

    assert planned(again, 0, 9, bridge_gaps=True).starts_at == at(0.75)


def test_a_hole_that_no_sample_can_last_through_ends_a_run() -> None:
    far = LONGEST_HOLD + 751
    held = [bare_segment(1, at=0), bare_segment(2, at=1, first_dts=far - 1)]
    too_far = [bare_segment(1, at=0), bare_segment(2, at=1, first_dts=far)]

    assert len(planned(held, 0, 2, bridge_gaps=True).runs) == 2
    assert len(planned(too_far, 0, 2, bridge_gaps=True).runs) == 1


def test_b_frames_bring_what_they_are_decoded_from() -> None:
    # Shown I B B P at 0, 250, 500 and 750, decoded I P B B.
    segments = [bare_segment(n, at=n, offsets=(250, 750, 0, 0)) for n in range(3)]

    plan = planned(segments, 1.3, 1.6)

    assert runs(plan) == [(1, 0, 3)]
    assert (plan.starts_at, plan.ends_at, plan.media_start_ticks) == (at(1.25), at(1.75), 250)


def test_pictures_that_lead_a_key_frame_are_decoded_from_the_one_before() -> None:
    # An open GOP: the second key frame, decoded at 1.0, is shown at 1.75, after two pictures that are decoded later.
    leading = bare_segment(1, at=1, offsets=(750, -250, 0, 500), keys=b"\1\0\0\0")
    segments = [bare_segment(0, at=0, offsets=(0, 0, 0, 0)), leading]

    plan = planned(segments, 1.5, 9)

    assert plan.runs[0].segment.sequence == 0
    assert (plan.starts_at, plan.media_start_ticks) == (at(1.5), 1500)
    assert planned(segments[1:], 1.2, 9).starts_at == at(1.75)


def test_a_clip_may_end_in_the_open_second() -> None:
    packets = plain_packets(30)
    segments = [one for one, _ in segments_of(packets)]

    assert planned(segments, 0.5, 60).ends_at == at(30 * 0.04)


def shown(packets: list[Packet], start_ticks: int, end_ticks: int) -> tuple[list[int], int] | None:
    """The reference: presentation times that must be shown of one stream that began at noon, and when the last ends."""
    first = next((index for index, one in enumerate(packets) if one.key), None)
    if first is None:
        return None
    origin = packets[0].dts
    able = sorted(one.pts - origin for one in packets[first:] if one.pts >= packets[first].pts)
    on = max((pts for pts in able if pts <= start_ticks), default=able[0])
    wanted = [pts for pts in able if on <= pts < end_ticks]
    if not wanted:
        return None
    after = [one.pts - origin for one in packets if one.pts - origin > wanted[-1]]
    last = next(index for index, one in enumerate(packets) if one.pts - origin == wanted[-1])
    duration = packets[last + 1].dts - packets[last].dts if last + 1 < len(packets) else packets[last].duration
    end = min(after, default=wanted[-1] + duration)
    return (wanted, end) if end > start_ticks else None


@given(packet_streams(), st.integers(-500, 20_000), st.integers(1, 20_000))
@example(plain_packets(60), 1001, 999)
def test_every_clip_shows_just_the_pictures_that_were_asked_for(packets: list[Packet], start: int, length: int) -> None:
    packets = steady(packets)
    segments = [one for one, _ in segments_of(packets)]
    expected = shown(packets, start, start + length)

    plan = plan_clip(segments, NOON + start * MILLISECOND, NOON + (start + length) * MILLISECOND)

    assert (plan is None) == (expected is None)
    if plan is None or expected is None:
        return
    pts, end = expected
    assert plan.starts_at == NOON + pts[0] * MILLISECOND
    assert plan.ends_at == NOON + end * MILLISECOND
    assert plan.shown_ticks == end - pts[0]
    samples = samples_in(plan, packets)
    assert samples[0].key
    assert plan.media_start_ticks == pts[0] + packets[0].dts - samples[0].dts
    assert {one.pts - packets[0].dts for one in samples} >= set(pts)


@given(packet_streams(), st.integers(-500, 20_000))
def test_no_clip_starts_later_than_asked_nor_earlier_than_one_picture(packets: list[Packet], start: int) -> None:
    packets = steady(packets)
    segments = [one for one, _ in segments_of(packets)]
    asked = NOON + start * MILLISECOND

    plan = plan_clip(segments, asked, asked + seconds(1000))

    assume(plan is not None)
    assert plan is not None
    first_key = next(one for one in packets if one.key)
    if first_key.pts - packets[0].dts <= start:
        later = [NOON + (one.pts - packets[0].dts) * MILLISECOND for one in packets]
        assert plan.starts_at <= asked
        assert not [instant for instant in later if plan.starts_at < instant <= asked]


def steady(packets: list[Packet]) -> list[Packet]:
    """Decode times without a hole, whatever the last packet of a segment says of its duration."""
    closed = [replace(one, duration=following.dts - one.dts) for one, following in pairwise(packets)]
    return [*closed, packets[-1]]


def samples_in(plan: ClipPlan, packets: list[Packet]) -> list[Packet]:
    by_dts = {one.dts: index for index, one in enumerate(packets)}
    first = plan.runs[0]
    begin = by_dts[first.segment.first_dts + sum(first.segment.samples.durations[: first.first_sample])]
    return packets[begin : begin + sum(run.sample_count for run in plan.runs)]


def test_the_last_sample_of_a_segment_lasts_until_the_next_segment() -> None:
    """A camera whose packets claim too short a duration still has no hole between its seconds."""
    packets = [packet(number * 100, key=number % 10 == 0, duration=1) for number in range(30)]
    segments = [one for one, _ in segments_of(packets)]

    plan = planned(segments, 0.95, 2)

    assert (plan.starts_at, plan.shown_ticks) == (at(0.9), 1100)


def heard(segment: Segment, first_pts: int, *durations: int) -> Segment:
    """The segment with sound."""
    sizes = array("I", [7] * len(durations))
    audio = AudioSamples(first_pts, sizes, array("I", durations)) if durations else None
    return replace(segment, sample_rate=SAMPLE_RATE, audio=audio)


def heard_line(count: int) -> list[Segment]:
    """As `line`, with sound of 1000 ticks a packet from noon on."""
    return [heard(segment, number * SAMPLE_RATE, *[1000] * 16) for number, segment in enumerate(line(count))]


def audio_runs(plan: ClipPlan) -> list[tuple[int, int, int]]:
    return [(run.segment.sequence, run.first_sample, run.sample_count) for run in plan.audio]


def test_sound_is_that_of_the_shown_span_with_a_packet_to_come_in() -> None:
    # Shown from 3.25, which is in the middle of packet 4; packet 3 is for the decoder.  Shown until 5.5: packet 7.
    assert audio_runs(planned(heard_line(10), 3.3, 5.5)) == [(3, 3, 13), (4, 0, 16), (5, 0, 8)]


def test_sound_that_comes_late_lies_in_the_next_segment() -> None:
    late = [heard(segment, (number * 16 - 8) * 1000, *[1000] * 16) for number, segment in enumerate(line(5))]

    assert audio_runs(planned(late, 1, 2)) == [(1, 7, 9), (2, 0, 8)]


def test_a_clip_without_sound_has_none_and_one_with_some_has_that() -> None:
    mixed = [segment if number != 2 else heard(segment, 0) for number, segment in enumerate(heard_line(4))]

    assert audio_runs(planned(line(3), 0, 3)) == []
    assert audio_runs(planned(mixed, 0, 4)) == [(0, 0, 16), (1, 0, 16), (3, 0, 16)]
    assert audio_runs(planned(mixed, 2, 3)) == []


def test_what_is_before_a_silence_is_not_heard_in_it() -> None:
    silent = [heard(line(1)[0], 0, 1000, 12_000, 1000)]

    assert audio_runs(planned(silent, 0.5, 1)) == [(0, 2, 1)]


def test_sound_of_a_bridged_recording_only_rises() -> None:
    first, second = heard_line(2)
    overlapping = heard(second, 15_500, *[1000] * 16)

    plan = planned([first, overlapping], 0, 2, bridge_gaps=True)

    assert audio_runs(plan) == [(0, 0, 16), (1, 0, 16)]
    backwards = heard(second, 13_500, *[1000] * 16)
    assert audio_runs(planned([first, backwards], 0, 2, bridge_gaps=True)) == [(0, 0, 16), (1, 2, 14)]
    behind = heard(second, 100, *[10] * 16)
    assert audio_runs(planned([first, behind], 0, 2, bridge_gaps=True)) == [(0, 0, 16)]


def test_a_silence_that_no_file_can_hold_ends_the_sound() -> None:
    first, second = heard_line(2)
    hold = LONGEST_HOLD * 1000 // SAMPLE_RATE
    later = heard(replace(second, first_dts=hold + 2000), LONGEST_HOLD + 16_001, 1000)

    plan = planned([first, later], 0, 2, bridge_gaps=True)
    assert len(plan.runs) == 2
    assert audio_runs(plan) == [(0, 0, 16)]


def test_other_ticks_of_sound_end_a_clip() -> None:
    first, second = heard_line(2)
    other = replace(second, sample_rate=48_000)

    assert len(planned([first, other], 0, 2).runs) == 1


@given(st.integers(0, 60), st.integers(1, 60), st.integers(-300, 300))
def test_whatever_is_shown_is_heard(start: int, length: int, late: int) -> None:
    begin, end = start / 20, (start + length) / 20
    items = with_sound(plain_packets(75, key_every=10), late=late)
    segments = [segment for segment, _ in segments_of(items, sample_rate=SAMPLE_RATE)]
    plan = plan_clip(segments, at(begin), at(end))
    assume(plan is not None)
    assert plan is not None

    first, last = (
        (plan.first_dts + plan.media_start_ticks) * SAMPLE_RATE // 1000,
        (plan.first_dts + plan.media_start_ticks + plan.shown_ticks) * SAMPLE_RATE // 1000,
    )
    heard_at = [
        run.segment.audio.first_pts + sum(run.segment.audio.durations[:index])
        for run in plan.audio
        if run.segment.audio
        for index in range(run.first_sample, run.first_sample + run.sample_count)
    ]
    everything = [
        segment.audio.first_pts + sum(segment.audio.durations[:index])
        for segment in segments
        if segment.audio
        for index in range(len(segment.audio))
    ]
    assert [pts for pts in everything if first - 1024 < pts < last] == [pts for pts in heard_at if pts > first - 1024]
    assert all(pts > first - 2048 for pts in heard_at)


def test_each_part_between_gaps_has_its_plan_in_the_order_of_time() -> None:
    segments = [one for one in line(12) if one.sequence not in {4, 5, 9}]
    parts = plan_parts(segments, at(1.25), at(11.5))
    assert [(part.starts_at, part.ends_at) for part in parts] == [
        (at(1.25), at(4)),
        (at(6), at(9)),
        (at(10), at(11.5)),
    ]
    assert plan_clip(segments, at(1.25), at(11.5)) == parts[1]


def test_of_nothing_there_are_no_parts() -> None:
    assert plan_parts(line(3), at(50), at(60)) == ()
    assert plan_parts([], at(0), at(1)) == ()


@given(start=st.floats(0, 11), length=st.floats(0.1, 5), key_every=st.integers(1, 5))
def test_a_plan_that_is_not_exact_shows_all_that_it_decodes(start: float, length: float, key_every: int) -> None:
    segments = line(12, key_every=key_every)
    exact = planned(segments, start, start + length)
    shown = plan_clip(segments, at(start), at(start + length), exact=False)
    assert shown is not None
    assert (shown.runs, shown.ends_at) == (exact.runs, exact.ends_at)
    assert shown.media_start_ticks == 0
    assert shown.starts_at == shown.runs[0].segment.starts_at <= exact.starts_at
    assert shown.shown_ticks - exact.shown_ticks == exact.media_start_ticks

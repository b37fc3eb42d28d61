"""Clips put together from their pieces, and what readers that are not ours find in them."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import av

from doorstep.core.clip import ClipPlan, plan_clip
from doorstep.core.media import VideoFormat
from doorstep.core.segment import Segment
from doorstep.mp4.movie import MovieHead, movie, pieces
from fakes.footage import NOON, number_of, seconds

MADE = datetime.fromisoformat("2026-11-21T13:00:00+00:00")


@dataclass(frozen=True, slots=True)
class WholeClip:
    """A clip with its plan and its head."""

    plan: ClipPlan
    head: MovieHead
    data: bytes


def part_of(head: MovieHead, fragments: dict[int, bytes], offset: int, length: int) -> bytes:
    """The bytes [offset, offset + length), from the fragments by sequence."""
    return b"".join(
        one if isinstance(one, bytes) else fragments[one.segment.sequence][one.offset : one.offset + one.length]
        for one in pieces(head, offset, length)
    )


def whole_clip(
    fmt: VideoFormat,
    segments: Sequence[tuple[Segment, bytes]],
    start: float,
    end: float,
    *,
    bridge_gaps: bool = False,
) -> WholeClip:
    """The clip from `start` to `end` seconds after noon; there must be one."""
    plan = plan_clip(
        [segment for segment, _ in segments], NOON + seconds(start), NOON + seconds(end), bridge_gaps=bridge_gaps
    )
    assert plan is not None
    head = movie(fmt, plan, MADE)
    fragments = {segment.sequence: data for segment, data in segments}
    return WholeClip(plan, head, part_of(head, fragments, 0, head.size))


@dataclass(frozen=True, slots=True)
class FoundSample:
    """A packet as PyAV finds it when it is told to ignore the edit list; `key` is what the sync table says of it."""

    pts: int
    dts: int
    key: bool
    data: bytes


def demuxed(data: bytes) -> list[FoundSample]:
    """Every sample, decode times counted from the first one's."""
    with av.open(io.BytesIO(data), "r", options={"ignore_editlist": "1"}) as container:
        found = [one for one in container.demux(video=0) if one.dts is not None and one.pts is not None]
        stream: Any = container.streams.video[0]  # Any: not every version of PyAV annotates the index
        keys = [one.is_keyframe for one in stream.index_entries]
    first = found[0].dts or 0
    return [
        FoundSample(one.pts or 0, (one.dts or 0) - first, key, bytes(one)) for one, key in zip(found, keys, strict=True)
    ]


def played(data: bytes) -> list[tuple[int, float]]:
    """The number and the time in seconds of each picture that a player shows, in the order it shows them."""
    with av.open(io.BytesIO(data), "r") as container:
        return [(number_of(frame), round(frame.time or 0.0, 6)) for frame in container.decode(video=0)]

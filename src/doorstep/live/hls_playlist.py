"""The text of HLS playlists from rows of numbers, as draft-pantos-hls-rfc8216bis has it.  Nothing here knows where the
rows come from.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

VERSION = 6
"""EXT-X-MAP outside a playlist of key frames asks for 6 (section 8)."""

HOLD_BACK_TARGETS = 3
"""How far from the end a player should stay, in target durations, and in part targets (4.4.3.8)."""

PARTS_LISTED_TARGETS = 3
"""Parts farther from the end than so many target durations are listed no more (6.2.2)."""


@dataclass(frozen=True, slots=True)
class HlsTargets:
    """The bounds that a playlist promises for all its life: whole seconds of a segment, seconds of a part."""

    segment: int
    part: float


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part: its seconds, and whether it begins with a key frame."""

    seconds: float
    independent: bool


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """One segment, whose media sequence number is `number`.

    `init` numbers its init segment.  `discontinuity` counts those before it, its own included where it `begins_anew`.
    `seconds` is None while it is open.  Without `parts` it is listed whole.
    """

    number: int
    init: int
    discontinuity: int
    begins_anew: bool
    starts_at: datetime
    seconds: float | None
    independent: bool
    parts: tuple[PartRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Variant:
    """What a multivariant playlist says of the one stream that there is; `bandwidth` is its peak in bits a second."""

    bandwidth: int
    codecs: str
    width: int
    height: int


def segment_name(number: int) -> str:
    """The file name of a segment in its address."""
    return f"segment-{number}.m4s"


def part_name(number: int, part: int) -> str:
    """The file name of a part, counted from 0."""
    return f"part-{number}-{part}.m4s"


def init_name(init: int) -> str:
    """The file name of an init segment."""
    return f"init-{init}.mp4"


def master_text(variant: Variant, uri: str) -> str:
    """The multivariant playlist (4.4.6) that leads to the media playlist at `uri`."""
    size = f"RESOLUTION={variant.width}x{variant.height}"
    stream = f'#EXT-X-STREAM-INF:BANDWIDTH={variant.bandwidth},CODECS="{variant.codecs}",{size}'
    return "\n".join(("#EXTM3U", f"#EXT-X-VERSION:{VERSION}", stream, uri, ""))


def playlist_text(
    rows: Sequence[SegmentRow], targets: HlsTargets, hint: tuple[int, int] | None, query: str = ""
) -> str:
    """The media playlist of these segments, at least one, oldest first; only the last may be open.

    `hint` is the part that comes next, by segment and part.  `query` stands behind every address, such as "?key=…".
    """
    lines = list(_head(rows, targets))
    init, left = None, sum(row.seconds or 0.0 for row in rows)
    for row in rows:
        with_parts = left <= PARTS_LISTED_TARGETS * targets.segment + (row.seconds or 0.0)
        left -= row.seconds or 0.0
        if row.seconds is None and not row.parts:
            continue  # nothing of it is there yet
        lines += _segment(row, query, with_map=row.init != init or row.begins_anew, with_parts=with_parts)
        init = row.init
    if hint is not None:
        lines.append(f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{part_name(*hint)}{query}"')
    return "\n".join((*lines, ""))


def _head(rows: Sequence[SegmentRow], targets: HlsTargets) -> Sequence[str]:
    first = rows[0]
    hold, part_hold = HOLD_BACK_TARGETS * targets.segment, HOLD_BACK_TARGETS * targets.part
    head = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        f"#EXT-X-TARGETDURATION:{targets.segment}",
        f"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={part_hold:.3f},HOLD-BACK={hold:.1f}",
        f"#EXT-X-PART-INF:PART-TARGET={targets.part:.3f}",
        f"#EXT-X-MEDIA-SEQUENCE:{first.number}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{first.discontinuity - first.begins_anew}",
    ]
    if all(row.independent for row in rows):
        head.append("#EXT-X-INDEPENDENT-SEGMENTS")
    return head


def _segment(row: SegmentRow, query: str, *, with_map: bool, with_parts: bool) -> Sequence[str]:
    lines = []
    if row.begins_anew:
        lines.append("#EXT-X-DISCONTINUITY")
    if with_map:
        lines.append(f'#EXT-X-MAP:URI="{init_name(row.init)}{query}"')
    lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{_instant(row.starts_at)}")
    for place, part in enumerate(row.parts) if with_parts else ():
        independent = ",INDEPENDENT=YES" if part.independent else ""
        uri = f"{part_name(row.number, place)}{query}"
        lines.append(f'#EXT-X-PART:DURATION={_down(part.seconds)},URI="{uri}"{independent}')
    if row.seconds is not None:
        lines += [f"#EXTINF:{row.seconds:.5f},", f"{segment_name(row.number)}{query}"]
    return lines


def _down(seconds: float) -> str:
    """Never rounded up, for a part may not be longer than its target by the least bit."""
    return f"{math.floor(seconds * 1e5 + 1e-3) / 1e5:.5f}"


def _instant(at: datetime) -> str:
    """ISO 8601 to the millisecond (4.4.4.6)."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

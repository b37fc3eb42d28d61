"""The segments of one camera that HLS viewers may ask for: numbered, dated, bounded in seconds and in bytes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from doorstep.core.media import VideoFormat
from doorstep.live.hls_playlist import HlsTargets, PartRow, SegmentRow

LISTED_TARGETS = 4
"""A playlist may not shrink below three target durations (6.2.2)."""

LISTED_SECONDS = 12.0
LARGEST_WINDOW = 64 << 20


@dataclass(frozen=True, slots=True)
class HlsPart:
    """The bytes of one part, its seconds, and whether it begins with a key frame."""

    data: bytes
    seconds: float
    independent: bool


@dataclass(slots=True)
class HlsSegment:
    """One segment, open until it is `whole`."""

    number: int
    init: int
    discontinuity: int
    begins_anew: bool
    starts_at: datetime
    parts: list[HlsPart] = field(default_factory=list)
    whole: bool = False
    size: int = 0

    @property
    def seconds(self) -> float:
        """How long it lasts so far."""
        return sum(part.seconds for part in self.parts)

    @property
    def pieces(self) -> Sequence[bytes]:
        """The bytes of its parts, one behind the other."""
        return [part.data for part in self.parts]

    def add(self, part: HlsPart) -> None:
        """One more part at its end."""
        self.parts.append(part)
        self.size += len(part.data)

    def row(self) -> SegmentRow:
        """As the playlist lists it."""
        rows = tuple(PartRow(part.seconds, part.independent) for part in self.parts)
        seconds = self.seconds if self.whole else None
        independent = bool(self.parts) and self.parts[0].independent
        return SegmentRow(
            *(self.number, self.init, self.discontinuity, self.begins_anew),
            *(self.starts_at, seconds, independent, rows),
        )


@dataclass(slots=True)
class HlsWindow:
    """Segments, oldest first: those that were listed and are kept for who is late, then those that are listed."""

    targets: HlsTargets
    kept: list[HlsSegment] = field(default_factory=list)
    listed: list[HlsSegment] = field(default_factory=list)
    inits: dict[int, tuple[VideoFormat, bytes]] = field(default_factory=dict)

    @property
    def open(self) -> HlsSegment | None:
        """The segment that is still growing."""
        return self.listed[-1] if self.listed and not self.listed[-1].whole else None

    @property
    def newest(self) -> HlsSegment | None:
        """The last whole one."""
        return next((segment for segment in reversed(self.listed) if segment.whole), None)

    @property
    def peak(self) -> int:
        """The most bits a second that a whole segment has."""
        whole = (segment for segment in self.listed if segment.whole)
        return max((int(segment.size * 8 / segment.seconds) + 1 for segment in whole), default=1)

    def segment(self, number: int) -> HlsSegment | None:
        """By its media sequence number, listed or kept."""
        return next((segment for segment in self._all() if segment.number == number), None)

    def rows(self) -> Sequence[SegmentRow]:
        """What the playlist lists."""
        return [segment.row() for segment in self.listed]

    def trim(self) -> None:
        """Call when a segment became whole.

        What leaves the playlist is kept for its own length and the longest playlist that listed it (6.2.2), unless
        that took too many bytes: then the oldest goes, listed or not.
        """
        least = max(LISTED_SECONDS, float(LISTED_TARGETS * self.targets.segment))
        left = sum(segment.seconds for segment in self.listed)
        while len(self.listed) > 1 and left - self.listed[0].seconds >= least:
            left -= self.listed[0].seconds
            self.kept.append(self.listed.pop(0))
        longest = least + 2 * (self.targets.segment + 1)
        late = sum(segment.seconds for segment in self.kept)
        while self.kept and late - self.kept[0].seconds >= longest:
            late -= self.kept[0].seconds
            self.kept.pop(0)
        self._trim_bytes()

    def _trim_bytes(self) -> None:
        size = sum(segment.size for segment in self._all())
        while size > LARGEST_WINDOW and len(self.kept) + len(self.listed) > 1:
            size -= (self.kept or self.listed).pop(0).size
        used = {segment.init for segment in self._all()}
        newest = max(self.inits, default=0)
        self.inits = {init: kept for init, kept in self.inits.items() if init in used or init == newest}

    def _all(self) -> Iterator[HlsSegment]:
        yield from self.kept
        yield from self.listed

"""Where the parts and segments of HLS begin and end: rules only, packets in, cuts out.  Bytes and addresses: see `hls`.

Segments are whole groups of pictures of at least two seconds.  The bounds of a playlist hold for all its life, while
cameras change their pace and their key frames as they like, so a segment that would outgrow its bound ends without a
key frame, and a picture that lasts longer than its part may is said to last less: its part never comes otherwise than
it was hinted at, and players pass over the hole.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median

from doorstep.core.media import AudioPacket, Packet
from doorstep.live.hls_playlist import HlsTargets

LEAST_SECONDS = 1.9
"""Of a segment: two seconds, and a little for cameras whose second is not quite one."""

LONGEST_TARGET = 10
PART_SECONDS = 0.3
"""Of a part at least; the target is a little above, so that pictures may come unevenly."""

LEAST_PART_TARGET = 0.34
STALL_PARTS = 3
STALL_SECONDS = 1.0
SHORTEST_PART = 0.85
"""Of the part target: what every part but a segment's last must have (4.4.4.9)."""

LARGEST_SEGMENT = 16 << 20
MOST_SOUND = 4096
"""Packets of sound that wait for a picture."""

_ROUNDS_DOWN = 0.49
"""Seconds that a segment may be longer than its target: they are rounded (4.4.3.1)."""

_SLACK = 1.08
_LONGEST_HOLE = 2
"""Times the longest picture: behind more, players of Media Source drop all up to a key frame (its 3.5.8)."""

_MARGIN = 0.25
_WHOLE = 0.01


@dataclass(frozen=True, slots=True)
class CutPart:
    """Pictures in the order of decoding, and the sound that came among them; `ticks` is how long they last together."""

    packets: tuple[Packet, ...]
    audio: tuple[AudioPacket, ...]
    ticks: int


@dataclass(frozen=True, slots=True)
class SegmentEnd:
    """The segment of the parts before is whole."""


Cut = CutPart | SegmentEnd


def is_whole(packets: Sequence[Packet], newest: Packet, timescale: int) -> bool:
    """Whether these, which begin with a key frame, are a first segment, now that the newest came behind them."""
    seconds = (newest.dts - packets[0].dts) / timescale
    if newest.key and seconds >= LEAST_SECONDS:
        return True
    grown = sum(len(packet.data) for packet in packets) + len(newest.data) > LARGEST_SEGMENT
    return grown or seconds + newest.duration / timescale > LONGEST_TARGET + _ROUNDS_DOWN


def targets_of(packets: Sequence[Packet], newest: Packet, timescale: int) -> HlsTargets:
    """The bounds for a camera whose first segment was this: a little above what it needs, whole pictures in a part."""
    times = [*(packet.dts for packet in packets), newest.dts]
    step = median(after - before for before, after in pairwise(times)) / timescale
    segment = min(LONGEST_TARGET, max(2, int((times[-1] - times[0]) / timescale + _MARGIN + 0.5)))
    part = max(LEAST_PART_TARGET, math.ceil(PART_SECONDS / step - _WHOLE) * step * _SLACK)
    return HlsTargets(segment, min(float(segment), math.ceil(part * 1000) / 1000))


@dataclass(slots=True)
class HlsCutter:
    """One connection's pictures, from a key frame on, cut into parts and segments as they come."""

    targets: HlsTargets
    timescale: int
    _pending: list[Packet] = field(default_factory=list)
    _audio: list[AudioPacket] = field(default_factory=list)
    _segment_dts: int = 0
    _segment_bytes: int = 0
    _key_dts: int = 0

    def add_sound(self, packet: AudioPacket) -> None:
        """It goes with the part that ends next."""
        if len(self._audio) < MOST_SOUND:
            self._audio.append(packet)

    def is_stall(self, packet: Packet) -> bool:
        """Whether the picture before lasted too long to pass over: then another connection's cutter begins."""
        longest = max(STALL_PARTS * self.targets.part, STALL_SECONDS) * self.timescale
        return bool(self._pending) and packet.dts - self._pending[-1].dts > longest

    def add(self, packet: Packet) -> Sequence[Cut]:
        """What can be cut off now that this one came; its own time decides how long the one before it lasts."""
        cuts: list[Cut] = []
        if not self._pending:
            self._segment_dts = packet.dts
        elif self._leaves_too_great_a_hole(packet):
            last = self._pending.pop()
            self._end_segment(last.dts, cuts)
            self._keep(last)
        if self._pending:
            self._cut_before(packet, cuts)
        self._keep(packet)
        return cuts

    def finish(self) -> Sequence[Cut]:
        """No more will come: the rest, the last picture as long as it says."""
        cuts: list[Cut] = []
        if self._pending:
            last = self._pending[-1]
            self._end_segment(last.dts + last.duration, cuts)
        return cuts

    # ------------------------------------------------------------------------------------------------------------

    @property
    def _longest(self) -> int:
        return int((self.targets.segment + _ROUNDS_DOWN) * self.timescale)

    @property
    def _latest(self) -> int:
        """When the part that grows must end."""
        part = max(1, int(self.targets.part * self.timescale))
        return min(self._pending[0].dts + part, self._segment_dts + self._longest)

    def _keep(self, packet: Packet) -> None:
        if packet.key:
            self._key_dts = packet.dts
        self._pending.append(packet)
        self._segment_bytes += len(packet.data)

    def _leaves_too_great_a_hole(self, packet: Packet) -> bool:
        """Whether the picture before needs a part of its own, which then is a segment's first."""
        last, others = self._pending[-1], pairwise(self._pending)
        longest = max([self._latest - last.dts, *(after.dts - before.dts for before, after in others)])
        return len(self._pending) > 1 and packet.dts - last.dts > _LONGEST_HOLE * longest

    def _cut_before(self, packet: Packet, cuts: list[Cut]) -> None:
        if self._ends_before(packet):
            self._end_segment(packet.dts, cuts)
        elif packet.dts - self._pending[0].dts >= SHORTEST_PART * self.targets.part * self.timescale:
            self._part(packet.dts, cuts)

    def _ends_before(self, packet: Packet) -> bool:
        ticks = packet.dts - self._segment_dts
        if self._segment_bytes + len(packet.data) > LARGEST_SEGMENT:
            return True
        if not packet.key:
            return ticks + packet.duration > self._longest
        another = packet.dts - self._key_dts
        return ticks >= LEAST_SECONDS * self.timescale or ticks + another > self._longest

    def _part(self, until: int, cuts: list[Cut]) -> None:
        """Cut what is pending, the last picture no longer than the part may last."""
        until = min(until, self._latest)
        *before, last = self._pending
        last = replace(last, duration=until - last.dts)
        cuts.append(CutPart((*before, last), tuple(self._audio), until - self._pending[0].dts))
        self._pending, self._audio = [], []

    def _end_segment(self, until: int, cuts: list[Cut]) -> None:
        self._part(until, cuts)
        cuts.append(SegmentEnd())
        self._segment_dts, self._segment_bytes = until, 0

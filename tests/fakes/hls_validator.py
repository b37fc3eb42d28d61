"""A strict reader of HLS playlists: every rule that a live playlist of ours must keep, with the section that says it.

Sections are those of draft-pantos-hls-rfc8216bis.  `faults_of` looks at one playlist, `Reloads` at one after another.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

TOLERANCE = 2e-4
"""Seconds: five digits of each duration are written."""

SHORTEST_PART = 0.85
_ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s]+)(?:,|$)')
_ONCE = {
    *("EXTM3U", "EXT-X-VERSION", "EXT-X-TARGETDURATION", "EXT-X-SERVER-CONTROL", "EXT-X-PART-INF"),
    *("EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE", "EXT-X-INDEPENDENT-SEGMENTS"),
}


@dataclass(frozen=True, slots=True)
class ReadPart:
    """One EXT-X-PART."""

    uri: str
    seconds: float
    independent: bool


@dataclass(frozen=True, slots=True)
class ReadSegment:
    """One media segment; `uri` is empty while it is open."""

    number: int
    discontinuity: int
    begins_anew: bool
    map_uri: str
    at: datetime | None
    parts: tuple[ReadPart, ...] = ()
    uri: str = ""
    seconds: float = 0.0


@dataclass(slots=True)
class ReadPlaylist:
    """What stands in a media playlist, and what is wrong with its form."""

    tags: dict[str, str] = field(default_factory=dict)
    segments: list[ReadSegment] = field(default_factory=list)
    hint: str = ""
    faults: list[str] = field(default_factory=list)

    @property
    def target(self) -> int:
        return int(self.tags.get("EXT-X-TARGETDURATION", "0"))

    @property
    def control(self) -> dict[str, str]:
        return attributes(self.tags.get("EXT-X-SERVER-CONTROL", ""))

    @property
    def part_target(self) -> float:
        return float(attributes(self.tags.get("EXT-X-PART-INF", "")).get("PART-TARGET", "0"))

    @property
    def whole(self) -> list[ReadSegment]:
        return [segment for segment in self.segments if segment.uri]


def attributes(text: str) -> dict[str, str]:
    """An attribute list (4.2), its strings without their quotes."""
    return {name: value.strip('"') for name, value in _ATTRIBUTE.findall(text)}


def read(text: str) -> ReadPlaylist:
    """The playlist line by line, as a strict client reads it."""
    reader = _Reader()
    lines = text.split("\n")
    if lines[0] != "#EXTM3U":
        reader.playlist.faults.append("4.4.1.1: the first line is not EXTM3U")
    if "\r" in text or not text.isascii() or not text.endswith("\n"):
        reader.playlist.faults.append("4.1: not plain lines of text")
    for line in lines:
        if line.startswith("#EXT"):
            name, _, value = line[1:].partition(":")
            reader.tag(name, value)
        elif line and not line.startswith("#"):
            reader.address(line)
    if reader.growing.parts:
        reader.playlist.segments.append(reader.growing)
    return reader.playlist


class _Reader:
    """The playlist so far, and the segment that the next tags are about."""

    def __init__(self) -> None:
        self.playlist = ReadPlaylist()
        self.growing = _fresh(0, 0, "")
        self.seconds: float | None = None
        self._tags: dict[str, Callable[[str], None]] = {
            "EXT-X-MEDIA-SEQUENCE": lambda value: self._grow(number=int(value)),
            "EXT-X-DISCONTINUITY-SEQUENCE": lambda value: self._grow(discontinuity=int(value)),
            "EXT-X-DISCONTINUITY": self._discontinuity,
            "EXT-X-MAP": lambda value: self._grow(map_uri=attributes(value).get("URI", "")),
            "EXT-X-PROGRAM-DATE-TIME": lambda value: self._grow(at=datetime.fromisoformat(value)),
            "EXT-X-PART": lambda value: self._grow(parts=(*self.growing.parts, _part(value, self.playlist))),
            "EXTINF": self._duration,
            "EXT-X-PRELOAD-HINT": self._hint,
        }

    def tag(self, name: str, value: str) -> None:
        if name in _ONCE:
            self._once(name, value)
        elif name not in self._tags:
            self.playlist.faults.append(f"4.4: unknown tag {name}")
        if name in self._tags:
            self._tags[name](value)

    def address(self, line: str) -> None:
        if self.seconds is None:
            self.playlist.faults.append(f"4.4.4.1: {line} has no EXTINF")
        whole = replace(self.growing, uri=line, seconds=self.seconds or 0.0)
        self.playlist.segments.append(whole)
        self.growing, self.seconds = _fresh(whole.number + 1, whole.discontinuity, whole.map_uri), None

    def _once(self, name: str, value: str) -> None:
        if name in self.playlist.tags:
            self.playlist.faults.append(f"4.4: {name} stands twice")
        if self.playlist.segments or self.growing.parts:
            self.playlist.faults.append(f"4.4.3: {name} behind the first segment")
        self.playlist.tags[name] = value

    def _grow(self, **changes: Any) -> None:
        self.growing = replace(self.growing, **changes)

    def _discontinuity(self, _value: str) -> None:
        self._grow(begins_anew=True, discontinuity=self.growing.discontinuity + 1)

    def _duration(self, value: str) -> None:
        if not re.fullmatch(r"\d+(\.\d+)?,.*", value):
            self.playlist.faults.append("4.4.4.1: EXTINF is no number and a comma")
        self.seconds = float(value.partition(",")[0])

    def _hint(self, value: str) -> None:
        hint = attributes(value)
        if self.playlist.hint or hint.get("TYPE") != "PART" or not hint.get("URI"):
            self.playlist.faults.append("4.4.5.3: a hint must say TYPE and URI, once for a type")
        self.playlist.hint = hint.get("URI", "")


def _fresh(number: int, discontinuity: int, map_uri: str) -> ReadSegment:
    return ReadSegment(number, discontinuity, begins_anew=False, map_uri=map_uri, at=None)


def _part(value: str, playlist: ReadPlaylist) -> ReadPart:
    found = attributes(value)
    if not {"DURATION", "URI"} <= set(found):
        playlist.faults.append("4.4.4.9: a part without DURATION or URI")
    return ReadPart(found.get("URI", ""), float(found.get("DURATION", "0")), found.get("INDEPENDENT") == "YES")


def faults_of(text: str) -> list[str]:
    """What is wrong with this one playlist; nothing if nothing is."""
    playlist = read(text)
    return [*playlist.faults, *_head_faults(playlist), *_segment_faults(playlist), *_part_faults(playlist)]


def _head_faults(playlist: ReadPlaylist) -> list[str]:
    control, target, part = playlist.control, playlist.target, playlist.part_target
    rules = {
        "4.4.3.1: no TARGETDURATION": target >= 1,
        "4.4.1.2 and 8: EXT-X-MAP needs version 6": int(playlist.tags.get("EXT-X-VERSION", "1")) >= 6,
        "4.4.3.2: no MEDIA-SEQUENCE": "EXT-X-MEDIA-SEQUENCE" in playlist.tags,
        "4.4.3.3: no DISCONTINUITY-SEQUENCE": "EXT-X-DISCONTINUITY-SEQUENCE" in playlist.tags,
        "4.4.3.7: no PART-TARGET": 0 < part <= max(target, 1),
        "4.4.3.8: HOLD-BACK below three target durations": float(control.get("HOLD-BACK", "0")) >= 3 * target,
        "4.4.3.8: PART-HOLD-BACK below three part targets": float(control.get("PART-HOLD-BACK", "0"))
        >= 3 * part - TOLERANCE,
        "4.4.3.8: reloads may not be blocked": control.get("CAN-BLOCK-RELOAD") == "YES",
        "6.2.2: no whole segment": bool(playlist.whole),
    }
    return [fault for fault, kept in rules.items() if not kept]


def _segment_faults(playlist: ReadPlaylist) -> list[str]:
    faults = []
    for before, segment in zip([None, *playlist.segments], playlist.segments, strict=False):
        if segment.uri and math.floor(segment.seconds + 0.5) > playlist.target:
            faults.append(f"4.4.3.1: segment {segment.number} lasts longer than the target duration")
        if segment.uri and segment.seconds <= 0:
            faults.append(f"4.4.4.1: segment {segment.number} lasts no time")
        if not segment.map_uri:
            faults.append(f"4.4.4.5: segment {segment.number} has no EXT-X-MAP before it")
        if segment.at is None:
            faults.append(f"4.4.4.6: segment {segment.number} does not say when it was taken")
        if before is not None and before.map_uri != segment.map_uri and not segment.begins_anew:
            faults.append(f"4.4.4.3: segment {segment.number} has another init, and no EXT-X-DISCONTINUITY")
        independent = "EXT-X-INDEPENDENT-SEGMENTS" in playlist.tags
        if independent and segment.parts and not segment.parts[0].independent:
            faults.append(f"4.4.2.1: segment {segment.number} is not independent")
    if len({segment.uri for segment in playlist.whole}) < len(playlist.whole):
        faults.append("6.2.1: two segments have one address")
    return faults


def _part_faults(playlist: ReadPlaylist) -> list[str]:
    faults = []
    whole = sum(segment.seconds for segment in playlist.whole)
    for segment in playlist.segments:
        for place, part in enumerate(segment.parts):
            name = f"part {place} of segment {segment.number}"
            last = bool(segment.uri) and place == len(segment.parts) - 1
            if part.seconds > playlist.part_target + 1e-9:
                faults.append(f"4.4.4.9: {name} lasts longer than the part target")
            if part.seconds < SHORTEST_PART * playlist.part_target - TOLERANCE and not last:
                faults.append(f"4.4.4.9: {name} is shorter than 85 % of the part target")
        total = sum(part.seconds for part in segment.parts)
        if segment.uri and segment.parts and abs(total - segment.seconds) > TOLERANCE * (1 + len(segment.parts)):
            faults.append(f"4.4.4.9: the parts of segment {segment.number} are not the segment")
        if segment.parts and segment.uri and whole > 3 * playlist.target + segment.seconds + TOLERANCE:
            faults.append(f"6.2.2: the parts of segment {segment.number} are too far from the end to be listed")
        whole -= segment.seconds
    if playlist.hint and playlist.hint in {part.uri for segment in playlist.segments for part in segment.parts}:
        faults.append("4.4.5.3: the hinted part is there already")
    return faults


@dataclass(slots=True)
class Reloads:
    """One client that loads a playlist again and again."""

    before: ReadPlaylist | None = None
    seen: dict[int, ReadSegment] = field(default_factory=dict)

    def faults_of(self, text: str) -> list[str]:
        """What is wrong with the playlist, or with it behind the one before."""
        faults, now = faults_of(text), read(text)
        if self.before is not None:
            faults += self._changes(self.before, now)
        for segment in now.segments:
            faults += self._change_of(segment)
            self.seen[segment.number] = segment
        self.before = now
        return faults

    def _changes(self, before: ReadPlaylist, now: ReadPlaylist) -> list[str]:
        first, first_now = before.segments[0].number, now.segments[0].number
        last, last_now = before.segments[-1].number, now.segments[-1].number
        left = sum(segment.seconds for segment in now.whole)
        rules = {
            "6.2.1: the target duration changed": before.target == now.target,
            "6.2.1: the part target changed": before.part_target == now.part_target,
            "6.2.2: the media sequence number fell": first_now >= first,
            "6.2.1: a segment vanished from the end": last_now >= last,
            "6.2.2: a removal left less than three target durations": first_now == first or left >= 3 * now.target,
        }
        return [fault for fault, kept in rules.items() if not kept]

    def _change_of(self, now: ReadSegment) -> list[str]:
        """What was once said of a segment stays true; only parts may come behind others, or go all at once."""
        before = self.seen.get(now.number)
        if before is None:
            return []
        same_start = (before.map_uri, before.at, before.discontinuity) == (now.map_uri, now.at, now.discontinuity)
        same_end = not before.uri or (before.uri, before.seconds) == (now.uri, now.seconds)
        same_parts = now.parts[: len(before.parts)] == before.parts or (not now.parts and bool(now.uri))
        frozen = not before.uri or len(now.parts) <= len(before.parts)
        rules = {
            f"6.2.1: the beginning of segment {now.number} changed (map, date or discontinuity)": same_start,
            f"6.2.1: segment {now.number} changed after it was whole": same_end and frozen,
            f"6.2.1: the parts of segment {now.number} changed": same_parts,
        }
        return [fault for fault, kept in rules.items() if not kept]

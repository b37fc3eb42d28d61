"""A low-latency HLS player without a picture: blocking reloads, parts as they come, and how late each of them was.

Delay is now less the wall time that the playlist gives the end of what has just come, plus the time a player stays
behind the end (PART-HOLD-BACK): what somebody would see.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin

import httpx

from fakes.hls_validator import ReadPlaylist, ReadSegment, Reloads, read


@dataclass(frozen=True, slots=True)
class GotPart:
    """One part: its address, its bytes, how old its end was when it was there whole, and the hold-back then."""

    uri: str
    data: bytes
    age: float
    hold_back: float

    @property
    def delay(self) -> float:
        """Seconds between the picture's capture and its showing by a player that keeps to the playlist."""
        return self.age + self.hold_back


class HlsPlayer:
    """Plays one address over a client of its own; `faults` are what the validator found on the way."""

    def __init__(self, client: httpx.Client, address: str) -> None:
        self._client = client
        self._media = ""
        self._address = address
        self._reloads = Reloads()
        self.faults: list[str] = []
        self.loads = 0

    def open(self) -> ReadPlaylist:
        """The address leads to a media playlist; the init segments it names are there."""
        master = self._text(self._address)
        self._media = urljoin(self._address, next(line for line in master.split("\n") if line[:1] not in ("#", "")))
        playlist = self._load(self._media)
        for address in {segment.map_uri for segment in playlist.segments}:
            self._bytes(address)
        return playlist

    def parts(self, seconds: float) -> Iterator[GotPart]:
        """Each part as it comes, for so long; begins behind what is there already."""
        playlist, until = self.open(), time.monotonic() + seconds
        while time.monotonic() < until:
            after = _next(playlist)
            both = "&" if "?" in self._media else "?"
            playlist = self._load(f"{self._media}{both}_HLS_msn={after[0]}&_HLS_part={after[1]}")
            for segment in playlist.segments:
                for place, part in enumerate(segment.parts):
                    if (segment.number, place) >= after:
                        data = self._bytes(part.uri)
                        age = (datetime.now(UTC) - _end(segment, place)).total_seconds()
                        hold = float(playlist.control["PART-HOLD-BACK"])
                        yield GotPart(part.uri, data, age, hold)

    def _load(self, address: str) -> ReadPlaylist:
        text = self._text(address)
        self.loads += 1
        self.faults += self._reloads.faults_of(text)
        return read(text)

    def _text(self, address: str) -> str:
        answer = self._client.get(address)
        answer.raise_for_status()
        assert answer.headers["content-type"] == "application/vnd.apple.mpegurl"
        return answer.text

    def _bytes(self, uri: str) -> bytes:
        answer = self._client.get(urljoin(self._media, uri))
        answer.raise_for_status()
        assert answer.headers["content-type"] == "video/mp4"
        return answer.content


def _next(playlist: ReadPlaylist) -> tuple[int, int]:
    """The part behind the last one that is listed."""
    last = playlist.segments[-1]
    return (last.number + 1, 0) if last.uri else (last.number, len(last.parts))


def _end(segment: ReadSegment, place: int) -> datetime:
    """When the last picture of the part was over."""
    assert segment.at is not None
    return segment.at + timedelta(seconds=sum(part.seconds for part in segment.parts[: place + 1]))

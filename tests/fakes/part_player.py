"""A player of low-latency HLS without a browser: it waits for each part, decodes it, and reads the pictures' numbers.

It shows a picture when a player would that joins PART-HOLD-BACK before the end of the playlist and plays on at the
camera's speed (draft-pantos-hls-rfc8216bis, 4.4.3.8); a part that comes later than its time makes it stand still.
"""

import io
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

import av
import httpx
import numpy as np
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext

from fakes.stamped_camera import BITS, CELL

PATIENCE_SECONDS = 60.0
_PART = re.compile(r"^#EXT-X-PART:(.*)$", re.MULTILINE)
_URI = re.compile(r'URI="([^"]+)"')


@dataclass(frozen=True, slots=True)
class PartPicture:
    """The number of a picture, and when such a player shows it, in seconds of time.time()."""

    number: int
    at: float


@dataclass
class PartPlayer:
    """Of the playlist that the index at `address` leads to; the client holds cookie or token."""

    client: httpx.Client
    address: httpx.URL
    requests: int = 0
    stalls: int = 0
    _offset: float | None = None
    """What is added to a picture's media time to get the moment when it is shown."""
    _decoder: VideoCodecContext | None = None

    def play(self, seconds: float) -> list[PartPicture]:
        """What was shown in so many seconds, from joining on."""
        end = time.time() + seconds
        playlist, shown, seen = self._get(self._media_address()).text, list[PartPicture](), set[str]()
        init = self._get(self._join(_named(playlist, "#EXT-X-MAP:", _URI))).content
        hold_back = float(_named(playlist, "#EXT-X-SERVER-CONTROL:", re.compile(r"PART-HOLD-BACK=([\d.]+)")))
        parts = [_URI.search(row) for row in _PART.findall(playlist)]
        seen |= {part[1] for part in parts if part is not None}  # what was before
        newest = self._last_moment(init, playlist)
        self._offset = time.time() + hold_back - newest
        while time.time() < end:
            playlist = self._get(self._media_address(), **_next(playlist)).text
            for row in _PART.findall(playlist):
                found = _URI.search(row)
                if found is not None and found[1] not in seen:
                    seen.add(found[1])
                    shown += self._pictures(init + self._get(self._join(found[1])).content, key="INDEPENDENT" in row)
        return shown

    def _pictures(self, film: bytes, *, key: bool) -> Iterator[PartPicture]:
        arrived = time.time()
        assert self._offset is not None
        with av.open(io.BytesIO(film), "r") as container:
            stream = container.streams.video[0]
            if self._decoder is None and key:
                decoder = av.CodecContext.create(stream.codec_context.name, "r")
                assert isinstance(decoder, VideoCodecContext)
                decoder.extradata = stream.codec_context.extradata
                decoder.flags |= Flags.low_delay
                self._decoder = decoder
            if self._decoder is None:
                return
            for packet in container.demux(stream):
                if packet.pts is None:
                    continue
                moment = float(packet.pts * packet.time_base)
                late = arrived - (moment + self._offset)
                if late > 0:
                    self._offset += late
                    self.stalls += 1
                for picture in self._decoder.decode(packet):
                    yield PartPicture(_number(picture), moment + self._offset)

    def _last_moment(self, init: bytes, playlist: str) -> float:
        """The media time at the end of the playlist."""
        found = _URI.search(_PART.findall(playlist)[-1])
        assert found is not None
        with av.open(io.BytesIO(init + self._get(self._join(found[1])).content), "r") as container:
            return max(
                float((packet.pts + (packet.duration or 0)) * packet.time_base)
                for packet in container.demux(video=0)
                if packet.pts is not None
            )

    def _media_address(self) -> httpx.URL:
        if not self.address.path.endswith("media.m3u8"):
            text = self._get(self.address).text
            rows = [row for row in text.splitlines() if row and not row.startswith("#")]
            self.address = self._join(rows[0])
        return self.address

    def _join(self, name: str) -> httpx.URL:
        return self.address.join(name)

    def _get(self, address: httpx.URL, **query: int) -> httpx.Response:
        self.requests += 1
        params: dict[str, str | int] = {**dict(address.params.items()), **query}
        return self.client.get(
            address.copy_with(query=None), params=params, timeout=PATIENCE_SECONDS
        ).raise_for_status()


def _named(playlist: str, tag: str, what: re.Pattern[str]) -> str:
    row = next(row for row in reversed(playlist.splitlines()) if row.startswith(tag))
    found = what.search(row)
    assert found is not None, row
    return found[1]


def _next(playlist: str) -> dict[str, int]:
    """Which part comes next: media sequence number, and its place in that segment."""
    number, part = int(_named(playlist, "#EXT-X-MEDIA-SEQUENCE:", re.compile(r":(\d+)"))), 0
    for row in playlist.splitlines():
        if row and not row.startswith("#"):
            number, part = number + 1, 0
        part += row.startswith("#EXT-X-PART:")
    return {"_HLS_msn": number, "_HLS_part": part}


def _number(picture: av.VideoFrame) -> int:
    """As the shared timecode.py reads it: a Gray code in the lower right corner."""
    plane = picture.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[:, : picture.width]
    strip = rows[picture.height - CELL * 3 // 4 : picture.height - CELL // 4]
    gray = 0
    for bit in range(BITS):
        right = picture.width - bit * CELL
        gray |= int(strip[:, right - CELL * 3 // 4 : right - CELL // 4].mean() > 125) << bit
    number = 0
    while gray:
        number ^= gray
        gray >>= 1
    return number

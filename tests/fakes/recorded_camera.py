"""A camera out of memory, with pictures of one loud colour, for sources that are put over another one."""

import threading
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from doorstep.core.errors import SourceLost
from doorstep.core.media import StreamItem
from doorstep.media.encode import H264Encoder
from doorstep.ports import FrameTap
from fakes.masked_pictures import loud_picture

WIDTH, HEIGHT, RATE = 96, 160, 10


@dataclass
class Recorded:
    """A camera out of memory that ends as cameras do, and notes whom it would have shown its pictures."""

    items: Sequence[StreamItem]
    taps: list[FrameTap] = field(default_factory=list)

    def read(self, tap: FrameTap, _stop: threading.Event) -> Generator[StreamItem]:
        self.taps.append(tap)
        yield from self.items
        msg = "the camera left"
        raise SourceLost(msg)


@lru_cache
def loud_stream(width: int = WIDTH, height: int = HEIGHT, count: int = 25) -> tuple[StreamItem, ...]:
    encoder = H264Encoder(width, height, RATE)
    items: list[StreamItem] = [encoder.format]
    for number in range(count):
        items += encoder.encode(loud_picture(width, height, number), 900_000 + number * 9000, number / RATE)[1]
    return tuple(items)

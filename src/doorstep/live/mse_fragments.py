"""One stream's packets as what a browser's media source is fed: a fragment for each picture.  Who watches lives in
`mse`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from doorstep.core.errors import MediaInvalid
from doorstep.core.live_piece import LiveFormat, LiveFragment
from doorstep.core.media import AudioPacket, Packet, StreamItem, VideoFormat
from doorstep.media.splice import as_beginning
from doorstep.mp4.codec_string import mime_type
from doorstep.mp4.fragment import fragment
from doorstep.mp4.init_segment import init_segment
from doorstep.mp4.producer_time import producer_time
from doorstep.ports import Clock

MOST_SOUND = 500
"""Packets of sound that wait for a picture; where more come there is no picture to hear them with."""

BACKLOG_BYTES = 256 << 10
"""About how large a fragment of what was missed is: a viewer's socket is given no more than that at once."""


class MseFragments:
    """Lives on the event loop; never raises.  Times count from the first key frame of each connection that is seen."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.built = 0
        """Fragments made so far."""
        self.format: LiveFormat | None = None
        """None while there is no connection, or one that no browser could be told of."""
        self._video: VideoFormat | None = None
        self._origin: int | None = None
        self._shown_from = 0
        self._sound: list[AudioPacket] = []

    def begin(self, fmt: VideoFormat) -> None:
        """Another connection, or another format in it."""
        self.end()
        try:
            self.format = LiveFormat(mime_type(fmt), fmt.width, fmt.height, init_segment(fmt))
        except MediaInvalid:
            return  # a record that is cut off: no decoder would take it
        self._video = fmt

    def end(self) -> None:
        """The connection is over."""
        self.format = self._video = self._origin = None
        self._sound = []

    def take(self, packet: Packet | AudioPacket) -> LiveFragment | None:
        """The fragment of this picture and of the sound that came since the last one; None where there is none."""
        if isinstance(packet, AudioPacket):
            if self._origin is not None and len(self._sound) < MOST_SOUND:
                self._sound.append(packet)
            return None
        if self._video is None or (self._origin is None and not packet.key):
            return None
        if self._origin is None:
            packet = self._begin_with(self._video, packet)
        elif packet.pts < self._shown_from:
            return None  # it leads the first key frame and needs pictures from before that
        sound, self._sound = self._sound, []
        return self._fragment([packet], sound)

    def backlog(self, items: Sequence[StreamItem]) -> list[LiveFragment]:
        """What was missed since the last key frame, with which it begins, in a few fragments.

        Sound behind the last picture comes with the next one.
        """
        if self._video is None or not items or not isinstance(items[0], Packet):
            return []
        is_first = self._origin is None
        first = self._begin_with(self._video, items[0])
        pictures, sound, size = [first], list[AudioPacket](), len(first.data)
        heard = 0
        made: list[LiveFragment | None] = []
        for item in items[1:]:
            if isinstance(item, AudioPacket):
                sound.append(item)
            elif isinstance(item, Packet) and item.pts >= first.pts:
                if size > BACKLOG_BYTES:
                    made.append(self._fragment(pictures, sound[:heard]))
                    pictures, sound, size = [], sound[heard:], 0
                pictures.append(item)
                heard, size = len(sound), size + len(item.data)
        made.append(self._fragment(pictures, sound[:heard]))
        if is_first:
            self._sound = sound[heard:]
        return [one for one in made if one is not None]

    def _begin_with(self, fmt: VideoFormat, key: Packet) -> Packet:
        """Time counts from the first key frame; as it must be where a decoder begins."""
        if self._origin is None:
            self._origin, self._shown_from = key.dts, key.pts
        return replace(key, data=as_beginning(fmt.codec, key.data))

    def _fragment(self, pictures: Sequence[Packet], sound: Sequence[AudioPacket]) -> LiveFragment | None:
        """With the capture time of the newest picture: the one from which a delay is told most truly."""
        origin, fmt = self._origin, self._video
        if origin is None or fmt is None:
            return None
        rate = fmt.audio.sample_rate if fmt.audio else 0
        began = origin * rate // fmt.timescale
        heard = [one for one in sound if rate and one.pts >= began]
        newest = pictures[-1]
        made_at = self._clock.monotonic()
        captured_at = self._clock.now() - timedelta(seconds=made_at - newest.arrived)
        first_pts = heard[0].pts - began if heard else 0
        try:
            made = fragment(self.built % 2**32, pictures[0].dts - origin, pictures, heard, first_pts)
        except MediaInvalid:
            return None  # such times end the connection, too
        self.built += 1
        times = producer_time(captured_at, max(0, newest.pts - origin))
        return LiveFragment(times + made.data, pictures[0].key, pictures[0].pts - origin, made_at)

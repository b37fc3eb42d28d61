"""The sound of a container beside its picture: only what comes later than all before."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import av
from av.audio.stream import AudioStream
from av.container import InputContainer

from doorstep.core.media import AudioFormat, AudioPacket


class AudioReader(Protocol):
    """Turns the sound of one container into what is kept of it."""

    @property
    def format(self) -> AudioFormat:
        """Of every packet that `take` gives."""
        ...

    def take(self, raw: "av.Packet[Any]", arrived: float) -> list[AudioPacket]:
        """What can be had after this packet, times counted in seconds as the container counts them."""
        ...


OpenAudio = Callable[[AudioStream], AudioReader | None]
"""A reader of a container's sound, None where it is of no kind that is kept."""


def sound_of(container: InputContainer, open_audio: OpenAudio | None) -> "Sound | None":
    """The first sound of a container, None where there is none to keep."""
    if open_audio is None or not container.streams.audio:
        return None
    stream = container.streams.audio[0]
    reader = open_audio(stream)
    return Sound(stream, reader) if reader is not None else None


class Sound:
    """The sound beside the picture of one stream."""

    def __init__(self, stream: AudioStream, reader: AudioReader) -> None:
        self.stream = stream
        self._reader = reader
        self._last = -1

    @property
    def format(self) -> AudioFormat:
        """Of every packet."""
        return self._reader.format

    def take(self, raw: "av.Packet[Any]", arrived: float) -> Iterator[AudioPacket]:
        """Only what comes later than all before."""
        for packet in self._reader.take(raw, arrived):
            if packet.pts > self._last:
                self._last = packet.pts
                yield packet

    def begin_connection(self) -> None:
        """Times start anew."""
        self._last = -1

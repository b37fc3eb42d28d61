"""Formats and packets of a camera to messages of RTMP, on one time line in milliseconds."""

from typing import Final

from doorstep.core.media import AudioPacket, Codec, Packet, StreamItem, VideoFormat
from doorstep.rtmp import amf0, flv
from doorstep.rtmp.errors import RtmpInvalid
from doorstep.rtmp.message import ChunkStream, Kind, Message
from doorstep.rtmp.wire import Wire

_FOLLOWING_MILLISECONDS: Final = 40  # between two connections of a camera, at least
_LARGEST_OFFSET: Final = 2**23 - 1
_LARGEST_MESSAGE: Final = 2**24 - 1  # its length has three bytes (RTMP, 5.3.1.2.1)


class MediaOut:
    """What one stream sends.  Times begin at 0 and go on where a new format ends the camera's connection."""

    def __init__(self, wire: Wire, stream: int) -> None:
        self._wire = wire
        self._stream = stream
        self._format: VideoFormat | None = None
        self._origin: float | None = None  # seconds of the connection at which our time line is at 0
        self._last = 0
        self._last_arrived: float | None = None

    def send(self, item: StreamItem) -> None:
        """The next item of a source; packets before a format are left out.  Raises RtmpInvalid for HEVC, and giants."""
        match item:
            case VideoFormat():
                self._begin(item)
            case Packet() if self._format is not None:
                self._video(item, self._format)
            case AudioPacket() if self._format is not None and self._format.audio is not None:
                self._audio(item, self._format.audio.sample_rate)
            case _:
                pass

    def _begin(self, fmt: VideoFormat) -> None:
        if fmt.codec is not Codec.H264:
            msg = f"RTMP carries H.264 only, and this camera sends {fmt.codec.upper()}"
            raise RtmpInvalid(msg)
        self._format = fmt
        self._origin = None
        self._put(ChunkStream.STATUS, Kind.AMF0_NOTICE, self._last, _meta(fmt))
        self._put(ChunkStream.VIDEO, Kind.VIDEO, self._last, flv.write_video_config(fmt.decoder_config))
        if fmt.audio is not None:
            self._put(ChunkStream.AUDIO, Kind.AUDIO, self._last, flv.write_audio_config(fmt.audio.decoder_config))

    def _video(self, packet: Packet, fmt: VideoFormat) -> None:
        time = self._time(packet.dts / fmt.timescale, packet.arrived)
        offset = round((packet.pts - packet.dts) * 1000 / fmt.timescale)
        offset = max(-_LARGEST_OFFSET, min(_LARGEST_OFFSET, offset))
        self._put(ChunkStream.VIDEO, Kind.VIDEO, time, flv.write_video(packet.data, offset, key=packet.key))

    def _audio(self, packet: AudioPacket, sample_rate: int) -> None:
        time = self._time(packet.pts / sample_rate, packet.arrived)
        self._put(ChunkStream.AUDIO, Kind.AUDIO, time, flv.write_audio(packet.data))

    def _time(self, at: float, arrived: float) -> int:
        """Milliseconds on our time line, of a time in seconds of the connection."""
        if self._origin is None:
            begin = 0.0
            if self._last_arrived is not None:
                begin = self._last + max(_FOLLOWING_MILLISECONDS, (arrived - self._last_arrived) * 1000)
            self._origin = at - begin / 1000
        time = max(0, round((at - self._origin) * 1000))
        self._last = max(self._last, time)
        self._last_arrived = arrived
        return time

    def _put(self, chunk_stream: ChunkStream, kind: Kind, time: int, payload: bytes) -> None:
        if len(payload) > _LARGEST_MESSAGE:
            msg = "RTMP carries pictures of up to 16 MB, and this camera sends a larger one"
            raise RtmpInvalid(msg)
        self._wire.send(chunk_stream, Message(kind, time & 0xFFFFFFFF, self._stream, payload))


def _meta(fmt: VideoFormat) -> bytes:
    """What players read first (FLV, E.5)."""
    told: dict[str, amf0.Amf0] = {"width": float(fmt.width), "height": float(fmt.height), "videocodecid": 7.0}
    if fmt.audio is not None:
        told |= {
            "audiocodecid": 10.0,
            "audiosamplerate": float(fmt.audio.sample_rate),
            "stereo": fmt.audio.channels > 1,
        }
    return amf0.encode(["onMetaData", told])

"""Opens files and streams of cameras by FFmpeg's demuxers, and lets FFmpeg reach nothing else than what was named.

A file names no other file, a camera no other protocol than its own.  What is read is for `demux`.
"""

from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

# No playlists and no lists of other files (hls, dash, concat, image2's patterns): a file names no other file.
_VIDEO_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,avi,flv,asf,ogg,h264,hevc,m4v,gif,wav,mp3,aac,flac"
_LONGEST_OPEN_SECONDS = 10.0
_LONGEST_READ_SECONDS = 10.0

# Enough for the parameter sets of a stream that tells them in its packets only, and no more: every second of probing
# is a second later that a camera is back.
_SHORT_PROBE = {
    "analyzeduration": "500000",
    "probesize": "1000000",
    "fpsprobesize": "0",
    "max_pixels": str(2**26),
}


def open_file(path: Path, *, demuxer: str | None = None, options: dict[str, str] | None = None) -> InputContainer:
    """The container in a file.  Raises av.FFmpegError; its kinds are also those of OSError where they are the disk's.

    `demuxer` forces one of FFmpeg's, else the content tells among those of videos.
    """
    limits = {"protocol_whitelist": "file"} | ({} if demuxer else {"format_whitelist": _VIDEO_FORMATS})
    return av.open(
        f"file:{path.absolute()}",
        mode="r",
        format=demuxer,
        options=limits | (options or {}),
        timeout=(_LONGEST_OPEN_SECONDS, _LONGEST_READ_SECONDS),
    )


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that FFmpeg may be silent, while it opens a stream and between two packets."""

    opening: float = 5.0
    reading: float = 5.0


USUAL_PATIENCE = Patience()


def open_rtsp(url: str, *, udp: bool, audio: bool, patience: Patience = USUAL_PATIENCE) -> InputContainer:
    """A camera's RTSP stream (RFC 2326).  Raises av.FFmpegError or OSError, whose texts hold the address.

    RTP comes over the same connection, or over UDP; of sound nothing is asked for without `audio`.  `rtsps` encrypts
    and proves nothing: cameras sign their certificates themselves.  FFmpeg follows a redirection to any host, and
    answers there with the same name and password, round in circles until `patience.opening` is over.
    """
    options = {
        "rtsp_transport": "udp" if udp else "tcp",
        "allowed_media_types": "video+audio" if audio else "video",
        "protocol_whitelist": "rtsp,rtp,udp,tcp,tls,crypto",
        "tls_verify": "0",
    }
    return _open_stream(url, "rtsp", options, patience)


def open_rtmp(url: str, *, patience: Patience = USUAL_PATIENCE) -> InputContainer:
    """A stream that an RTMP server plays.  Raises as `open_rtsp`."""
    options = {"rtmp_live": "live", "protocol_whitelist": "rtmp,rtmps,tcp,tls,crypto"}
    return _open_stream(url, "flv", options, patience)


def _open_stream(url: str, demuxer: str, options: dict[str, str], patience: Patience) -> InputContainer:
    return av.open(
        url,
        mode="r",
        format=demuxer,
        options=_SHORT_PROBE | options,
        timeout=(patience.opening, patience.reading),
    )


def video_stream(container: InputContainer) -> VideoStream | None:
    """The first stream of moving pictures; a cover picture in a music file is none."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    return None

"""Opens files by FFmpeg's demuxers: only containers that hold one video, only from the disk, never by a bad name."""

from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

# No playlists and no lists of other files (hls, dash, concat, image2's patterns): a file names no other file.
_VIDEO_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,avi,flv,asf,ogg,h264,hevc,m4v,gif,wav,mp3,aac,flac"
_LONGEST_OPEN_SECONDS = 10.0
_LONGEST_READ_SECONDS = 10.0


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


def video_stream(container: InputContainer) -> VideoStream | None:
    """The first stream of moving pictures; a cover picture in a music file is none."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    return None

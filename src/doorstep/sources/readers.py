"""Which blocking source reads which kind of camera: the same in a thread and in a confined child.

What needs numpy or a client of HTTP is imported where such a camera is read; `source_spec.code_of` names it too.
"""

from doorstep.core.errors import SourceRefused
from doorstep.ports import Clock
from doorstep.sources.address import (
    FileAddress,
    MjpegAddress,
    RtmpPullAddress,
    RtspAddress,
    V4l2Address,
    parse_source,
)
from doorstep.sources.file import FileSource
from doorstep.sources.rtmp_pull import RtmpPullSource
from doorstep.sources.rtsp import RtspSource
from doorstep.sources.source_spec import SourceSpec
from doorstep.sources.threaded import BlockingSource


def reader_of(spec: SourceSpec, clock: Clock) -> BlockingSource:
    """The source, not yet opened.  Raises ConfigInvalid for a bad address, SourceRefused for one without a reader.

    Cameras that send encoded video are decoded, painted and encoded anew where masks or rotation ask for it and the
    owner has consented (`reencode`).
    """
    painted = bool(spec.masks) or spec.rotation != 0
    match parse_source(spec.address):
        case MjpegAddress() as address:
            from doorstep.sources.mjpeg import MjpegSource  # noqa: PLC0415 - 11 MiB that RTSP does without

            return MjpegSource(address, masks=spec.masks, rotation=spec.rotation, clock=clock)
        case V4l2Address() as address:
            from doorstep.sources.v4l2 import V4l2Source  # noqa: PLC0415 - as above, 7 MiB

            return V4l2Source(address, masks=spec.masks, rotation=spec.rotation, clock=clock)
        case FileAddress() | RtspAddress() | RtmpPullAddress() as address:
            encoded = _encoded(address, spec, clock)
            if not painted:
                return encoded
            if not spec.reencode:  # never an unmasked picture, whoever forgot to ask
                msg = "Masks and rotation of this camera need reencode = true."
                raise SourceRefused(msg)
            from doorstep.sources.reencoded import ReencodedSource  # noqa: PLC0415 - as above

            return ReencodedSource(encoded, masks=spec.masks, rotation=spec.rotation, clock=clock)
        case _:
            msg = "This kind of camera cannot be read apart from the house."
            raise SourceRefused(msg)


def _encoded(address: FileAddress | RtspAddress | RtmpPullAddress, spec: SourceSpec, clock: Clock) -> BlockingSource:
    match address:
        case FileAddress(path, loop):
            return FileSource(path, loop=loop, clock=clock, audio=spec.audio)
        case RtspAddress():
            return RtspSource(address, transport=spec.transport, audio=spec.audio, clock=clock)
        case RtmpPullAddress():
            return RtmpPullSource(address, audio=spec.audio, clock=clock)

"""librtmp as a camera: what OBS and many encoders publish with.  `python rtmp_librtmp.py ADDRESS FLV_FILE`."""

import ctypes
import ctypes.util
import sys
from collections.abc import Iterator
from pathlib import Path

LIBRARY = ctypes.util.find_library("rtmp")


def tags(flv: bytes) -> Iterator[bytes]:
    """The file's header with its first tag, then a tag at a time: librtmp takes whole ones only."""
    begin, at = 0, 13
    while at + 15 <= len(flv):
        at += 11 + int.from_bytes(flv[at + 1 : at + 4]) + 4
        yield flv[begin:at]
        begin = at


def publish(to: str, flv: bytes) -> None:
    """As fast as it goes."""
    rtmp = ctypes.CDLL(LIBRARY)
    rtmp.RTMP_Alloc.restype = ctypes.c_void_p
    session = ctypes.c_void_p(rtmp.RTMP_Alloc())
    rtmp.RTMP_Init(session)
    address = ctypes.create_string_buffer(to.encode())  # librtmp keeps pointers into it
    assert rtmp.RTMP_SetupURL(session, address)
    rtmp.RTMP_EnableWrite(session)
    assert rtmp.RTMP_Connect(session, None)
    assert rtmp.RTMP_ConnectStream(session, 0)
    for tag in tags(flv):
        assert rtmp.RTMP_Write(session, tag, len(tag)) > 0
    rtmp.RTMP_Close(session)


if __name__ == "__main__":
    publish(sys.argv[1], Path(sys.argv[2]).read_bytes())

"""VLC without a window: Debian's libvlc plays an address and counts what it decoded and showed.  Run as a program, for
what crashes in it must not take the tests along.

python tests/fakes/vlc_player.py ADDRESS SECONDS
"""

import ctypes
import ctypes.util
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

import pytest

_OPTIONS = (b"--no-audio", b"--vout=vdummy", b"--no-video-title-show", b"--quiet", b"--avcodec-hw=none")
_PLAYING = 3  # libvlc_state_t, libvlc_media.h
START_SECONDS = 60.0
"""For the first picture; how soon it comes is told."""

vlc_needed = pytest.mark.skipif(ctypes.util.find_library("vlc") is None, reason="needs libvlc5: make test-deps")


@dataclass(frozen=True, slots=True)
class Shown:
    """Pictures shown and lost, seconds until the first, the longest without a new one, and whether it still plays."""

    shown: int
    lost: int
    first: float | None
    longest_wait: float
    playing: bool


class _Stats(ctypes.Structure):
    """libvlc_media_stats_t, libvlc_media.h of libvlc 3."""

    _fields_ = (
        ("read_bytes", ctypes.c_int),
        ("input_bitrate", ctypes.c_float),
        ("demux_read_bytes", ctypes.c_int),
        ("demux_bitrate", ctypes.c_float),
        ("demux_corrupted", ctypes.c_int),
        ("demux_discontinuity", ctypes.c_int),
        ("decoded_video", ctypes.c_int),
        ("decoded_audio", ctypes.c_int),
        ("displayed_pictures", ctypes.c_int),
        ("lost_pictures", ctypes.c_int),
        ("rest", ctypes.c_int * 16),
    )


def shown_by_vlc(address: str, seconds: float) -> Shown:
    """In a process of its own, for so long from its first picture on."""
    command = [sys.executable, __file__, address, str(seconds)]
    done = subprocess.run(command, capture_output=True, timeout=seconds + 2 * START_SECONDS, check=True)
    return Shown(**json.loads(done.stdout.splitlines()[-1]))


def _play(address: str, seconds: float) -> Shown:
    vlc = ctypes.CDLL("libvlc.so.5")
    for name in ("new", "media_new_location", "media_player_new_from_media"):
        getattr(vlc, f"libvlc_{name}").restype = ctypes.c_void_p
    instance = ctypes.c_void_p(vlc.libvlc_new(len(_OPTIONS), (ctypes.c_char_p * len(_OPTIONS))(*_OPTIONS)))
    media = ctypes.c_void_p(vlc.libvlc_media_new_location(instance, address.encode()))
    player = ctypes.c_void_p(vlc.libvlc_media_player_new_from_media(media))
    began = changed = time.monotonic()
    end = began + START_SECONDS
    vlc.libvlc_media_player_play(player)
    stats, before, first, longest = _Stats(), 0, None, 0.0
    while (now := time.monotonic()) < end:
        time.sleep(0.1)
        vlc.libvlc_media_get_stats(media, ctypes.byref(stats))
        if stats.displayed_pictures > before:
            if first is None:
                first, end = now - began, now + seconds
            before, changed = stats.displayed_pictures, now
        elif first is not None:
            longest = max(longest, now - changed)
    playing = vlc.libvlc_media_player_get_state(player) == _PLAYING
    return Shown(stats.displayed_pictures, stats.lost_pictures, first, longest, playing)


if __name__ == "__main__":
    print(json.dumps(asdict(_play(sys.argv[1], float(sys.argv[2])))), flush=True)
    os._exit(0)  # libvlc's threads are not waited for

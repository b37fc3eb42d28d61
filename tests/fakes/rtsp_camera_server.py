"""An RTSP server whose picture is a function of the clock; run by the system's Python, which has GStreamer.

Standard library and GStreamer only.  `rtsp_camera.py` starts it, and says what the options mean.  Words on standard
input: `stall` (send no more pictures, the connection stays), `flow` (go on), `quit`.
"""

import argparse
import sys
import threading
import time
from typing import Any

import gi  # type: ignore[import-not-found]  # only the system's Python has it

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # type: ignore[import-not-found]

BLOCKS = 16  # bits of the index, most significant first, then the same inverted
ROWS = 2


def picture(index: int, width: int, height: int) -> bytes:
    """Yuv420p: two rows of black and white blocks along the upper edge, below them bars that wander."""
    block = width // BLOCKS
    rows = []
    for inverted in range(ROWS):
        bits = ((index >> (BLOCKS - 1 - place)) & 1 for place in range(BLOCKS))
        line = b"".join(bytes([235 if bit != inverted else 16]) * block for bit in bits)
        rows.append(line.ljust(width, b"\x80") * block)
    bar = bytes(range(40, 200)) * (width // 160 + 2)
    shift = index % 160
    rest = height - ROWS * block
    return b"".join(rows) + bar[shift : shift + width] * rest + b"\x80" * (width * height // 2)


class Camera:
    """Pushes one picture for each tick of the clock into every pipeline that is open."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.flowing = threading.Event()
        self.flowing.set()
        self._lock = threading.Lock()
        self._open: list[tuple[Any, int]] = []

    def attach(self, media: Any) -> None:
        """A pipeline has been made for one client or many."""
        source = media.get_element().get_by_name("src")
        first = int(time.time() * self.options.fps) + 1
        with self._lock:
            self._open.append((source, first))
        media.connect("unprepared", lambda _media: self._detach(source))

    def _detach(self, source: Any) -> None:
        with self._lock:
            self._open = [each for each in self._open if each[0] is not source]

    def run(self) -> None:
        """For ever: picture n at n / fps seconds of the clock; late pictures are made up for, never left out."""
        fps, width, height = self.options.fps, self.options.width, self.options.height
        number = int(time.time() * fps) + 1
        while True:
            time.sleep(max(0.0, number / fps - time.time()))
            with self._lock:
                sources = list(self._open)
            if sources and self.flowing.is_set():
                data = picture(number % 2**BLOCKS, width, height)
                for source, first in sources:
                    buffer = Gst.Buffer.new_wrapped(data)
                    buffer.pts = int((number - first) * Gst.SECOND / fps) if number >= first else 0
                    buffer.duration = int(Gst.SECOND / fps)
                    source.emit("push-buffer", buffer)
            number += 1


def pipeline(options: argparse.Namespace) -> str:
    """In GStreamer's notation."""
    rate = f"{round(options.fps * 1000)}/1000"
    gop = max(1, round(options.gop * options.fps))
    raw = f"video/x-raw,format=I420,width={options.width},height={options.height},framerate={rate}"
    source = f"appsrc name=src is-live=true format=time block=false max-bytes=200000000 caps={raw}"
    if options.codec == "h264":
        encoder = (
            f"x264enc speed-preset=ultrafast threads=1 bitrate={options.bitrate} key-int-max={gop} "
            f"bframes={options.b_frames} b-adapt=false rc-lookahead=0 sync-lookahead=0 sliced-threads=false "
            f"option-string=scenecut=0:force-cfr=1:keyint={gop}:min-keyint={gop} "
            f"! video/x-h264,profile={'main' if options.b_frames else 'baseline'} "
            "! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1"
        )
    else:
        encoder = (
            f"x265enc speed-preset=ultrafast bitrate={options.bitrate} key-int-max={gop} "
            f"option-string=bframes={options.b_frames}:b-adapt=0:scenecut=0:pools=1:frame-threads=1:log-level=none:"
            f"keyint={gop}:min-keyint={gop}:rc-lookahead=4 ! h265parse ! rtph265pay name=pay0 pt=96 config-interval=-1"
        )
    video = f"{source} ! {encoder}"
    match options.audio:
        case "pcmu":
            sound = " audiotestsrc is-live=true freq=440 ! audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay"
            return f"( {video} {sound} name=pay1 pt=0 )"
        case "aac":
            sound = " audiotestsrc is-live=true freq=440 ! audio/x-raw,rate=16000,channels=1 ! voaacenc ! aacparse"
            return f"( {video} {sound} ! rtpmp4gpay name=pay1 pt=97 )"
        case _:
            return f"( {video} )"


def protect(server: Any, factory: Any, options: argparse.Namespace) -> None:
    """Ask for a name and a password."""
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    if options.auth == "digest":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(options.user, options.password, token)
    else:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(options.user, options.password), token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("viewer", "media.factory.access", True)
    permissions.add_permission_for_role("viewer", "media.factory.construct", True)
    factory.set_permissions(permissions)


def obey(camera: Camera, loop: Any) -> None:
    """Words on standard input; its end says nothing."""
    for line in sys.stdin:
        match line.strip():
            case "stall":
                camera.flowing.clear()
            case "flow":
                camera.flowing.set()
            case "quit":
                loop.quit()
            case _:
                continue
        print(line.strip(), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8554)
    parser.add_argument("--name", default="camera")
    parser.add_argument("--fps", type=float, default=25.0)
    parser.add_argument("--width", type=int, default=320)
    parser.add_argument("--height", type=int, default=240)
    parser.add_argument("--gop", type=float, default=1.0)
    parser.add_argument("--b-frames", type=int, default=0)
    parser.add_argument("--codec", choices=["h264", "hevc"], default="h264")
    parser.add_argument("--bitrate", type=int, default=500)
    parser.add_argument("--audio", choices=["none", "pcmu", "aac"], default="none")
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--auth", choices=["basic", "digest"], default="digest")
    options = parser.parse_args()

    Gst.init(None)
    camera = Camera(options)
    server = GstRtspServer.RTSPServer()
    server.set_address(options.address)
    server.set_service(str(options.port))
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_shared(True)
    factory.set_latency(0)
    factory.set_launch(pipeline(options))
    factory.connect("media-configure", lambda _factory, media: camera.attach(media))
    server.get_mount_points().add_factory(f"/{options.name}", factory)
    if options.user:
        protect(server, factory, options)
    if not server.attach(None):
        sys.exit(f"cannot listen on port {options.port}")
    loop = GLib.MainLoop()
    threading.Thread(target=camera.run, daemon=True).start()
    threading.Thread(target=obey, args=(camera, loop), daemon=True).start()
    print(f"ready {server.get_bound_port()}", flush=True)
    loop.run()


main()

"""Writes guide/brands.md from the patterns that the page itself tries: `make docs-pages`.  A test holds it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from doorstep.core.camera_patterns import GENERIC, PATTERNS, CameraPattern

HEAD = """\
# Cameras by brand

Made from `core/camera_patterns.py` by `make docs-pages`; do not edit it by hand. These are the addresses that
*Add a camera* tries by itself, and what a maker's own pages say about the time between key frames.

**Not tried.** None of these cameras has stood where Doorstep is developed: there an RTSP server, an ONVIF device and
streams made to measure stand for all of them. The addresses and the names of settings are the makers' own, from the
pages that are named; firmware changes both. What you found with yours is worth an issue.

`HOST` is the camera's address at home, such as 192.0.2.10. Make a user in the camera who may only watch, and write
`rtsp://USER:PASSWORD@HOST…` ([in the config](cameras.md#ip-camera-rtsp)); the small stream is for `detect`.

## What to set in every camera

* **A key frame every half second to second.** It is called I-frame interval, GOP length, GOV or key frame interval,
  and counted in pictures (then: half of the pictures a second) or in seconds (then: 1). Long intervals lose nothing,
  but clips start earlier than asked, live pictures begin later, and looking costs more
  ([why](cameras.md#what-is-good-for-every-camera)).
* **Switch off what stretches it by itself**: "smart codec", H.264+ or H.265+, "dynamic GOP", Zipstream with dynamic
  GOP.
* H.264, 10 to 15 pictures a second, the clock by NTP, and ONVIF on, if *Add a camera* shall find it by itself.

"""


@dataclass(frozen=True, slots=True)
class Advice:
    """What a maker is called, how its cameras call the interval, what to choose, and where the address stands."""

    name: str
    setting: str
    choose: str
    source: str


ADVICE = {
    "hikvision": Advice(
        "Hikvision",
        "Configuration, Video/Audio, Video: *I Frame Interval*, in pictures",
        "the same as, or half of, the frame rate; *Smart Codec* (H.264+, H.265+) off",
        "Hikvision, How to get RTSP stream",
    ),
    "dahua": Advice(
        "Dahua",
        "Setting, Camera, Video: *I Frame Interval*, in pictures; many models take no less than the frame rate",
        "the least that it takes; *Smart Codec* off",
        "Dahua wiki, Remote Access/RTSP via VLC",
    ),
    "amcrest": Advice(
        "Amcrest",
        "as Dahua, whose cameras they are: *Frame Interval*",
        "the least that it takes",
        "as Dahua",
    ),
    "reolink": Advice(
        "Reolink",
        "Display, Stream: *Interframe Space* (1x is a second), on firmware that has it",
        "1x, and *fixed frame rate*; on older cameras it cannot be set and is 2 to 4 s",
        "Reolink support, Introduction to RTSP",
    ),
    "tapo": Advice(
        "TP-Link Tapo",
        "none that its app shows",
        "nothing; switch on *Camera Account* (Advanced Settings) for the user, and look at stream2",
        "TP-Link FAQ 2680",
    ),
    "axis": Advice(
        "Axis",
        "Video, Stream: *GOP length* (older: *GOV length*), in pictures; or `videokeyframeinterval=8` in the address",
        "half of the frame rate; Zipstream's *dynamic GOP* off",
        "Axis VAPIX, Video streaming",
    ),
    "foscam": Advice(
        "Foscam",
        "Video, Video Settings: *Key Frame Interval*, in pictures",
        "the same as the frame rate",
        "Foscam's FAQ on RTSP",
    ),
    "wyze": Advice(
        "Wyze with its RTSP firmware",
        "none",
        "nothing; the maker no longer looks after this firmware",
        "Wyze, RTSP firmware",
    ),
    "yi": Advice(
        "Yi with yi-hack",
        "none",
        "nothing",
        "yi-hack-v5 wiki, Integrating with Frigate",
    ),
    "esp32": Advice(
        "ESP32-CAM (CameraWebServer)",
        "none: each picture is whole",
        "640x480, and a quality that the Wi-Fi carries",
        "espressif/arduino-esp32, CameraWebServer",
    ),
    GENERIC: Advice(
        "Others",
        "look for I-frame, GOP or key frame in its pages",
        "half of the frame rate, or a second",
        "what cheap cameras are seen to have",
    ),
}
TAIL = """\
## Makers without an address here

* **UniFi Protect** shows each camera's own address: Settings, Advanced, RTSP. Type it whole.
* **The Wyze bridge** has `rtsp://HOST:8554/` and the camera's name.
* **Ring, Nest, Eufy with a HomeBase, Blink, Arlo**: these speak to their maker's servers and offer no stream at home
  that Doorstep could open. Some Eufy cameras have *RTSP* in their own settings.
* **Battery cameras** sleep, so there is nothing to open. They can [report
  motion](automations.md#motion-and-presses-from-anything).
* **A camera that only speaks ONVIF**: *Add a camera* asks it for its list of streams.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD + "## Addresses\n", *_rows(), "", TAIL])


def _rows() -> Iterator[str]:
    yield "| maker | large stream | small stream | time between key frames | choose | where it stands |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for maker, patterns in groupby(PATTERNS, lambda pattern: pattern.maker):
        yield _row(ADVICE[maker], list(patterns))


def _row(advice: Advice, patterns: list[CameraPattern]) -> str:
    main = "<br>".join(f"`{_address(pattern, pattern.main)}`" for pattern in patterns)
    sub = "<br>".join(f"`{_address(pattern, pattern.sub)}`" for pattern in patterns if pattern.sub)
    return f"| {advice.name} | {main} | {sub} | {advice.setting} | {advice.choose} | {advice.source} |"


def _address(pattern: CameraPattern, path: str) -> str:
    port = "" if (pattern.scheme, pattern.port) == ("rtsp", 554) else f":{pattern.port}"
    return f"{pattern.scheme}://HOST{port}{path}"

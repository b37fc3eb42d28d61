"""Writes guide/brands.md from the patterns that the page itself tries: `make docs-pages`.  A test holds it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from doorstep.core.camera_patterns import GENERIC, PATTERNS, CameraPattern

HEAD = """\
# Cameras by brand

Made from `core/camera_patterns.py` by `make docs-pages`; do not edit it by hand. These are the addresses that
*Add a camera* tries by itself, and what to set in the camera.

**Not tried.** None of these cameras has stood where Doorstep is developed: there an RTSP server, an ONVIF device and
streams made to measure stand for all of them. So each row says what it rests on: a page of the maker, or another
project that lists the camera. *Not verified* is what everybody seems to know and no page of those says. Firmware
changes all of it; what you found with yours is worth an issue.

`HOST` is the camera's address at home, such as 192.0.2.10. Make a user in the camera who may only watch, and write
`rtsp://USER:PASSWORD@HOST…` ([in the config](cameras.md#ip-camera-rtsp)); the small stream is for `detect`.

## What to set in every camera

* **RTSP on, and ONVIF** if *Add a camera* shall find it by itself. With many makers ONVIF is off at first, or has a
  user of its own.
* **A key frame every half second, a second at most.** It is called I-frame interval, GOP length, GOV or key frame
  interval, and counted in pictures (then: half of the pictures a second) or in seconds. Makers advise longer ones to
  save bits: they lose nothing, but clips start earlier than asked, live pictures begin later, and looking costs more
  ([why](cameras.md#what-is-good-for-every-camera)).
* **Switch off what stretches it by itself**: "smart codec", H.264+ or H.265+, "dynamic intra frame period", "dynamic
  GOP".
* H.264, 10 to 15 pictures a second, and the clock by NTP.

"""


@dataclass(frozen=True, slots=True)
class Advice:
    """What a maker is called, what comes before its address opens, what to choose for key frames, and says who."""

    name: str
    before: str
    key_frames: str
    rests_on: str


LISTED = "as VisioForge's directory of cameras lists it"
ADVICE = {
    "hikvision": Advice(
        "Hikvision",
        "ONVIF: Network, Advanced Settings, Integration Protocol, with a user of its own",
        "Video/Audio: *I Frame Interval*, in pictures: half of the frame rate; *H.264+* off",
        "addresses: Hikvision USA support, RTSP stream format; the rest: not verified",
    ),
    "dahua": Advice(
        "Dahua",
        "nothing",
        "Camera, Video: *I Frame Interval*, in pictures (the manual advises twice the frame rate): the least that it "
        "takes; *Smart Codec* off",
        "addresses: as go2rtc lists them; key frames: Dahua's operation manuals; *Smart Codec*: not verified",
    ),
    "amcrest": Advice(
        "Amcrest",
        "nothing",
        "as Dahua, whose cameras they are",
        "addresses: as go2rtc lists them; the rest: not verified",
    ),
    "reolink": Advice(
        "Reolink",
        "Network, Advanced, Port Settings: RTSP and ONVIF (port 8000) on; cameras with a battery have none that lasts",
        "*Interframe Space* 1x (a second), on firmware that has it",
        "addresses: Reolink support, Introduction to RTSP; ports: as VisioForge and go2rtc list them; 1x: as Frigate "
        "advises",
    ),
    "tapo": Advice(
        "TP-Link Tapo",
        "in its app: Advanced Settings, *Camera Account* makes the user; on newer firmware also Me, Tapo Lab, "
        "*Third-Party Compatibility*. ONVIF: port 2020",
        "nothing to set; look at stream2",
        "as VisioForge, go2rtc and Scrypted list it; key frames: not verified",
    ),
    "axis": Advice(
        "Axis",
        "nothing",
        "*GOP length* (older: *GOV length*, 32 at first), in pictures, or `videokeyframeinterval=8` in the address: "
        "half of the frame rate; Zipstream's *dynamic GOP* off",
        "Axis, VAPIX Video streaming API and Zipstream",
    ),
    "foscam": Advice(
        "Foscam",
        "most use port 88 for this too, newer ones 554; the camera's pages say which",
        "Video: *Key Frame Interval*: half of the frame rate",
        "port 88: " + LISTED + ", 554: as Home Assistant does; key frames: Foscam's manual of the C1",
    ),
    "wyze": Advice(
        "Wyze with its RTSP firmware",
        "the firmware (Cam v2, Pan), then in the app Advanced Settings, *RTSP*; the maker no longer looks after it",
        "nothing to set",
        "Wyze, RTSP firmware, as copies of its page say; another list has port 8554",
    ),
    "yi": Advice(
        "Yi with yi-hack",
        "the firmware",
        "not verified",
        "yi-hack-v5 wiki, Integrating with Frigate",
    ),
    "esp32": Advice(
        "ESP32-CAM (CameraWebServer)",
        "nothing; it has no password, so keep it in a network of its own",
        "each picture is whole; 640x480, and a quality that the Wi-Fi carries",
        "the code of the example, espressif/arduino-esp32",
    ),
    GENERIC: Advice(
        "Others",
        "look for RTSP in its pages",
        "look for I-frame, GOP or key frame: half of the frame rate",
        "what cheap cameras are seen to have; `/live/ch00_0` also Grandstream, " + LISTED,
    ),
}
TAIL = """\
## Makers without an address here

* **UniFi Protect** shows each camera's own address once RTSP is on (the camera's Settings, Advanced). Type it whole,
  but for `?enableSrtp` at its end: SRTP is not spoken here.
* **The Wyze bridge** (docker-wyze-bridge) has `rtsp://HOST:8554/` and the camera's name.
* **Eufy**: some cameras and HomeBases have *RTSP* in the app, which then shows the address; type it whole. Those with a
  battery stop when they sleep.
* **Ring, Nest, Blink, Arlo**: these speak to their maker's servers, and offer no stream at home that we know of.
* **Battery cameras** sleep, so there is nothing to open. They can [report
  motion](automations.md#motion-and-presses-from-anything), if anything of theirs can send a POST.
* **A camera that only speaks ONVIF**: *Add a camera* asks it for its list of streams.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD + "## Addresses\n", *_rows(), "", TAIL])


def _rows() -> Iterator[str]:
    yield "| maker | large stream | small stream | before that | time between key frames | rests on |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for maker, patterns in groupby(PATTERNS, lambda pattern: pattern.maker):
        yield _row(ADVICE[maker], list(patterns))


def _row(advice: Advice, patterns: list[CameraPattern]) -> str:
    main = "<br>".join(f"`{_address(pattern, pattern.main)}`" for pattern in patterns)
    sub = "<br>".join(f"`{_address(pattern, pattern.sub)}`" for pattern in patterns if pattern.sub)
    return f"| {advice.name} | {main} | {sub} | {advice.before} | {advice.key_frames} | {advice.rests_on} |"


def _address(pattern: CameraPattern, path: str) -> str:
    port = "" if (pattern.scheme, pattern.port) == ("rtsp", 554) else f":{pattern.port}"
    return f"{pattern.scheme}://HOST{port}{path}"

"""Which cameras are connected to this machine itself, as the kernel lists them.  Opening one: `v4l2`, `picamera`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CLASS = Path("/sys/class/video4linux")
_PI_CAMERAS = ("unicam", "rp1-cfe")
_NO_CAMERAS = ("bcm2835-codec", "bcm2835-isp", "pispbe", "rpivid", "rpi-hevc")
_MOST = 16


@dataclass(frozen=True, slots=True)
class LocalCamera:
    """Its name as the kernel tells it, and the address to open it by."""

    name: str
    address: str


def local_cameras(listed: Path = CLASS) -> Sequence[LocalCamera]:
    """Those that are there now.  Reads a few small files; never raises."""
    found: list[LocalCamera] = []
    try:
        devices = sorted(listed.iterdir(), key=lambda each: (len(each.name), each.name))
    except OSError:
        return ()
    for device in devices[: 4 * _MOST]:
        name = _read(device / "name")
        if name.startswith(_NO_CAMERAS) or _read(device / "index") not in {"", "0"}:
            continue  # a further node of the same camera tells its metadata
        if name.startswith(_PI_CAMERAS):
            found.append(LocalCamera("Raspberry Pi camera", "picamera://?size=1280x720&fps=15"))
        elif device.name.startswith("video") and device.name[5:].isdecimal():
            found.append(LocalCamera(name or "USB camera", f"v4l2:///dev/{device.name}"))
    return list({each.address: each for each in found}.values())[:_MOST]


def _read(file: Path) -> str:
    try:
        text = file.read_text(encoding="utf-8", errors="replace")[:200]
    except OSError:
        return ""
    return "".join(sign if sign.isprintable() else " " for sign in text).strip()[:80]

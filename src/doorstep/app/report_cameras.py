"""Which cameras and encoders a machine has: that part of `doorstep check --report`.  No device is opened here.

What the kernel lists is read.  Only `rpicam-hello` opens devices, and it is not asked beside a server that has the
camera.
"""

import os

from doorstep.app.machine_files import MachineFiles, MachinePrograms
from doorstep.core.machine_report import ReportLine, ReportSection
from doorstep.core.machine_texts import listed_cameras, printable

NODES = "sys/class/video4linux"
ENCODER = "dev/video11"
"""bcm2835-codec's, of every Pi but the 5: `sources/picamera.py`."""

_ENCODER_NAME = "bcm2835-codec-encode"
_TOOLS = ("rpicam-hello", "libcamera-hello")
_MOST_NODES = 64


def camera_section(files: MachineFiles, programs: MachinePrograms, *, held: bool) -> ReportSection:
    """With `held` a running Doorstep has the Pi's camera open."""
    nodes = [
        f"{name}: {printable(files.line(f'{NODES}/{name}/name'))}" for name in files.names(NODES, "v")[:_MOST_NODES]
    ]
    encoder = any(_ENCODER_NAME in node for node in nodes)
    return ReportSection(
        "Cameras and encoders",
        (
            ReportLine("video devices, by the kernel", tuple(nodes)),
            ReportLine("media devices", len(files.names("dev", "media"))),
            ReportLine("libcamera lists", _listed(programs, held=held)),
            ReportLine("hardware encoder for H.264", encoder),
            ReportLine("hardware encoder may be opened by this user", _may_open(files) if encoder else None),
        ),
    )


def _listed(programs: MachinePrograms, *, held: bool) -> tuple[str, ...] | str:
    if held:
        return "not asked: a running Doorstep has the camera open"
    for tool in _TOOLS:
        printed = programs.printed(tool, "--list-cameras")
        if printed is not None:
            return tuple(listed_cameras(printed))
    return "not asked: rpicam-hello is not installed, or did not answer (package rpicam-apps-lite)"


def _may_open(files: MachineFiles) -> bool:
    return os.access(files.at(ENCODER), os.R_OK | os.W_OK)

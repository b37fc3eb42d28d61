"""A live session: one viewer watching now, and the rule for how many there may be.  Who counts them lives in `live`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from doorstep.core.camera import CameraId


class LiveWay(StrEnum):
    """How a picture gets to a viewer."""

    MSE = "mse"
    WEBRTC = "webrtc"
    HLS = "hls"
    MJPEG = "mjpeg"
    RTMP = "rtmp"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who would watch: which camera, which way, on whose behalf, from which address.

    `login` is the id of the session or token that lets them in, `who` the person's or token's name.  `person` is their
    account; of a token or a key, which has none, what it was made with, else itself.
    """

    camera: CameraId
    way: LiveWay
    login: str
    who: str
    address: str
    person: str


@dataclass(frozen=True, slots=True)
class LiveSession:
    """One viewer, from `since` on."""

    id: str
    viewer: Viewer
    since: datetime


@dataclass(frozen=True, slots=True)
class ViewerLimits:
    """How many may watch at once: all together, of one person, and by WebRTC, which costs the most."""

    all: int = 128
    of_person: int = 64
    webrtc: int = 16


def too_many(sessions: Iterable[LiveSession], asked: Viewer, limits: ViewerLimits) -> str:
    """Why one more may not watch, in plain words; empty if it may."""
    running = [session.viewer for session in sessions]
    if len(running) >= limits.all:
        return f"{limits.all} viewers are watching, as many as Doorstep serves at once. Close a page with a camera."
    if sum(one.person == asked.person for one in running) >= limits.of_person:
        return f"{limits.of_person} viewers are watching with this account. Close a page or a player."
    if asked.way is LiveWay.WEBRTC and sum(one.way is LiveWay.WEBRTC for one in running) >= limits.webrtc:
        return f"{limits.webrtc} viewers are watching with the least delay, as many as Doorstep serves so."
    return ""

"""What the keys of one camera, and of all cameras together, must agree on.  No word quotes a value."""

from collections.abc import Iterator

from doorstep.config.document import Document, Value
from doorstep.config.fault import Fault
from doorstep.config.key_lines import KeyPath
from doorstep.core.detection import PERSON, Label
from doorstep.core.errors import ConfigInvalid
from doorstep.sources.address import (
    DemoAddress,
    MjpegAddress,
    PicameraAddress,
    RtmpListenAddress,
    RtmpPullAddress,
    RtspAddress,
    SourceAddress,
    V4l2Address,
    parse_source,
)

SHORTEST_KEY = 8
"""Characters of a stream key: wrong ones are delayed, so that eight cannot be guessed."""

_OWN_FRAMES = (DemoAddress, MjpegAddress, PicameraAddress, V4l2Address)
"""Sources whose pictures Doorstep encodes itself: masks and rotation cost nothing more there."""

_PUSHED = (RtmpListenAddress, RtmpPullAddress)

Camera = dict[str, Value]


def camera_faults(document: Document) -> list[Fault]:
    """Keys that are fine alone and wrong beside others."""
    found = [Fault((*path, key), words) for path, camera in document.cameras() for key, words in _wrong_in(camera)]
    return [*found, *_repeated_keys(document), *_useless_heights(document)]


def _wrong_in(camera: Camera) -> Iterator[tuple[str, str]]:
    address = _address(camera)
    if address is None:
        return  # said already
    for key in ("masks", "rotation"):
        words = _why_not_painted(camera, address)
        if camera.get(key) and words:
            yield key, words
    if camera.get("audio") and isinstance(address, _OWN_FRAMES):
        yield "audio", "is not to be had from this kind of camera"
    if camera.get("transport", "tcp") != "tcp" and not isinstance(address, RtspAddress):
        yield "transport", "is for rtsp:// cameras only"
    if camera.get("detect") is not None and not isinstance(address, (RtspAddress, RtmpPullAddress)):
        yield "detect", "is for cameras with two streams, rtsp:// or rtmp://"
    yield from _wrong_key(camera, address)


def _why_not_painted(camera: Camera, address: SourceAddress) -> str:
    if isinstance(address, RtmpListenAddress):
        return "is not to be had where a camera pushes its video; mask and turn it in what sends it"
    if not isinstance(address, _OWN_FRAMES) and not camera.get("reencode"):
        return "needs reencode = true, for this camera's video comes encoded; `doorstep check` shows the cost"
    return ""


def _wrong_key(camera: Camera, address: SourceAddress) -> Iterator[tuple[str, str]]:
    key = camera.get("stream_key") or ""
    if isinstance(address, RtmpListenAddress) and not key:
        yield "stream_key", "is missing: a camera that pushes its video needs a key of its own"
    elif key and isinstance(address, _PUSHED) and isinstance(key, str) and (len(key) < SHORTEST_KEY or not _plain(key)):
        yield "stream_key", f"must have at least {SHORTEST_KEY} letters, digits, - or _"


def _plain(key: str) -> bool:
    """What goes through every RTMP address as it is."""
    return key.isascii() and key.replace("-", "a").replace("_", "a").isalnum()


def _repeated_keys(document: Document) -> Iterator[Fault]:
    seen: dict[str, KeyPath] = {}
    for path, camera in document.cameras():
        key = camera.get("stream_key")
        if isinstance(key, str) and key:
            if key in seen:
                yield Fault((*path, "stream_key"), "is another camera's key; each needs its own")
            seen[key] = path


def _useless_heights(document: Document) -> Iterator[Fault]:
    """Of labels that nobody looks for; what is no label is said elsewhere."""
    labels = document.table("detection").get("labels", [PERSON.value])
    wanted = labels if isinstance(labels, list) else list(Label)
    for path, camera in document.cameras():
        zones = camera.get("zones")
        places = [path, *((*path, "zones", number) for number in range(len(zones if isinstance(zones, list) else [])))]
        for place in places:
            for label in document.table(*place, "least_heights"):
                if label in list(Label) and label not in wanted:
                    words = "is not among the labels of [detection], so nobody looks for it"
                    yield Fault((*place, "least_heights", label), words)


def _address(camera: Camera) -> SourceAddress | None:
    source = camera.get("source")
    try:
        return parse_source(source) if isinstance(source, str) else None
    except ConfigInvalid:
        return None

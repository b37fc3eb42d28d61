"""The demo's visitor: when somebody comes, where they stand, and how their picture blends into the porch."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from doorstep.core.errors import MediaInvalid
from doorstep.ports import Frame
from doorstep.sources.yuv import Canvas, Samples, from_rgb, halved

FIRST_VISIT_SECONDS = 8.0
EVERY_SECONDS = 45.0
WALK_SECONDS = 4.0
STAND_SECONDS = 8.0
VISIT_SECONDS = 2 * WALK_SECONDS + STAND_SECONDS

_FAR, _NEAR = 0.42, 0.56  # height in parts of the picture's, when coming in and when standing
_STANDING_AT = 0.5  # in parts of the picture's width
_OUTSIDE = 0.3  # how far beyond the edge the middle of somebody is who is not to be seen yet
_BOB_PIXELS = 3.0
_SWAY = 0.005  # nobody stands still
_SWAYS_PER_SECOND = 0.3
_STEPS_PER_SECOND = 1.8
_SIDE = 512  # of the picture of the visitor


@dataclass(frozen=True, slots=True)
class Pose:
    """Somebody in the picture: the middle of their feet and their height, in parts of its width and height."""

    x: float
    height: float
    stride: float
    """Where they are in a step, in turns; 0 while standing."""


def pose_at(seconds: float) -> Pose | None:
    """Who is where, `seconds` after the scene began: a pure rule.

    The first visit begins after 8 s, then one every 45 s: 4 s to walk up (growing), 8 s at the door, 4 s to leave
    by the same side.  Visits come from the left and from the right by turns.
    """
    since = seconds - FIRST_VISIT_SECONDS
    if since < 0:
        return None
    visit, moment = divmod(since, EVERY_SECONDS)
    if moment >= VISIT_SECONDS:
        return None
    leaving = moment - WALK_SECONDS - STAND_SECONDS
    near = min(1.0, moment / WALK_SECONDS) if leaving < 0 else 1.0 - leaving / WALK_SECONDS
    eased = near * near * (3 - 2 * near)
    start = -_OUTSIDE if visit % 2 == 0 else 1 + _OUTSIDE
    walking = near < 1.0
    sway = _SWAY * math.sin(2 * math.pi * _SWAYS_PER_SECOND * moment)
    return Pose(
        x=start + eased * (_STANDING_AT + sway - start),
        height=_FAR + eased * (_NEAR - _FAR),
        stride=moment * _STEPS_PER_SECOND % 1.0 if walking else 0.0,
    )


class Visitor:
    """A person cut softly out of a photograph, in every size that was asked for."""

    def __init__(self, photograph: Frame) -> None:
        """Raises MediaInvalid when the photograph is not the square one that the outline was drawn for."""
        if photograph.width != photograph.height:
            msg = "the demo's visitor is not the expected picture; run `doorstep models fetch`"
            raise MediaInvalid(msg)
        plane = photograph.bgr(_SIDE, _SIDE)
        rows = np.frombuffer(plane.pixels, np.uint8)[: plane.stride * plane.height].reshape(_SIDE, plane.stride)
        rgb = rows[:, : plane.width].reshape(_SIDE, _SIDE, 3)[:, :, ::-1].astype(np.float32)
        self._layers = np.concatenate([from_rgb(rgb), _outline()[:, :, None]], axis=2)
        self._sized = lru_cache(maxsize=2)(self._size)

    def draw(self, canvas: Canvas, pose: Pose, light: float) -> None:
        """Blend the visitor into the picture, feet cut off by its lower edge; `light` dims them as the porch."""
        height, width = canvas.luma.shape
        side = int(pose.height * height) // 4 * 4
        bob = _BOB_PIXELS * abs(0.5 - pose.stride) * 2 if pose.stride else 0.0
        top = int(height - side + bob) // 2 * 2
        left = int(pose.x * width - side / 2) // 2 * 2
        first, last = max(0, -left), min(side, width - left)
        if first >= last:
            return
        layers, colours = self._sized(side)
        rows = min(side, height - top)
        part = layers[:rows, first:last]
        luma = 16 + (part[:, :, 0] - 16) * light
        _blend(canvas.luma[top : top + rows, left + first : left + last], luma, part[:, :, 3])
        part = colours[: rows // 2, first // 2 : last // 2]
        place = (slice(top // 2, top // 2 + rows // 2), slice((left + first) // 2, (left + last) // 2))
        _blend(canvas.u[place], part[:, :, 1], part[:, :, 3])
        _blend(canvas.v[place], part[:, :, 2], part[:, :, 3])

    def _size(self, side: int) -> tuple[Samples, Samples]:
        """Y U V and cover, side x side (bilinear), and the same at half the size for the colours."""
        at = (np.arange(side) + 0.5) * _SIDE / side - 0.5
        first = np.clip(at.astype(int), 0, _SIDE - 2)
        share = np.clip(at - first, 0, 1).astype(np.float32)
        rows = self._layers[first] * (1 - share)[:, None, None] + self._layers[first + 1] * share[:, None, None]
        sized = rows[:, first] * (1 - share)[None, :, None] + rows[:, first + 1] * share[None, :, None]
        return sized, halved(sized)


def _blend(under: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]", over: Samples, cover: Samples) -> None:
    under[:] = (under + cover * (over - under) + 0.5).astype(np.uint8)


def _outline() -> Samples:
    """Where the person is in the photograph, 0..1: head, collar and shoulders, with soft edges."""
    rows, columns = np.mgrid[:_SIDE, :_SIDE].astype(np.float32)
    cover = np.zeros((_SIDE, _SIDE), np.float32)
    for x, y, half_width, half_height, soft in (
        (228, 98, 71, 84, 12),
        (210, 226, 98, 80, 10),
        (195, 460, 178, 240, 12),
        (388, 450, 122, 118, 8),
    ):
        distance = np.hypot((columns - x) / half_width, (rows - y) / half_height)
        cover = np.maximum(cover, np.clip((1 - distance) * min(half_width, half_height) / soft, 0, 1))
    return cover

"""Keeps the best of boxes that mean the same person.  Which boxes there are is the model families' business."""

import numpy as np
from numpy.typing import NDArray


def suppress(boxes: NDArray[np.float32], scores: NDArray[np.float32], overlap: float) -> list[int]:
    """Indices of the boxes to keep, best first: greedy, a box goes if its IoU with a better one exceeds `overlap`.

    `boxes` is n x 4 (left, top, right, bottom), `scores` n; all of one label.
    """
    areas = np.clip(boxes[:, 2] - boxes[:, 0], 0, None) * np.clip(boxes[:, 3] - boxes[:, 1], 0, None)
    order = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while order.size:
        best, rest = order[0], order[1:]
        kept.append(int(best))
        corners = np.maximum(boxes[best, :2], boxes[rest, :2])
        far_corners = np.minimum(boxes[best, 2:], boxes[rest, 2:])
        shared = np.prod(np.clip(far_corners - corners, 0, None), axis=1)
        union = areas[best] + areas[rest] - shared
        order = rest[shared <= overlap * np.maximum(union, 1e-9)]
    return kept

"""What the page is told about why an alert was opened, as the contract shapes it, in the states that tests ask for."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import av
import numpy as np
from playwright.sync_api import Page

EXPLANATION = "**/api/v1/events/*/explanation"
FEEDBACK = "**/api/v1/events/*/feedback"
STILL = "**/api/v1/events/*/still.jpg"
BOX = [0.25, 0.25, 0.75, 0.5]
HASH = "c789161ef18efa2c0e5a8a8a2a1b5b25b6b1a46a50b05a1e6a5a1a1a2b3c4d5e"
FIRST_LOOK = datetime(2026, 11, 21, 14, 2, 3, tzinfo=UTC)


def look(number: int, score: float, where: str = "local") -> dict[str, Any]:
    """The picture of that quarter of a second."""
    boxes = [{"label": "person", "box": BOX, "score": score}] if score > 0.1 else []
    crops = [[0.2, 0.1, 0.7, 1.0]] if number % 4 == 0 else []
    at = (FIRST_LOOK + timedelta(milliseconds=250 * number)).isoformat()
    return {"at": at, "score": score, "where": where, "boxes": boxes, "crops": crops}


def explanation(**changed: Any) -> dict[str, Any]:
    """Somebody came, was looked at forty times, mostly here, and went."""
    rising = [0.0, 0.0, 0.12, 0.22, 0.31, 0.44, 0.52, 0.66, 0.71, 0.83, 0.8, 0.86, 0.9, 0.88, 0.93]
    scores = rising + [0.91, 0.87, 0.9, 0.84, 0.88] * 3 + [0.8, 0.7, 0.61, 0.55, 0.42, 0.38, 0.3, 0.1, 0.0, 0.0]
    looks = [look(number, score, "remote" if number % 9 == 5 else "local") for number, score in enumerate(scores)]
    told = {
        "model": "yolox-nano",
        "model_sha256": HASH,
        "input": "416x416",
        "thresholds": {"open": 0.5, "keep": 0.35},
        "opened_by": "person",
        "motion": 0.012,
        "zone": "porch",
        "direction": "arriving",
        "still_box": BOX,
        "looks": looks,
        "feedback": None,
    }
    return told | changed


def tell(page: Page, **changed: Any) -> None:
    """From now on the page is answered with an explanation."""
    page.route(EXPLANATION, lambda route: route.fulfill(json=explanation(**changed)))


def show_still(page: Page, width: int, height: int) -> None:
    """From now on the still of every alert has this size, and a light patch where BOX is."""
    picture = np.full((height, width, 3), 70, np.uint8)
    left, top, right, bottom = (round(part * size) for part, size in zip(BOX, (width, height) * 2, strict=True))
    picture[top:bottom, left:right] = (180, 200, 190)
    body = jpeg(picture)
    page.route(STILL, lambda route: route.fulfill(body=body, content_type="image/jpeg"))


def jpeg(picture: "np.ndarray[Any, np.dtype[np.uint8]]") -> bytes:
    """These pixels, rows of red, green and blue."""
    file = io.BytesIO()
    with av.open(file, "w", format="image2pipe") as output:
        stream = output.add_stream("mjpeg", rate=1)
        stream.height, stream.width = picture.shape[:2]
        stream.pix_fmt = "yuvj420p"
        output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuvj420p")))
        output.mux(stream.encode(None))
    return file.getvalue()

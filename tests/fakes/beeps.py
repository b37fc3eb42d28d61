"""A film that flashes and beeps at the same moments, and a player's library that says when a clip does."""

import io
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream
from numpy.typing import NDArray

RATE = 25
BEEP_SECONDS = 0.08
MOMENTS = (0.6, 1.48, 2.2, 3.52, 4.4, 5.0)
"""Of flashes and beeps, each on a picture."""


@dataclass(frozen=True, slots=True)
class Film:
    """What to make; the container is chosen by the name's ending."""

    name: str = "film.mp4"
    sound: str = "aac"
    sample_rate: int = 48_000
    channels: int = 1
    picture: str = "libx264"
    gop: int = 25
    b_frames: int = 0
    seconds: float = 6.0
    moments: tuple[float, ...] = MOMENTS


def make_film(folder: Path, film: Film = Film()) -> Path:
    """The file of a film."""
    path = folder / film.name
    params = f"keyint={film.gop}:min-keyint={film.gop}:scenecut=0:bframes={film.b_frames}:b-adapt=0"
    key = "x265-params" if film.picture == "libx265" else "x264-params"
    options = {"preset": "ultrafast", key: params + (":log-level=none" if film.picture == "libx265" else "")}
    with av.open(str(path), "w") as output:
        video = cast("VideoStream", output.add_stream(film.picture, rate=RATE, options=options))
        video.width, video.height, video.pix_fmt = 160, 96, "yuv420p"
        layout = "mono" if film.channels == 1 else "stereo"
        audio = cast("AudioStream", output.add_stream(film.sound, rate=film.sample_rate, layout=layout))
        sound = _sound(film)
        heard = 0
        for number in range(round(film.seconds * RATE)):
            output.mux(video.encode(_picture(number, film)))
            until = round((number + 1) / RATE * film.sample_rate)
            output.mux(audio.encode(_heard(sound[heard:until], heard, film)))
            heard = until
        output.mux(video.encode(None))
        output.mux(audio.encode(None))
    return path


def _picture(number: int, film: Film) -> av.VideoFrame:
    bright = any(round(moment * RATE) == number for moment in film.moments)
    pixels = np.full((96 * 3 // 2, 160), 128, np.uint8)
    pixels[:96] = 220 if bright else 30
    frame = av.VideoFrame.from_ndarray(pixels, format="yuv420p")
    frame.pts, frame.time_base = number, Fraction(1, RATE)
    return frame


def _sound(film: Film) -> NDArray[np.int16]:
    at = np.arange(round(film.seconds * film.sample_rate)) / film.sample_rate
    on = np.zeros(len(at), bool)
    for moment in film.moments:
        on |= (at >= moment) & (at < moment + BEEP_SECONDS)
    return np.where(on, 20_000 * np.sin(2 * np.pi * 1000 * at), 0).astype(np.int16)


def _heard(samples: NDArray[np.int16], begin: int, film: Film) -> av.AudioFrame:
    layout = "mono" if film.channels == 1 else "stereo"
    frame = av.AudioFrame.from_ndarray(np.repeat(samples, film.channels)[None], format="s16", layout=layout)
    frame.sample_rate, frame.pts, frame.time_base = film.sample_rate, begin, Fraction(1, film.sample_rate)
    return frame


@dataclass(frozen=True, slots=True)
class Played:
    """When, in seconds, a player flashed and began to beep, what it showed and how long it sounded."""

    flashes: list[float]
    beeps: list[float]
    pictures: int
    sounded: float


def played_film(data: bytes) -> Played:
    """What PyAV, which obeys edit lists, makes of a clip; every packet of both tracks is decoded."""
    flashes, pictures = [], 0
    with av.open(io.BytesIO(data), "r") as container:
        for frame in container.decode(video=0):
            pictures += 1
            if frame.to_ndarray(format="gray").mean() > 125:
                flashes.append(float(frame.time or 0))
    loud, sounded = [], 0.0
    with av.open(io.BytesIO(data), "r") as container:
        for frame in container.decode(cast("Any", container.streams.audio[0])):
            assert isinstance(frame, av.AudioFrame)
            plane = np.abs(frame.to_ndarray()[0])
            begin = float((frame.pts or 0) * (frame.time_base or 0))
            loud += [begin + int(place) / frame.sample_rate for place in np.flatnonzero(plane > 0.2)]
            sounded += frame.samples / frame.sample_rate
    return Played(flashes, _beginnings(loud), pictures, sounded)


def _beginnings(loud: list[float]) -> list[float]:
    """Where it gets loud after a tenth of a second of quiet."""
    begins: list[float] = []
    last = -1.0
    for at in loud:
        if at - last > 0.1:
            begins.append(at)
        last = at
    return begins

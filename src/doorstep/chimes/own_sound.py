"""Doorstep's own chime, made by numbers: two struck bars, as a WAV file (RIFF; PCM, 16 bit, mono)."""

import math
from array import array
from dataclasses import dataclass
from io import BytesIO
from sys import byteorder
from wave import open as open_wave

RATE = 22050
SECONDS = 2.0
LOUDEST = 0.8 * 32767


@dataclass(frozen=True, slots=True)
class _Bar:
    """One bar that is struck: its pitch in Hz, and when, in seconds."""

    pitch: float
    at: float


DING, DONG = _Bar(659.26, 0.0), _Bar(523.25, 0.55)  # E5, then C5
OVERTONES = ((1.0, 1.0, 2.6), (2.76, 0.4, 5.0), (5.4, 0.12, 9.0))
"""Of a free bar: its pitch beside the ground tone, how strong, how fast it dies (1/s).  Fletcher and Rossing, "The
Physics of Musical Instruments", section 2.15.
"""


def own_sound() -> bytes:
    """The whole file."""
    return wave_file([_strength(number / RATE) for number in range(int(RATE * SECONDS))])


def silence(seconds: float) -> bytes:
    """A file that nobody hears, for trying."""
    return wave_file([0.0] * int(RATE * seconds))


def wave_file(strengths: list[float]) -> bytes:
    """Samples of -1 to 1 as a WAV file, as loud as they may be together."""
    peak = max((abs(strength) for strength in strengths), default=0.0) or 1.0
    samples = array("h", (round(strength / peak * LOUDEST) for strength in strengths))
    if byteorder == "big":
        samples.byteswap()
    out = BytesIO()
    with open_wave(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return out.getvalue()


def _strength(at: float) -> float:
    return sum(_struck(bar, at - bar.at) for bar in (DING, DONG) if at >= bar.at)


def _struck(bar: _Bar, since: float) -> float:
    """A bar, so many seconds after it was struck; 2 ms until it is at its loudest, so that nothing clicks."""
    rise = min(1.0, since / 0.002)
    tones = (
        strong * math.exp(-fades * since) * math.sin(math.tau * bar.pitch * pitch * since)
        for pitch, strong, fades in OVERTONES
    )
    return rise * sum(tones)

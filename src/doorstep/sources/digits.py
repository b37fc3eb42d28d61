"""Digits for the clock in the demo's picture: 5 x 7 dots each, own drawing."""

import numpy as np
from numpy.typing import NDArray

_DOTS = {
    "0": "01110 10001 10011 10101 11001 10001 01110",
    "1": "00100 01100 00100 00100 00100 00100 01110",
    "2": "01110 10001 00001 00110 01000 10000 11111",
    "3": "11111 00010 00100 00010 00001 10001 01110",
    "4": "00010 00110 01010 10010 11111 00010 00010",
    "5": "11111 10000 11110 00001 00001 10001 01110",
    "6": "00110 01000 10000 11110 10001 10001 01110",
    "7": "11111 00001 00010 00100 01000 01000 01000",
    "8": "01110 10001 10001 01110 10001 10001 01110",
    "9": "01110 10001 10001 01111 00001 00010 01100",
    ":": "00000 00100 00100 00000 00100 00100 00000",
}
ADVANCE = 6  # dots from one sign to the next
HEIGHT = 7

_SIGNS = {
    sign: np.array([[dot == "1" for dot in row] for row in rows.split()], dtype=bool) for sign, rows in _DOTS.items()
}


def drawn(text: str, scale: int) -> NDArray[np.bool_]:
    """Where the dots of `text` (digits and colons) are, `scale` pixels a dot."""
    dots = np.zeros((HEIGHT, ADVANCE * len(text)), dtype=bool)
    for place, sign in enumerate(text):
        dots[:, ADVANCE * place : ADVANCE * place + ADVANCE - 1] = _SIGNS[sign]
    return dots.repeat(scale, axis=0).repeat(scale, axis=1)

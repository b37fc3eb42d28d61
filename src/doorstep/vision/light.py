"""What of a difference between two pictures light and a shaking camera explain.  What is left has moved."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from doorstep.vision.block_mask import BlockMask
from doorstep.vision.block_means import Blocks, middle

_STEP = 4  # every fourth block of every fourth row says enough
_SCALES = (12.0, 1.5)  # levels: first what is large is believed, then only what fits
_RIDGE = np.diag([1.0, 50.0, 50.0, 0.01]).astype(np.float32)  # a flat picture tells neither gain nor shift
_MOST_GAIN = 4.0
_MOST_SHIFT = 1.0  # blocks: a gradient says nothing of more
_SLACK = 0.1  # blocks
_BLACK, _MOST = np.float32(0.0), np.float32(255.0)
_WHITE = 240.0  # levels: what is brighter may have been cut off
_PATCH = 5  # blocks a side, of the light that differs from place to place
_DARK = np.float32(16.0)  # levels: of less light a factor says little


@dataclass(frozen=True, slots=True)
class Explained:
    """`lit` is the background under another light, `expected` the same as a camera that shook would see it.

    `slack` is how many levels a block may be off because of that.
    """

    lit: Blocks
    expected: Blocks
    slack: Blocks


def explained(seen: Blocks, known: Blocks, told: BlockMask) -> Explained:
    """By a gain, an offset and a small shift of the whole picture, as most of the blocks in `told` tell them.

    Both the picture and the background are smoothed, so that edges move little by little.
    """
    across, down = _gradients(known)
    at = np.s_[::_STEP, ::_STEP]
    told = told[at] & (seen[at] < _WHITE) & (known[at] < _WHITE)
    bright, right, below, now = np.stack([known[at], across[at], down[at], seen[at]])[:, told]
    mean = bright.mean() if bright.size else np.float32(0.0)
    terms = np.stack([bright - mean, right, below, np.ones_like(bright)])
    gain, x, y, offset = _fitted(terms, now - bright)
    factor, more = np.float32(1 + gain), np.float32(offset - gain * mean)
    lit = np.clip(known * factor + more, _BLACK, _MOST)
    expected = lit + across * np.float32(x)
    expected += down * np.float32(y)
    np.abs(across, out=across)
    np.abs(down, out=down)
    across *= np.float32(_SLACK + abs(x))
    down *= np.float32(_SLACK + abs(y))
    across += down
    return Explained(lit, expected, slack=across)


def _fitted(terms: Blocks, difference: Blocks) -> tuple[float, float, float, float]:
    """Gain less 1, shift to the right and down, offset: what the rows of `terms` have to be multiplied by.

    Iteratively reweighted least squares with Cauchy weights: what moved has little to say.
    """
    if not difference.size:
        return (0.0, 0.0, 0.0, 0.0)
    found = np.zeros(4, np.float32)
    found[3] = middle(difference)
    for least in _SCALES:
        left = np.abs(difference - found @ terms)
        scale = np.float32(max(least, 1.5 * middle(left)))
        weighted = terms / (1 + (left / scale) ** 2)
        found = np.asarray(np.linalg.solve(weighted @ terms.T + _RIDGE, weighted @ difference), np.float32)
    gain, x, y, offset = found.tolist()
    return (
        min(max(gain, 1 / _MOST_GAIN - 1), _MOST_GAIN - 1),
        min(max(x, -_MOST_SHIFT), _MOST_SHIFT),
        min(max(y, -_MOST_SHIFT), _MOST_SHIFT),
        offset,
    )


def _gradients(blocks: Blocks) -> tuple[Blocks, Blocks]:
    """Levels a block to the right and a block down; 0 at the border."""
    across, down = np.zeros_like(blocks), np.zeros_like(blocks)
    np.subtract(blocks[:, 2:], blocks[:, :-2], out=across[:, 1:-1])
    np.subtract(blocks[2:], blocks[:-2], out=down[1:-1])
    across *= np.float32(0.5)
    down *= np.float32(0.5)
    return across, down


def locally_lit(seen: Blocks, expected: Blocks) -> Blocks:
    """What is expected under the light of each part of the picture: headlights, a lamp, a cloud, none with an edge."""
    (mean_down, down), (mean_across, across) = _patches(seen.shape[0]), _patches(seen.shape[1])
    lit, unlit = (mean_down @ each @ mean_across.T + _DARK for each in (seen, expected))
    return np.clip((expected + _DARK) * (down @ (lit / unlit) @ across.T) - _DARK, _BLACK, _MOST)


@cache
def _patches(length: int) -> tuple[Blocks, Blocks]:
    """For a side of so many blocks: what takes the mean around each middle of a patch, and what spreads it again.

    Both are linear from the middle of a patch to the next.
    """
    count = max(1, length // _PATCH)
    middles, blocks = (np.arange(count) + 0.5) * length / count, np.arange(length) + 0.5
    spread = np.stack([np.interp(blocks, middles, only) for only in np.eye(count)], axis=1).astype(np.float32)
    return (spread / spread.sum(axis=0)).T, spread

"""Keeps the process small: told to the C library before the first thread starts."""

import ctypes

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8  # glibc's malloc.h
ARENAS = 2
LARGE_BYTES = 2**18
"""Less than a scaled picture as a model is shown it, and than a second of video: with a MiB 4 MiB more were holes."""

KEPT_BYTES = 256 * 2**10


def share_heaps() -> None:
    """The GNU C library gives each thread a heap of its own and returns little of it; ours mostly wait.

    Where the C library has no such call (musl), nothing happens.
    """
    _tell(M_ARENA_MAX, ARENAS)


def give_back_pictures() -> None:
    """Have large blocks from the kernel and give them back at once, and so the upper end of a heap.

    By itself the C library learns to keep them: what a look at a picture took is a hole in a heap then, 10 MiB and more
    of them.  For the server, whose looks are few a second; cameras are read, and most are decoded, by others.
    """
    _tell(M_MMAP_THRESHOLD, LARGE_BYTES)
    _tell(M_TRIM_THRESHOLD, LARGE_BYTES)


def keep_little() -> None:
    """Give freed memory back to the kernel at once, for a machine of 512 MB.

    By itself the C library keeps ever more for packets like those that it has seen: 10 MiB while a minute of video
    waits.  Not for who decodes pictures: each would be fetched from the kernel anew.
    """
    _tell(M_TRIM_THRESHOLD, KEPT_BYTES)


def _tell(parameter: int, value: int) -> None:
    try:
        ctypes.CDLL(None).mallopt(parameter, value)
    except (AttributeError, OSError):
        return

"""Keeps the process small: told to the C library before the first thread starts."""

import ctypes

M_ARENA_MAX = -8  # glibc's malloc.h
ARENAS = 2


def share_heaps() -> None:
    """The GNU C library gives each thread a heap of its own and returns little of it; ours mostly wait.

    Where the C library has no such call (musl), nothing happens.
    """
    try:
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)
    except (AttributeError, OSError):
        return

"""How many sessions a box may hold at once: each costs memory, and one key shall not use up what all boxes need."""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

SERVED: Final = ("0", "1")
"""A box's own, and its former one of which neither end has noticed yet that it is half open."""

LETTING_GO: Final = ("let-go",)


@contextmanager
def held_seat(run: Path, box: str, seats: Sequence[str] = SERVED) -> Iterator[str | None]:
    """One of the box's seats, this process's until then, whatever ends it; None where others hold them all.

    Where nothing can be written it is the first one, held by nobody: a full /run shuts no box out.
    """
    for seat in seats:
        try:
            descriptor = os.open(
                run / f"{box}.{seat}.held", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
            )
        except OSError:
            yield seats[0]
            return
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            continue
        try:
            yield seat
        finally:
            os.close(descriptor)
        return
    yield None

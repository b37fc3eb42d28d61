"""What an owner locks a backup with.  Turning it into a key is `age_file`'s business."""

from dataclasses import dataclass, field

WORK = 17
"""2 to the power of this is scrypt's N; with r = 8 every guess takes 128 MiB, which a Pi Zero 2 can still spare."""


@dataclass(frozen=True, slots=True)
class Passphrase:
    """The words, never shown, and how much work a guess is made."""

    words: str = field(repr=False)
    work: int = WORK

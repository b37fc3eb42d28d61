"""What an owner locks a backup with.  Turning it into a key is `age_file`'s business."""

from dataclasses import dataclass, field

from doorstep.core.errors import ConfigInvalid

WORK = 17
"""2 to the power of this is scrypt's N; with r = 8 every guess takes 128 MiB, which a Pi Zero 2 can still spare."""

LEAST_LETTERS = 12


@dataclass(frozen=True, slots=True)
class Passphrase:
    """The words, never shown, and how much work a guess is made."""

    words: str = field(repr=False)
    work: int = WORK


def new_passphrase(words: str) -> Passphrase:
    """For a backup that is made: long enough.  Raises ConfigInvalid."""
    if len(words) < LEAST_LETTERS:
        msg = f"The passphrase needs {LEAST_LETTERS} letters or more. Three or four random words are easy to remember."
        raise ConfigInvalid(msg)
    return Passphrase(words)

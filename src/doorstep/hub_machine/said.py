"""The program's two outputs: words for the person who waits, and what a script or the box at home reads."""

import sys


def say(words: str) -> None:
    """One line for a person, at once (standard error)."""
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


def answer(words: str) -> None:
    """What was asked for, at once (standard output)."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()

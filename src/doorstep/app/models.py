"""Fetching and verifying model files, for the command that draws the progress."""

from collections.abc import Callable, Sequence
from pathlib import Path

from doorstep.core.errors import ModelInvalid
from doorstep.vision.models import (
    DEMO_VISITOR,
    FILES,
    YOLOX_NANO,
    KnownFile,
    Soundness,
    Verdict,
    find_file,
    find_model,
    verify,
)

Progress = Callable[[str, int, int | None], None]

__all__ = [
    "FILES",
    "KnownFile",
    "Soundness",
    "Verdict",
    "demo_visitor",
    "fetch_named",
    "fetch_what_is_needed",
    "verify",
]


def fetch_what_is_needed(folder: Path, progress: Progress, say: Callable[[str], None]) -> list[Path]:
    """The default model (or its stand-in) and the demo's visitor; what is here asks no network.  Raises FetchFailed."""
    from doorstep.vision.fetch import fetch, fetch_default  # noqa: PLC0415 - httpx, which a server's start does without

    try:
        found = find_model(YOLOX_NANO.name, [folder])
    except ModelInvalid:
        found = fetch_default(folder, progress, say)
    return [found.path, fetch(DEMO_VISITOR.name, folder, progress)]


def fetch_named(name: str, folder: Path, progress: Progress) -> Path:
    """One known file.  Raises FetchFailed."""
    from doorstep.vision.fetch import fetch  # noqa: PLC0415 - as above

    return fetch(name, folder, progress)


def demo_visitor(folders: Sequence[Path]) -> Path | None:
    """The picture of the demo's visitor, if it was fetched."""
    return find_file(DEMO_VISITOR, folders)

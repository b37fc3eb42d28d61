"""One screen of the app, for test_looks: each `*_screens.py` beside it lists its own as SCREENS."""

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page


@dataclass(frozen=True, slots=True)
class Screen:
    """How one comes to it, and how one knows that it is there."""

    name: str
    path: str
    ready: str
    then: Callable[[Page], None] = lambda _: None
    told: Callable[[Page], None] = lambda _: None
    """What the server is said to answer; before the page is loaded, so that it is loaded once."""
    signed_in: bool = True
    alone: bool = False
    """Whether `told` changes the browser itself; the page is thrown away then."""
    trouble: str = ""
    """What its page is expected to complain of."""


def screens_beside(folder: Path) -> Iterator[Screen]:
    """Those that the files of each area list, in the order of their names."""
    for file in sorted(folder.glob("*_screens.py")):
        yield from getattr(importlib.import_module(f"browser.{file.stem}"), "SCREENS", ())

"""Parts of libraries that other libraries load where they find them, though nothing of Doorstep asks for them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def left_out(*modules: str) -> Iterator[None]:
    """What is imported in its block finds these as if they were not installed, unless they are loaded already.

    By the word that Python itself has for that: None in `sys.modules` (docs.python.org, "The import system").
    """
    hidden = [name for name in modules if name not in sys.modules]
    loaded: dict[str, object] = sys.modules  # type: ignore[assignment]  # its type knows no None
    loaded |= dict.fromkeys(hidden)
    try:
        yield
    finally:
        for name in hidden:
            loaded.pop(name, None)

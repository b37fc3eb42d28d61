"""Writes the pages that are made from the code: `make docs-pages`.  A test holds them."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path[:0] = [str(DOCS / "reference"), str(DOCS.parent / "tests")]

import make_brands  # noqa: E402 - after finding the folder
import make_commands  # noqa: E402 - as above
import make_config  # noqa: E402 - as above
import make_connections  # noqa: E402 - as above
import make_http  # noqa: E402 - as above
import make_stored  # noqa: E402 - as above

PAGES: Mapping[Path, Callable[[], str]] = {
    DOCS / "guide" / "brands.md": make_brands.page,
    DOCS / "reference" / "commands.md": make_commands.page,
    DOCS / "reference" / "config.md": make_config.page,
    DOCS / "reference" / "connections.md": make_connections.page,
    DOCS / "reference" / "http.md": make_http.page,
    DOCS / "reference" / "stored.md": make_stored.page,
}

if __name__ == "__main__":
    for place, page in PAGES.items():
        place.write_text(page(), encoding="utf-8")

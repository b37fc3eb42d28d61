"""Which screens the manual shows, as pytest selects their tests: `make docs-pictures` asks.  Plain Python.

The pictures are those that tests/browser/test_looks.py takes of each screen at each width, NAME-WIDTH-THEME.png; and in
place of some of them those of a real demo, which guide/make_screenshots.py takes.
"""

import re
from pathlib import Path

DOCS = Path(__file__).resolve().parent
OF_THE_DEMO = {"live", "alerts", "alert", "answer", "status"}
SHOWN = re.compile(r"screenshots/([a-z0-9-]+)-(\d+)-(light|dark)\.png")


def shown() -> list[tuple[str, str, str]]:
    """Name, width and theme of each picture that a page shows."""
    text = "".join(page.read_text(encoding="utf-8") for page in sorted(DOCS.rglob("*.md")))
    return sorted(set(SHOWN.findall(text)))


if __name__ == "__main__":
    print(" or ".join(f"[{name}]" for name in dict.fromkeys(name for name, _, _ in shown() if name not in OF_THE_DEMO)))

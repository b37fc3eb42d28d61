"""The program `doorstep-hub` of a release: one file for the public machine, with its own list of parts.

It holds Doorstep's own sources alone, so the list names nobody else; the same sources make the same bytes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from release_parts import parts_list
from steps import ROOT

sys.path.insert(0, str(ROOT / "src"))

from doorstep.hub.hub_program import NAME, hub_program

PARTS = f"{NAME}.cdx.json"


def write_hub_program(folder: Path, version: str, moment: int) -> None:
    """Program and list of parts into the folder of a release."""
    program = folder / NAME
    program.write_bytes(hub_program(ROOT / "src" / "doorstep"))
    program.chmod(0o755)
    (folder / PARTS).write_text(parts_list(NAME, version, [], moment), encoding="utf-8")

"""A Python that finds a stand-in where a Pi's finds picamera2."""

import json
import sys
from pathlib import Path
from typing import Any

STAND_IN = Path(__file__).with_name("picamera2_stand_in")


def stand_in_python(place: Path, modules: Path = STAND_IN, told: dict[str, Any] | None = None) -> Path:
    """The program, made in the folder `place`; what is `told` to the stand-in says how it behaves."""
    python = place / "python3"
    # -I would keep the stand-in away: it is the first word, and left out here.
    python.write_text(
        f"#!/bin/sh\nshift\nexec env PYTHONSAFEPATH=1 PYTHONPATH='{modules}' STAND_IN='{json.dumps(told or {})}' "
        f"'{sys.executable}' \"$@\"\n"
    )
    python.chmod(0o755)
    return python

"""Puts the built web app into the wheel, never a stale one: it is built anew when its sources changed."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebApp(BuildHookInterface[Any]):
    """Called by hatchling for each wheel; an editable install uses the folder as it is."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build if stale.  Ends the build with front_door's sentence when it cannot."""
        front_door = Path(self.root) / "front_door" / "web_app.py"
        if version == "editable" or not front_door.exists():  # an sdist carries the built app and no front door
            return
        subprocess.run([sys.executable, str(front_door), "build"], check=True)  # noqa: S603 - our own script
        build_data["artifacts"].append("src/doorstep/web/dist/**")

"""Puts the built web app into wheel and sdist, never a stale one: it is built anew when its sources changed."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGES = Path("src", "doorstep", "web", "dist")


class WebApp(BuildHookInterface[Any]):
    """Called by hatchling for each wheel and sdist; an editable install uses the folder as it is."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build if stale; an unpacked sdist brings the built app and no front door.  Ends the build where it cannot."""
        if version == "editable":
            return
        front_door = Path(self.root) / "front_door" / "web_app.py"
        if front_door.exists():
            subprocess.run([sys.executable, str(front_door), "build"], check=True)  # noqa: S603 - our own script
        if not (Path(self.root) / PAGES / "index.html").is_file():
            sys.exit("The built web app is missing here. Take the sdist of a release, or a clone of Doorstep.")
        build_data["artifacts"].append(f"{PAGES}/**")

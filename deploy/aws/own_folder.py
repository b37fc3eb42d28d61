"""The folder that the owner names: secrets and the snippet for `doorstep.toml`, readable by nobody else."""

import json
import os
from pathlib import Path
from typing import Any

from deploy.aws.account import AwsRefused

REMEMBERED = "aws.json"
SNIPPET = "doorstep.toml"
RECORDER_SECRET, VIEWER_SECRET, MOTION_SECRET, MOTION_TOKEN = (
    "recorder-secret",
    "viewer-secret",
    "motion-secret",
    "motion-token",
)
SECRETS = (RECORDER_SECRET, VIEWER_SECRET, MOTION_SECRET, MOTION_TOKEN)


class OwnFolder:
    """Files of mode 0600 in a folder of mode 0700.  Raises AwsRefused where it cannot be written."""

    def __init__(self, path: Path) -> None:
        """Made where it is missing."""
        self.path = path.expanduser().resolve()
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise AwsRefused(_cannot(self.path, error)) from error

    def read(self, name: str) -> str:
        """Empty where there is no such file."""
        try:
            return (self.path / name).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return ""
        except (OSError, ValueError) as error:
            raise AwsRefused(_cannot(self.path / name, error)) from error

    def write(self, name: str, text: str) -> bool:
        """Whole or not at all; whether anything changed.  Mode 0600 from its first byte on."""
        path = self.path / name
        if self.read(name) == text.strip():
            return False
        part = path.with_name(f".{name}.part")
        try:
            part.unlink(missing_ok=True)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write(text.rstrip("\n") + "\n")
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except OSError as error:
            raise AwsRefused(_cannot(path, error)) from error
        return True

    def remove(self, name: str) -> None:
        """No error if there is none."""
        (self.path / name).unlink(missing_ok=True)

    def remembered(self) -> dict[str, Any]:
        """What was chosen the last time, and which keys are here; nothing at first."""
        text = self.read(REMEMBERED)
        try:
            found = json.loads(text) if text else {}
        except ValueError as error:
            raise AwsRefused(_cannot(self.path / REMEMBERED, error)) from error
        return found if isinstance(found, dict) else {}

    def remember(self, **more: object) -> None:
        """Beside what is remembered already."""
        self.write(REMEMBERED, json.dumps(self.remembered() | more, indent=2, sort_keys=True))


def _cannot(path: Path, error: Exception) -> str:
    return f"{path} cannot be used ({type(error).__name__}). Name a folder of your own: INTO=~/doorstep-aws."

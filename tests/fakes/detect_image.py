"""The image of the detect function as far as a test needs it: what its Dockerfile copies of the checkout."""

import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "deploy" / "aws" / "detect" / "Dockerfile"
LOCK = ROOT / "requirements" / "detect.lock"
HANDLER = "doorstep.aws.detect.handler"


def lay_sources(folder: Path) -> None:
    """As `COPY` lays them beneath the image's work folder, and nothing else of Doorstep."""
    for source, target in copied():
        to = folder / target
        if source.is_dir():
            shutil.copytree(source, to, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            to.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, to / source.name)


def copied() -> list[tuple[Path, str]]:
    """Each file or folder of the checkout's `src` that goes in, and the folder that it goes into or becomes."""
    text = re.sub(r"\\\n\s*", "", DOCKERFILE.read_text(encoding="utf-8"))
    lines = [line.split()[1:] for line in text.splitlines() if line.startswith("COPY src/")]
    return [(ROOT / source, words[-1]) for words in lines for source in words[:-1]]


def arguments() -> dict[str, str]:
    """The build arguments with their defaults."""
    return dict(re.findall(r"^ARG (\w+)=(\S+)$", DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE))

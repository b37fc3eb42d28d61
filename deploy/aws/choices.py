"""What the owner says on the command line, and what was said the last time: the words of deploy, destroy and smoke."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from deploy.aws.account import AwsRefused
from deploy.aws.home import Home, home_of
from deploy.aws.own_folder import OwnFolder
from deploy.aws.prices import Usage

ASSUMED = {"cameras": int, "events": int, "clip_seconds": float, "looks": int, "receivers": int}
"""What the estimate may be told."""


@dataclass(frozen=True, slots=True)
class Choices:
    """Of one run; `folder` remembers them for the next."""

    folder: OwnFolder
    home: Home
    region: str
    words: argparse.Namespace

    @property
    def usage(self) -> Usage:
        """For the estimate."""
        told = {name: getattr(self.words, name, None) for name in ASSUMED}
        home = self.home
        return Usage(
            **{name: value for name, value in told.items() if value is not None},
            keep_days=home.keep_days,
            undelete_days=home.undelete_days,
            memory_mb=home.detect_memory_mb,
            detects=home.detect,
            mails=home.sends_mail,
            motion=home.motion,
            polls=home.has_queue,
        )

    def remember(self) -> None:
        """For the next run."""
        self.folder.remember(region=self.region, choices=self.home.context())


def deploy_words() -> argparse.ArgumentParser:
    """What `make deploy-aws` may be told in OPTIONS."""
    parser = _parser("Make or renew the cloud half of a home in your AWS account.")
    for field in fields(Home):
        parser.add_argument(f"--{_dashed(field.name)}", dest=f"home_{field.name}", metavar=type(field.default).__name__)
    parser.add_argument("--region", help="such as eu-central-1")
    for name, kind in ASSUMED.items():
        parser.add_argument(f"--{_dashed(name)}", type=kind, help="for the estimate alone")
    parser.add_argument("--renew-keys", action="store_true", help="new keys; the old ones go on until they are retired")
    parser.add_argument("--retire-keys", action="store_true", help="delete all keys but those in the folder")
    return parser


def destroy_words() -> argparse.ArgumentParser:
    """What `make destroy-aws` may be told."""
    parser = _parser("Take the cloud half of a home out of your AWS account; the bucket is kept.")
    parser.add_argument("--bucket", choices=("keep", "delete"), default="keep")
    return parser


def smoke_words() -> argparse.ArgumentParser:
    """What `make smoke-aws` may be told."""
    parser = _parser("Try the cloud half of a home, for some thousandths of a dollar.")
    parser.add_argument("--wait", type=float, default=120.0, help="seconds for the mail to be noted")
    return parser


def choices_of(parser: argparse.ArgumentParser, given: Sequence[str] | None) -> Choices:
    """What is said now counts before what was said the last time.  Raises AwsRefused, HomeInvalid."""
    words = parser.parse_args(given)
    if not words.into:
        msg = "Name a folder of yours for the secrets and the snippet: INTO=~/doorstep-aws"
        raise AwsRefused(msg)
    folder = OwnFolder(Path(words.into))
    before = folder.remembered()
    said = {field.name: getattr(words, f"home_{field.name}", None) for field in fields(Home)}
    chosen = {**before.get("choices", {}), **{name: word for name, word in said.items() if word is not None}}
    region = getattr(words, "region", None) or before.get("region")
    if not region:
        msg = f"Nothing was deployed from {folder.path}: name the folder that `make deploy-aws` was given, INTO=…"
        if hasattr(words, "region"):
            msg = "No region was named: OPTIONS='--region eu-central-1', or the one that is nearest to you."
        raise AwsRefused(msg)
    if before and str(before.get("choices", {}).get("home", "")) != chosen.get("home", Home().home):
        msg = f"{folder.path} belongs to another home: name a folder for each home with INTO."
        raise AwsRefused(msg)
    return Choices(folder, home_of(chosen), str(region), words)


def agreed(words: argparse.Namespace, question: str) -> bool:
    """Whether the owner said yes: before, or now at a terminal."""
    if words.yes:
        return True
    if not sys.stdin.isatty():
        msg = "Nobody is there to agree. Read the lines above, then run it again with OPTIONS=--yes."
        raise AwsRefused(msg)
    return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}


def _parser(about: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=about, allow_abbrev=False)
    parser.add_argument("--into", default="", help="a folder of yours for the secrets and the snippet")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    return parser


def _dashed(name: str) -> str:
    return name.replace("_", "-")

"""What the owner says on the command line, and what was said the last time: the words of deploy and destroy."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from deploy.aws.account import AwsRefused
from deploy.aws.own_folder import OwnFolder
from deploy.ec2.machine import Machine, machine_of

MEMORY = "machine"
"""Under which word the folder remembers what was chosen."""


@dataclass(frozen=True, slots=True)
class Choices:
    """Of one run; `folder` remembers them for the next."""

    folder: OwnFolder
    machine: Machine
    region: str
    words: argparse.Namespace

    def of_image(self, image: str) -> "Choices":
        """The same with the image that was found."""
        return replace(self, machine=replace(self.machine, image=image))

    def remember(self) -> None:
        """For the next run."""
        self.folder.remember(region=self.region, **{MEMORY: self.machine.context()})


def deploy_words() -> argparse.ArgumentParser:
    """What `make deploy-ec2` may be told in OPTIONS."""
    parser = _parser("Make a Doorstep on a machine of EC2 in your AWS account.")
    for field in fields(Machine):
        metavar = type(field.default).__name__
        parser.add_argument(f"--{field.name.replace('_', '-')}", dest=f"machine_{field.name}", metavar=metavar)
    parser.add_argument("--region", help="such as eu-central-1")
    return parser


def destroy_words() -> argparse.ArgumentParser:
    """What `make destroy-ec2` may be told."""
    return _parser("Take the machine out of your AWS account; its disk is kept.")


def choices_of(parser: argparse.ArgumentParser, given: Sequence[str] | None) -> Choices:
    """What is said now counts before what was said the last time.  Raises AwsRefused, MachineInvalid."""
    words = parser.parse_args(given)
    if not words.into:
        msg = "Name a folder of yours that remembers what you chose: INTO=~/doorstep-ec2"
        raise AwsRefused(msg)
    folder = OwnFolder(Path(words.into))
    before = folder.remembered()
    region = getattr(words, "region", None) or before.get("region")
    if not region:
        msg = f"Nothing was deployed from {folder.path}: name the folder that `make deploy-ec2` was given, INTO=…"
        if hasattr(words, "region"):
            msg = "No region was named: OPTIONS='--region eu-central-1', or the one that is nearest to you."
        raise AwsRefused(msg)
    chosen = {**before.get(MEMORY, {}), **_said(words)}
    earlier = before.get(MEMORY, {}).get("name")
    if earlier and chosen["name"] != earlier:
        msg = f"{folder.path} belongs to {earlier}: name a folder for each machine with INTO."
        raise AwsRefused(msg)
    return Choices(folder, machine_of(chosen), str(region), words)


def _said(words: argparse.Namespace) -> Mapping[str, str]:
    told = {field.name: getattr(words, f"machine_{field.name}", None) for field in fields(Machine)}
    said = {name: word for name, word in told.items() if word is not None}
    if "key" in said:
        said["key"] = _public_key(Path(said["key"]).expanduser())
    if "package" in said:
        said["package"] = str(Path(said["package"]).expanduser().resolve())
    return said


def _public_key(path: Path) -> str:
    """The line in the file.  Raises AwsRefused."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path} cannot be read ({type(error).__name__}). Name your SSH key's public half: ~/.ssh/id_ed25519.pub"
        raise AwsRefused(msg) from error
    if "PRIVATE KEY" in text:
        msg = f"{path} is the private half of a key, which nobody else may see. Name the one with .pub at its end."
        raise AwsRefused(msg)
    return text


def _parser(about: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=about, allow_abbrev=False)
    parser.add_argument("--into", default="", help="a folder of yours that remembers what you chose")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    return parser

"""What the owner chose for a machine in EC2 with Doorstep: checked here, used by the stack and by the scripts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NoReturn

HOST = re.compile(r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])")
MAIL = re.compile(r"[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
KEY = re.compile(r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/=]+( [\w.@+-]*)?")
"""An SSH public key, as `ssh-keygen` writes it (RFC 4253, section 6.6, base64), with its comment."""
IMAGE = re.compile(r"ami-[0-9a-f]{8,17}")
SIZE = re.compile(r"[a-z][a-z0-9-]*\.[a-z0-9]+")
PACKAGE = re.compile(r"doorstep_[0-9][0-9A-Za-z.~]*\+deb(12|13)_(amd64|arm64)\.deb")
SIZES = {"arm64": "t4g.small", "amd64": "t3.small"}
LEAST_GB, MOST_GB = 10, 16_384


class MachineInvalid(ValueError):
    """One plain sentence about what was chosen, for whoever deploys."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Valid by construction; raises MachineInvalid."""

    name: str = ""
    """What people type, such as door.example.org."""
    mail: str = ""
    """Where the certificate's authority writes to; empty: nowhere."""
    key: str = ""
    """Of whoever comes in by SSH, the public half."""
    package: str = ""
    """Path of the Debian package; its name says for which Debian and processor it is."""
    image: str = ""
    """Of Debian's cloud team, by its id: another one would replace the machine."""
    size: str = ""
    """Empty: the small one of the package's processor."""
    disk_gb: int = 30

    def __post_init__(self) -> None:
        if not HOST.fullmatch(self.name):
            _refuse("name must be the machine's name on the internet in small letters, such as door.example.org.")
        if self.mail and not MAIL.fullmatch(self.mail):
            _refuse("mail must be a mail address, such as ann@example.org.")
        if not KEY.fullmatch(self.key):
            _refuse("key must be a file with one SSH public key, such as ~/.ssh/id_ed25519.pub.")
        if not PACKAGE.fullmatch(self.file):
            _refuse("package must be a Debian package of a release, such as dist/doorstep_0.2.0+deb13_arm64.deb.")
        if self.image and not IMAGE.fullmatch(self.image):
            _refuse("image must be the id of an image, such as ami-0123456789abcdef0.")
        if self.size and not SIZE.fullmatch(self.size):
            _refuse("size must be a kind of machine of EC2, such as t4g.small.")
        if not LEAST_GB <= self.disk_gb <= MOST_GB:
            _refuse(f"disk_gb must be from {LEAST_GB} to {MOST_GB}.")

    @property
    def stack_name(self) -> str:
        """Unique in account and region: a name leads to one machine."""
        return f"doorstep-at-{self.name.replace('.', '-')}"

    @property
    def file(self) -> str:
        """The package without its folder."""
        return Path(self.package).name

    @property
    def debian(self) -> str:
        """12 or 13."""
        return self._package(1)

    @property
    def arch(self) -> str:
        """As Debian calls the processor: amd64 or arm64."""
        return self._package(2)

    @property
    def kind(self) -> str:
        """Of the machine, as EC2 calls it."""
        return self.size or SIZES[self.arch]

    def context(self) -> dict[str, str]:
        """As words for CDK; `machine_of` reads them."""
        return {field.name: str(getattr(self, field.name)) for field in fields(self)}

    def _package(self, part: int) -> str:
        found = PACKAGE.fullmatch(self.file)
        return found[part] if found else ""


def machine_of(words: Mapping[str, str]) -> Machine:
    """Out of words by name; what is not named is as usual.  Raises MachineInvalid."""
    kinds = {field.name: type(field.default) for field in fields(Machine)}
    unknown = sorted(set(words) - set(kinds))
    if unknown:
        _refuse(f"{unknown[0]} is not among what can be chosen: {', '.join(kinds)}.")
    return Machine(**{name: _value(kinds[name], str(word).strip()) for name, word in words.items()})


def _value(kind: type, word: str) -> Any:  # noqa: ANN401 - of the kind that the field has
    try:
        return kind(word)
    except ValueError:
        _refuse("disk_gb must be a number.")


def _refuse(sentence: str) -> NoReturn:
    raise MachineInvalid(sentence)

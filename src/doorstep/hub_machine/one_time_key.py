"""The key pair of a pairing code, made by `ssh-keygen`: this program brings no cryptography of its own."""

import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from doorstep.core.errors import HubKeyInvalid
from doorstep.core.hub_key import read_private_seed
from doorstep.hub_machine.refused import HubRefused

_PROGRAM = "/usr/bin/ssh-keygen"


@dataclass(frozen=True, slots=True)
class OneTimeKey:
    """Both halves, 32 bytes each.  The seed goes into the code and nowhere else."""

    seed: bytes = field(repr=False)
    key: bytes


def new_one_time_key(folder: Path | None = None) -> OneTimeKey:
    """A new one; its file lies for a moment in a folder that only we may read.  Raises HubRefused."""
    return OneTimeKey(*read_private_seed(new_key_file(folder)[0]))


def new_key_file(folder: Path | None = None) -> tuple[str, bytes]:
    """A new private key as it stands in a file, and its public half.  Raises HubRefused."""
    try:
        with TemporaryDirectory(dir=folder) as made:
            path = Path(made) / "key"
            make_key(path)
            text = path.read_text(encoding="ascii")
            return text, read_private_seed(text)[1]
    except (OSError, HubKeyInvalid) as error:
        msg = "No new key could be made. Nothing was changed; is there space on the disk?"
        raise HubRefused(msg) from error


def make_key(path: Path) -> None:
    """An Ed25519 key without a passphrase in a file of OpenSSH's, the public half beside it.  Raises HubRefused."""
    words = [_PROGRAM, "-q", "-t", "ed25519", "-N", "", "-C", "doorstep-hub", "-f", str(path)]
    try:
        done = subprocess.run(words, capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL)  # noqa: S603 - fixed words
    except (OSError, subprocess.TimeoutExpired) as error:
        msg = "ssh-keygen cannot be run; it comes with Debian's package openssh-client. Nothing was changed."
        raise HubRefused(msg) from error
    if done.returncode != 0:
        msg = f"ssh-keygen could not make a key in {path.parent}; is there space on the disk? Nothing was changed."
        raise HubRefused(msg)

"""What is brought to the machine: the script that sets it up, what that script reads, and Doorstep's package."""

import shutil
from pathlib import Path

from deploy.aws.account import AwsRefused

DEPLOY = Path(__file__).resolve().parents[1]
FILES = (
    "ec2/set-up.sh",
    "nginx-rtmp/README.md",
    "nginx-rtmp/doorstep-rtmp.service",
    "nginx-rtmp/doorstep-rtmps.service",
    "nginx-rtmp/nginx.conf",
    "nginx-rtmp/stunnel.conf",
    "pi/install.sh",
)
SUMS = "SHA256SUMS"


def bundle(package: Path, folder: Path) -> None:
    """Fill a new folder: `deploy/…` as in the checkout, the package and its checksums beside.  Raises AwsRefused."""
    sums = package.with_name(SUMS)
    for needed in (package, sums):
        if not needed.is_file():
            msg = f"There is no {needed}. Make both by `make release`, or take them from a release."
            raise AwsRefused(msg)
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(needed, folder / needed.name)
    for name in FILES:
        to = folder / "deploy" / name
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(DEPLOY / name, to)

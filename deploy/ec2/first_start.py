"""What a machine of EC2 does once, at its very first start: a script for cloud-init, which calls one script of ours."""

import shlex
from collections.abc import Sequence

from deploy.ec2.machine import Machine

PLACE = "/root/doorstep"


def first_start(machine: Machine, bucket: str, key: str, region: str) -> Sequence[str]:
    """Lines of shell.  They hold no secret: whoever may see the machine in the account may read them."""
    words = ["--yes", *(["--mail", machine.mail] if machine.mail else []), machine.name, f"{PLACE}/{machine.file}"]
    return (
        "set -eu",
        "export DEBIAN_FRONTEND=noninteractive",
        "apt-get -o Acquire::Retries=5 update -q",
        "apt-get -o Acquire::Retries=5 install -y -q --no-install-recommends awscli unzip",
        f"mkdir -m 700 {PLACE}",
        f"aws s3 cp 's3://{bucket}/{key}' {PLACE}.zip --region '{region}' --only-show-errors",
        f"unzip -q {PLACE}.zip -d {PLACE}",
        f"rm {PLACE}.zip",
        f"exec sh {PLACE}/deploy/ec2/set-up.sh {shlex.join(words)}",
    )

"""The CDK app: what the owner chose (CDK's context) -> the stack of one machine.  `deploy.py` runs it by way of CDK."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
sys.path[0] = str(ROOT)  # instead of this folder, whose deploy.py would hide the folder of that name

from aws_cdk import App  # noqa: E402 - behind what finds them
from deploy.ec2.bundle import bundle  # noqa: E402 - as above
from deploy.ec2.machine import Machine, machine_of  # noqa: E402 - as above
from deploy.ec2.stack import PublicMachineStack  # noqa: E402 - as above

CHOICES = tuple(Machine.__dataclass_fields__)


def main() -> None:
    """Write the cloud assembly where CDK said."""
    app = App(analytics_reporting=False)
    words = {name: app.node.try_get_context(name) for name in CHOICES}
    machine = machine_of({name: str(word) for name, word in words.items() if word is not None})
    with TemporaryDirectory() as folder:
        add_machine(app, machine, Path(folder))
        app.synth()


def add_machine(app: App, machine: Machine, folder: Path) -> PublicMachineStack:
    """The stack of one machine; `folder` is for what is brought to it, until the app is synthesized."""
    bundle(Path(machine.package), folder / "bundle")
    return PublicMachineStack(app, machine, folder / "bundle")


if __name__ == "__main__":
    main()

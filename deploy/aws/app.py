"""The CDK app: what the owner chose (CDK's context) -> the stack of one home.  `deploy.py` runs it by way of CDK."""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
sys.path[0] = str(ROOT)  # instead of this folder, whose deploy.py would hide the folder of that name

from aws_cdk import App, Environment  # noqa: E402 - behind what finds them
from deploy.aws.bundle import bundle_functions, bundle_image  # noqa: E402 - as above
from deploy.aws.home import Home, home_of  # noqa: E402 - as above
from deploy.aws.stack import DoorstepStack, Sources  # noqa: E402 - as above

CHOICES = tuple(Home.__dataclass_fields__)


def main() -> None:
    """Write the cloud assembly where CDK said."""
    app = App(analytics_reporting=False)
    words = {name: app.node.try_get_context(name) for name in CHOICES}
    home = home_of({name: str(word) for name, word in words.items() if word is not None})
    with TemporaryDirectory() as folder:
        add_home(app, home, Path(folder))
        app.synth()


def add_home(app: App, home: Home, folder: Path) -> DoorstepStack:
    """The stack of one home; `folder` is for what goes into its functions, until the app is synthesized."""
    functions, image = folder / "functions", folder / "image"
    bundle_functions(functions)
    if home.detect:
        bundle_image(image)
    where = Environment(account=os.environ.get("CDK_DEFAULT_ACCOUNT"), region=os.environ.get("CDK_DEFAULT_REGION"))
    return DoorstepStack(app, home, Sources(functions, image), env=where)


if __name__ == "__main__":
    main()

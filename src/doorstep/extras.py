"""The extras of pyproject.toml, which most do without: how an owner adds one where it is missing.

Their packages are named, so that it is the same in a checkout and where a wheel was installed, and no registry is asked
for Doorstep itself.
"""

import sys
from pathlib import Path

PACKAGES = {
    "aws": "boto3",
    "gpio": "gpiozero lgpio",
    "postgres": "'psycopg[binary]'",
    "publish": "av numpy",
}
"""What each needs that the house does not have anyway."""


def how_to_add(extra: str) -> str:
    """The last sentence of an error that tells the owner what is missing."""
    return f"Run: {Path(sys.prefix) / 'bin' / 'pip'} install {PACKAGES[extra]}"

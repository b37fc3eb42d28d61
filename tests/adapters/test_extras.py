"""What owners are told to install is what the extras hold, in the Python that runs."""

import re
import sys
import tomllib
from pathlib import Path
from shlex import split

import pytest

from doorstep.extras import PACKAGES, how_to_add

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = {
    extra: {re.split("[<>=]", each)[0] for each in requirements}
    for extra, requirements in PROJECT["optional-dependencies"].items()
}
RUNS_ELSEWHERE = {"lambda"}


def test_every_extra_beside_the_house_itself_can_be_added() -> None:
    assert set(PACKAGES) == set(EXTRAS) - {"server"} - RUNS_ELSEWHERE


@pytest.mark.parametrize("extra", PACKAGES)
def test_the_command_installs_what_the_extra_holds_where_doorstep_runs(extra: str) -> None:
    run, pip, install, *packages = split(how_to_add(extra))
    there = EXTRAS["server"] if extra != "publish" else set()
    assert (run, install, set(packages)) == ("Run:", "install", EXTRAS[extra] - there)
    assert Path(pip).parent == Path(sys.executable).parent

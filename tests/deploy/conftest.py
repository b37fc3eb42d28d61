"""The stacks are synthesized once a run; what deploys them lies beside the code, not in it."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2]))

from fakes.cloud_stacks import Cloud, synthesized


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Cloud:
    """Shared by all workers: theirs are folders of one."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-") else base
    return Cloud(synthesized(shared))

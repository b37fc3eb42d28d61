"""What holds for every test: examples without a deadline, more tries where real processes race on one machine,
and who runs what when several workers share the tests.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings
from xdist.remote import Producer  # type: ignore[import-untyped]

from fakes import each_try
from fakes.shares import Shares

# Else every server of a test compiles all of Doorstep anew: seconds of a processor, hundreds of times.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")

pytest_runtest_setup = each_try.pytest_runtest_setup

WITH_REAL_PROCESSES = (
    *("adapters", "app", "aws", "browser", "cli", "deploy", "end_to_end", "faults", "mp4", "publish", "web"),
)
"""Folders of tests that wait for servers, browsers and networks, which a machine that others use too may starve."""


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """A verb that runs in the test's own process says for good where log lines go, and how they look."""
    yield
    structlog.reset_defaults()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two more tries for those; the summary names each that needed one, and that is a defect to be looked at."""
    root = Path(__file__).parent
    for item in items:
        if item.path.relative_to(root).parts[0] in WITH_REAL_PROCESSES:
            item.add_marker(pytest.mark.flaky(reruns=2))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Shares:
    """With `-n`, and only then."""
    return Shares(config, log)

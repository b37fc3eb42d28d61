"""What holds for every test: examples without a deadline, and a second try where real processes race on one machine."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")

WITH_REAL_PROCESSES = ("adapters", "app", "browser", "cli", "end_to_end", "faults", "mp4", "publish", "web")
"""Folders of tests that wait for servers, browsers and networks, which a machine that others use too may starve."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One more try for those; the summary names each that needed it, and that is a defect to be looked at."""
    root = Path(__file__).parent
    for item in items:
        if item.path.relative_to(root).parts[0] in WITH_REAL_PROCESSES:
            item.add_marker(pytest.mark.flaky(reruns=1))

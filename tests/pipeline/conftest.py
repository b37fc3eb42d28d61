"""What the shell logs in tests is nobody's to read, and drawing its tracebacks takes longer than the tests."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with structlog.testing.capture_logs():
        yield

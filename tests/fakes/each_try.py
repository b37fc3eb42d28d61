"""Each try of a test has the whole time of one.

pytest-timeout and pytest's own faulthandler have one clock for a test with all of its tries, and stop it as soon as a
try fails, for somebody may want to look at it in a debugger (`pytest_exception_interact`).  With pytest-rerunfailures
the next try then has no end: one that hung kept a whole suite from ending.  `conftest.py` takes the hook from here.
"""

import faulthandler
from collections.abc import Generator

import pytest
import pytest_timeout  # type: ignore[import-untyped]

STDERR = 2


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    """Wind both clocks up again for every try but the first; who wound them up stops them."""
    if getattr(item, "execution_count", 1) > 1:
        settings = pytest_timeout._get_item_settings(item)
        if settings.timeout:
            item.config.hook.pytest_timeout_set_timer(item=item, settings=settings)
        if seconds := float(item.config.getini("faulthandler_timeout") or 0):
            faulthandler.dump_traceback_later(seconds, file=STDERR, exit=True)
    return (yield)

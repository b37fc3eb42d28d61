"""A page that answers nobody any more keeps no test from ending."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, Error

from fakes.browser import ended_if_stalled


def test_who_waits_for_a_stalled_page_is_told_and_the_browser_goes_on(
    browser: Browser, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context().new_page()
    with ended_if_stalled(browser, after=1.0), pytest.raises(Error, match="did not answer for 1 s"):
        page.evaluate("() => new Promise(() => {})")
    assert new_context().new_page().evaluate("1 + 1") == 2

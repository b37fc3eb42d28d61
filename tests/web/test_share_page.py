"""The page behind a link is no part of the app that browsers load; it looks as if it were."""

import re
from pathlib import Path

import pytest

from doorstep.web.share_page import STYLE

APP = (Path(__file__).parents[2] / "web" / "src" / "app.css").read_text(encoding="utf-8")


def colours(style: str, mode: str) -> dict[str, str]:
    """The tokens of the one block that lists them for this mode."""
    block = re.search(rf"{mode}:root \{{(.*?)\}}", style, re.DOTALL)
    assert block is not None
    return dict(re.findall(r"--([\w-]+): ([^;]+);", block[1]))


@pytest.mark.parametrize("mode", ["", r"prefers-color-scheme: dark\) \{\s*"])
def test_it_has_the_colours_of_the_app_by_day_and_by_night(mode: str) -> None:
    own, app = colours(STYLE, mode), colours(APP, mode)
    assert own
    assert own == {name: app.get(name) for name in own}

"""The page knows each reason why the hub is not reached by its code, so that it can say it in another language."""

import re
from pathlib import Path

from doorstep.core.hub_tunnel import HubReason

SHAPE = Path(__file__).parents[2] / "web" / "src" / "api" / "hub.ts"
CODES = re.compile(r"export type HubWhy =(?P<codes>[^;]+);")
CODE = re.compile(r"\| '(?P<code>[\w-]*)'")


def test_the_page_knows_each_reason_and_no_other() -> None:
    shape = CODES.search(SHAPE.read_text())
    assert shape is not None
    assert set(CODE.findall(shape["codes"])) == {reason.value for reason in HubReason} | {""}

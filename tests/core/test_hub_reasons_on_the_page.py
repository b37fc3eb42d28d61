"""The page knows each reason why the hub is not reached by its sentence, so that it can say it in another language."""

import re
from pathlib import Path

import pytest

from doorstep.core.hub_tunnel import HubReason, reason_words

RULES = Path(__file__).parents[2] / "web" / "src" / "rules" / "hub.ts"
ROW = re.compile(r"\[/(?P<words>.+)/, '(?P<kind>[\w-]+)'\]")
KNOWN = {row["kind"]: re.compile(row["words"]) for row in ROW.finditer(RULES.read_text())}


def test_the_page_knows_them_all_but_the_unknown_one() -> None:
    assert set(KNOWN) == {reason.value for reason in HubReason} - {HubReason.UNKNOWN.value}


@pytest.mark.parametrize("reason", HubReason)
def test_each_sentence_means_its_own_reason(reason: HubReason) -> None:
    sentence = reason_words(reason, "door.example.org")
    meant = next((kind for kind, words in KNOWN.items() if words.search(sentence)), HubReason.UNKNOWN.value)
    assert meant == reason.value

"""The manual holds together: each page has its place, links lead on, what it quotes is said, what it cites is there."""

import re
import sys
from os.path import normpath
from pathlib import Path, PurePosixPath

import pytest

from doorstep.core.health_words import TITLES
from fakes.manual import ROOT

sys.path.insert(0, str(ROOT / "docs"))
import gather
import pictures

from browser.test_looks import LOOKED_AT, SCREENS

PLACES = gather.places_of(ROOT)
NAV = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
IN_NAV = re.findall(r": ([\w./-]+\.md)$", NAV, re.MULTILINE)
GUIDE, REFERENCE = ROOT / "docs" / "guide", ROOT / "docs" / "reference"


def test_every_page_stands_in_the_manuals_order_once() -> None:
    decisions = {place for place in PLACES.values() if place.startswith("decisions/")}
    assert sorted(IN_NAV) == sorted((set(PLACES.values()) - decisions) | {gather.DECISIONS})


@pytest.mark.parametrize("source", PLACES)
def test_a_pages_links_lead_on_in_the_manual(source: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(gather, "PAGES", tmp_path)
    text = gather.linked((ROOT / source).read_text(encoding="utf-8"), PurePosixPath(source), PLACES)
    here = PurePosixPath(PLACES[source]).parent
    there = {*PLACES.values(), gather.DECISIONS, *(str(one.relative_to(tmp_path)) for one in tmp_path.rglob("*.*"))}
    for is_text, line in gather.lines_of(text.splitlines()):
        for sign, _, link in gather.LINK.findall(line) if is_text else ():
            path = link.partition("#")[0]
            if path and "://" not in link and not sign:
                assert normpath(here / path) in there, link


def test_every_picture_is_one_that_the_tests_of_the_app_take() -> None:
    names = {screen.name for screen in SCREENS} | pictures.OF_THE_DEMO
    sizes = {(str(size["width"]), theme) for size, theme, _ in LOOKED_AT}
    assert [one for one in pictures.shown() if one[0] not in names or one[1:] not in sizes] == []
    assert len(pictures.shown()) >= 8
    linked = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").rglob("*.md"))
    assert len(set(re.findall(r"screenshots/[^)]+", linked))) == len(pictures.shown())


def test_a_page_is_laid_out_for_who_wants_lists_further_in() -> None:
    text = "Do this:\n1. **One**\n\n       code\n\n   and more\n2. Two\n\n* a\n  b\n\nEnd\n"
    wanted = "Do this:\n\n1. **One**\n\n        code\n\n    and more\n\n2. Two\n\n* a\n    b\n\nEnd\n"
    assert gather.laid_out(text) == wanted


def test_code_is_left_as_it_is() -> None:
    text = "```\n* no list\n  [no](link.md)\n```\n"
    assert gather.laid_out(text) == text
    assert gather.linked(text, PurePosixPath("README.md"), PLACES) == text


OF_OTHERS = ("Apps", "General", "Devices", "Automations")
"""Sections in the settings of phones and of Home Assistant."""


def quoted(page: Path) -> set[str]:
    """What a page says that Doorstep says: the code words of the first column of its tables, and of its paragraphs; and
    whatever stands in quotation marks.
    """
    lines = page.read_text(encoding="utf-8").splitlines()
    told = [line.split(" | ")[0] if line.startswith("| ") else line for line in lines if "doorstep" not in line[:12]]
    code = {words for line in told for words in re.findall(r"`([A-Z…][^`]* [^`]*)`", line)}
    return code | {words for line in lines for words in re.findall(r'"([^"]+)"', re.sub(r"`[^`]*`", "", line))}


@pytest.mark.parametrize(("page", "least"), [("troubleshooting.md", 50), ("hub.md", 15)])
def test_what_a_page_quotes_is_said(page: str, least: int) -> None:
    places = [*(ROOT / "src" / "doorstep").rglob("*.py"), *(ROOT / "web" / "src" / "words").glob("*.ts")]
    code = "".join(path.read_text(encoding="utf-8") for path in places)
    said = re.sub(r'"\n\s*f?"', "", code).replace('\\"', '"')
    quotes = quoted(GUIDE / page)
    pieces = {words: [one.strip() for one in words.split("…") if one.strip()] for words in quotes}
    assert {words: lost for words, parts in pieces.items() if (lost := [one for one in parts if one not in said])} == {}
    assert len(pieces) >= least


def test_troubleshooting_has_every_problem_by_its_title() -> None:
    text = (GUIDE / "troubleshooting.md").read_text(encoding="utf-8")
    assert sorted(title for title, _ in TITLES.values() if title not in text) == []


def test_the_settings_that_a_page_leads_to_are_there() -> None:
    words = (ROOT / "web" / "src" / "words" / "settings.ts").read_text(encoding="utf-8")
    sections = tuple(re.findall(r"\{ title: '([^']+)', lead", words))
    pages = [*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")]
    led = {
        (page.name, " ".join(found.split()))
        for page in pages
        if page.name != "brands.md"  # those are the cameras'
        for found in re.findall(r"\bSettings,\s+([A-Z][\w -]*(?:\n[a-z][\w -]*)?)", page.read_text(encoding="utf-8"))
    }
    assert sorted(one for one in led if not one[1].startswith((*sections, *OF_OTHERS))) == []
    assert len(led) > 20


def test_the_guide_to_health_has_every_rule_that_is_told() -> None:
    text = (GUIDE / "health.md").read_text(encoding="utf-8")
    assert sorted(rule for rule in TITLES if f"`{rule}`" not in text) == []


@pytest.mark.parametrize("page", ["threats.md", "en-303-645.md"])
def test_a_proof_that_is_named_is_there(page: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)`", (REFERENCE / page).read_text(encoding="utf-8"))
    assert sorted({name for name in named if not (ROOT / name).is_file()}) == []
    assert len(set(named)) > 20


PROVISIONS = {"5.0": 1, "5.1": 5, "5.2": 3, "5.3": 16, "5.4": 4, "5.5": 8, "5.6": 9, "5.7": 2, "5.8": 3, "5.9": 3}
PROVISIONS |= {"5.10": 1, "5.11": 4, "5.12": 3, "5.13": 1, "6": 8}
"""How many there are in each section of EN 303 645 V3.1.3."""


def test_no_provision_is_left_out() -> None:
    text = (REFERENCE / "en-303-645.md").read_text(encoding="utf-8")
    cells = " ".join(line.split("|")[1] for line in text.splitlines() if line.startswith("| "))
    for section, count in PROVISIONS.items():
        numbers = {int(n) for n in re.findall(rf"(?<![\d.]){re.escape(section)}-(\d+)[A-Z]?\b", cells)}
        assert numbers == set(range(1, count + 1)), section

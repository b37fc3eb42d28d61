"""`make docs` from what is here: strict, and nothing in what it makes asks another host for anything."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from fakes.browser import DESK, PATIENCE_MS, PHONE, launched, missing
from fakes.manual import ROOT

SITE = ROOT / "var" / "manual" / "site"
FETCHED = re.compile(r"""<(?:script|img|iframe|source|video)[^>]+src=["']?(https?:[^"'\s>]+)|<link[^>]+>""")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site() -> Path:
    done = subprocess.run(
        [sys.executable, "front_door/manual.py"], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    if "cannot be reached" in done.stderr:
        pytest.skip("the registry of what the manual is built with cannot be reached")
    log = ROOT / "var" / "log" / "building-the-manual.log"
    assert done.returncode == 0, done.stderr + log.read_text(encoding="utf-8")[-3000:]
    return SITE


def test_no_page_fetches_anything_from_elsewhere(site: Path) -> None:
    wrong = set()
    for page in site.rglob("*.html"):
        for found in FETCHED.finditer(page.read_text(encoding="utf-8")):
            link = found[1] or (re.search(r"href=[\"']?(https?:[^\"'\s>]+)", found[0]) or ["", ""])[1]
            wrong |= {(page.name, link)} if link else set()
    assert wrong == set()
    styles = [path.read_text(encoding="utf-8") for path in site.rglob("*.css")]
    assert [style[:50] for style in styles if re.search(r"(?:url\(|@import)\s*[\"']?https?:", style)] == []


@pytest.mark.skipif(bool(missing()), reason=missing() or "a browser")
def test_it_is_read_and_searched_as_files_and_asks_nobody(site: Path) -> None:
    asked: list[str] = []
    with launched() as browser:
        page = browser.new_page(viewport=PHONE)
        page.on("request", lambda one: asked.append(one.url) if one.url.startswith("http") else None)
        page.goto((site / "reference" / "http.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        page.set_viewport_size(DESK)
        page.goto((site / "index.html").as_uri())
        page.locator(".md-search__input").first.click()
        page.keyboard.type("key frame")
        expect(page.locator(".md-search-result__item").first).to_be_attached(timeout=PATIENCE_MS)
    assert asked == []

"""What the documents name is there: links, files, modules and commands; and each page can be reached from README."""

import re
from pathlib import Path

import pytest
import typer

from doorstep.cli.main import app

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")]
LINK = re.compile(
    r"\]\((?!screenshots/|guide/screenshots/)([^)\s]+)\)"
)  # those are made: tests/docs/test_manual_pages.py
PLACES = (ROOT, ROOT / "src" / "doorstep")
VERBS = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
FILES = {path.name for path in (ROOT / "src" / "doorstep").rglob("*.py")}


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def links_of(page: Path) -> list[tuple[Path, str]]:
    """File and heading of each link that stays in the checkout."""
    found = [link.partition("#") for link in LINK.findall(text_of(page)) if "://" not in link]
    return [((page.parent / path).resolve() if path else page, heading) for path, _, heading in found]


def headings_of(page: Path) -> set[str]:
    """As anchors."""
    titles = re.findall(r"^#+ (.*)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    dead = [
        f"{path.name}#{heading}"
        for path, heading in links_of(page)
        if not path.exists() or (heading and heading not in headings_of(path))
    ]
    assert dead == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, ahead = set[Path](), [README]
    while ahead:
        page = ahead.pop()
        if page in reached:
            continue
        reached.add(page)
        for path, _ in links_of(page):
            ahead += path.glob("*.md") if path.is_dir() else [path] if path.suffix == ".md" else []
    assert sorted(str(page) for page in set(PAGES) - reached) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_is_named_is_there(page: Path) -> None:
    named = set(re.findall(r"`([\w.-]+(?:/[\w.-]+)*/[\w.-]+\.(?:py|md|toml|json|service|sh))`", text_of(page)))
    lost = [name for name in named if not any((place / name).exists() for place in (*PLACES, page.parent))]
    assert sorted(lost) == []


def test_every_module_of_the_map_is_there() -> None:
    named = set(re.findall(r"`([a-z_0-9]+\.py)`", text_of(ROOT / "ARCHITECTURE.md")))
    assert sorted(named - FILES) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_is_named_is_one(page: Path) -> None:
    named = set(re.findall(r"(?:`|bin/|^    )doorstep ([a-z][a-z-]+)", text_of(page), re.MULTILINE))
    assert sorted(named - VERBS) == []

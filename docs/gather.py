"""Gathers the manual's pages in one folder, as mkdocs wants them: `python docs/gather.py`.  Plain Python.

The pages lie where a checkout is read, with links that work there; in the manual each stands where PLACES puts it, and
its links go along.  Nothing here knows how a page is drawn: that is mkdocs.yml's.
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "var" / "manual" / "pages"
SCREENSHOTS = ROOT / "docs" / "guide" / "screenshots"

ABOUT = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
DECISIONS = "decisions/index.md"
FOLDERS = {"docs/decisions": DECISIONS}
"""Folders that a link may name, and the page that lists them."""

LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^)\s]+)\)")
FENCE = re.compile(r"^\s*(```|~~~)")
ITEM = re.compile(r"^( *)([*-]|\d+\.)( +)(?=\S)")
INDENT = 4
"""By so much Python-Markdown wants what belongs to an item of a list to stand in."""


def main() -> None:
    """All pages, and the files that they offer, in an empty folder."""
    shutil.rmtree(PAGES, ignore_errors=True)
    places = places_of(ROOT)
    for source, place in places.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        write(place, laid_out(linked(text, PurePosixPath(source), places)))
    write(DECISIONS, decisions())
    for asset in (ROOT / "docs" / "assets").glob("*"):
        copy(asset, f"assets/{asset.name}")
    for picture in SCREENSHOTS.glob("*.png"):
        copy(picture, f"guide/screenshots/{picture.name}")


def places_of(root: Path) -> dict[str, str]:
    """Each page's path in the checkout, and its place in the manual."""
    docs = sorted((root / "docs").rglob("*.md"))
    deploy = sorted((root / "deploy").glob("*/README.md"))
    return {
        **{str(page.relative_to(root)): str(page.relative_to(root / "docs")) for page in docs},
        **{str(page.relative_to(root)): f"deploy/{page.parent.name}.md" for page in deploy},
        **{name: f"about/{name.lower()}" for name in ABOUT},
    }


def linked(text: str, source: PurePosixPath, places: dict[str, str]) -> str:
    """The page with its links as they are in the manual; what is no page and no folder of ours is offered as a file."""
    here = PurePosixPath(places[str(source)]).parent

    def moved(found: re.Match[str]) -> str:
        sign, words, link = found.groups()
        path, mark, anchor = link.partition("#")
        if "://" in link or link.startswith("mailto:") or not path:
            return found[0]
        wanted = os.path.normpath(source.parent / path)
        if sign and not (ROOT / wanted).exists():
            return f"*({words}: this picture is made by `make docs-pictures`.)*"
        place = FOLDERS.get(wanted) or places.get(wanted) or offered(wanted)
        return f"{sign}[{words}]({os.path.relpath(place, here)}{mark}{anchor})"

    return "".join(
        LINK.sub(moved, line) if is_text else line for is_text, line in lines_of(text.splitlines(keepends=True))
    )


def offered(wanted: str) -> str:
    """The place of a file that a page offers; a folder stands for nothing that could be shown.  Raises OSError."""
    place = f"files/{wanted}.txt" if not Path(wanted).suffix else f"files/{wanted}"
    if not wanted.startswith("docs/guide/screenshots/"):
        copy(ROOT / wanted, place)
        return place
    return wanted.removeprefix("docs/")


def lines_of(lines: list[str]) -> Iterator[tuple[bool, str]]:
    """Each line, and whether it is text: not within a fence."""
    fence = ""
    for line in lines:
        found = FENCE.match(line)
        if found and not fence:
            fence = found[1]
        elif found and found[1] == fence:
            fence = ""
            yield False, line
            continue
        yield not fence, line


def laid_out(text: str) -> str:
    """The same page for Python-Markdown, which wants an empty line before a list, and its items' blocks further in."""
    out: list[str] = []
    depths: list[int] = []  # how far in the text of each open item stands
    is_loose = False  # whether there was an empty line since the last item began
    for is_text, line in lines_of(text.splitlines()):
        found = ITEM.match(line) if is_text else None
        indent = len(line) - len(line.lstrip())
        if line.strip():
            while depths and indent < depths[-1] and not (out and out[-1].strip() and not found and is_text):
                depths.pop()
        if found:
            while depths and indent < depths[-1]:
                depths.pop()
            is_first = not depths and not (out and (ITEM.match(out[-1]) or out[-1].startswith(" ")))
            if out and out[-1].strip() and (is_first or is_loose):
                out.append("")
            is_loose = False
            out.append(" " * (INDENT * len(depths)) + found[2] + " " + line[found.end() :])
            depths.append(found.end())
        elif depths and line.strip() and indent >= depths[-1]:
            out.append(" " * (INDENT * len(depths)) + line[depths[-1] :])
        else:
            is_loose = is_loose or not line.strip()
            out.append(line)
    return "\n".join(out) + "\n"


def decisions() -> str:
    """The page that lists the decisions, by what they are called."""
    lines = ["# Decisions", "", "Why Doorstep is built as it is: each a page, with what else was thought of.", ""]
    for page in sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md")):
        title = page.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")
        number, _, words = title.partition(". ")
        lines.append(f"{number}. [{words}]({page.name})")
    return "\n".join(lines) + "\n"


def write(place: str, text: str) -> None:
    """A page."""
    path = PAGES / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def copy(source: Path, place: str) -> None:
    """A file."""
    path = PAGES / place
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, path)


if __name__ == "__main__":
    main()

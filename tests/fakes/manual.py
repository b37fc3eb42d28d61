"""The manual as tests read it: its pages, and the blocks of code on them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MADE = {"docs/reference/commands.md", "docs/reference/http.md"}
"""Made from the code, so that they cannot say anything else; and too long to be read line by line."""

FENCE = re.compile(r"^( *)(```|~~~)(\w*)\s*$")


@dataclass(frozen=True, slots=True)
class Block:
    """Code on a page: its language ("" where none is named, as of everything indented), and its text without indent.

    What is indented is a block up to the next empty line.
    """

    page: str
    line: int
    language: str
    text: str

    @property
    def name(self) -> str:
        """For a test's name."""
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """Every page that a person wrote, and those made for people."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")]
    return sorted(page for page in found if name_of(page) not in MADE)


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks() -> Iterator[Block]:
    """All of them, page by page."""
    for page in pages():
        yield from blocks_of(name_of(page), page.read_text(encoding="utf-8").splitlines())


def blocks_of(page: str, lines: list[str]) -> Iterator[Block]:
    at, blank = 0, True
    while at < len(lines):
        if found := FENCE.match(lines[at]):
            end = next(n for n in range(at + 1, len(lines) + 1) if n == len(lines) or lines[n].strip() == found[2])
            indent = len(found[1])
            yield Block(page, at + 1, found[3], "\n".join(line[indent:] for line in lines[at + 1 : end]))
            at, blank = end + 1, False
        elif blank and lines[at].startswith("    "):
            end = at
            while end < len(lines) and lines[end].startswith("    "):
                end += 1
            indent = min(len(line) - len(line.lstrip()) for line in lines[at:end])
            yield Block(page, at + 1, "", "\n".join(line[indent:] for line in lines[at:end]))
            at, blank = end, False
        else:
            blank = not lines[at].strip()
            at += 1


def logical_lines(text: str) -> Iterator[str]:
    """Lines of shell, those that end with a backslash joined with the next; no comments, nothing empty."""
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        plain = re.sub(r"(^|\s)#\s.*$", "", line).strip()
        if plain:
            yield plain

"""One word per concept: the glossary names real places, and some words are in no name."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src" / "doorstep").rglob("*.py"))
SQLALCHEMY = {"process_bind_param", "process_result_value"}
UVICORN = {"handle_ping", "handle_cont", "handle_connect", "handle_parser_exception"}
VENDORS = SQLALCHEMY | UVICORN  # they name what is overridden
BANNED = re.compile(
    r"manager|processor|maintainer|helper|util|common|misc|(^|_)info($|_)|service|^(do|process|handle)_", re.IGNORECASE
)
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")


def names_in(path: Path) -> Iterator[str]:
    yield path.stem
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def test_no_name_hides_behind_an_empty_word() -> None:
    names = ((path, name) for path in SOURCES for name in names_in(path) if name not in VENDORS)
    found = [f"{path.name}: {name}" for path, name in names if BANNED.search(name)]
    assert found == []


def test_every_file_says_what_it_is() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


@pytest.mark.parametrize("place", sorted(set(re.findall(r"`([a-z_0-9]+/(?:[a-z_0-9]+\.py)?|ports\.py)`", GLOSSARY))))
def test_the_glossary_names_places_that_exist(place: str) -> None:
    assert (ROOT / "src" / "doorstep" / place).exists() or (ROOT / place).exists()

"""A word of the glossary that is also a type is found where the glossary says."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOUSE = ROOT / "src" / "doorstep"
SCHEMA = "config/schema.py"  # its tables are called as the file's sections are
ROW = re.compile(r"^\| (?P<words>[A-Z][^|]*?) \| [^|]+ \| (?P<places>[^|]*?) \|$", re.MULTILINE)
ROWS = [
    (word, re.findall(r"`([^`]+)`", row["places"]))
    for row in ROW.finditer((ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"))
    for word in row["words"].split(", ")
]


def type_name(word: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[ -]", word))


def homes_of_types() -> dict[str, set[str]]:
    homes: dict[str, set[str]] = {}
    for path in sorted(HOUSE.rglob("*.py")):
        place = path.relative_to(HOUSE).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and place != SCHEMA:
                homes.setdefault(node.name, set()).add(place)
    return homes


HOMES = homes_of_types()


def test_no_word_stands_twice() -> None:
    words = [word for word, _ in ROWS]
    assert sorted(set(words)) == sorted(words)


@pytest.mark.parametrize(("word", "places"), ROWS, ids=[word for word, _ in ROWS])
def test_a_word_that_is_a_type_is_where_the_glossary_says(word: str, places: list[str]) -> None:
    homes = HOMES.get(type_name(word), set())
    assert not homes or any(home.startswith(place) for home in homes for place in places), homes

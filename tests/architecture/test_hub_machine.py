"""The program on the hub is the standard library and what both ends agreed on, all of which stands in its one file."""

import ast
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

from doorstep.hub.hub_program import hub_program

HOUSE = Path(__file__).parents[2] / "src" / "doorstep"


def modules_of(path: Path) -> Iterator[str]:
    """What it imports, by whole names."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, path
            yield node.module or ""


def packed() -> list[str]:
    with ZipFile(io.BytesIO(hub_program())) as program:
        return program.namelist()


def test_it_asks_for_no_package_and_no_part_of_the_house_that_is_not_in_it() -> None:
    names = packed()
    there = {name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in names}
    strange = {}
    for name in names:
        if not name.startswith("doorstep/"):
            continue
        asked = set(modules_of(HOUSE.parent / name))
        lost = {one for one in asked if one not in there and one.partition(".")[0] not in sys.stdlib_module_names}
        if lost:
            strange[name] = sorted(lost)
    assert strange == {}


def test_it_holds_nothing_that_it_does_not_need() -> None:
    expected = ("__main__.py", "doorstep/__init__.py", "doorstep/core/", "doorstep/hub_machine/")
    assert [name for name in packed() if not name.startswith(expected)] == []
    of_core = {name.rpartition("/")[2] for name in packed() if name.startswith("doorstep/core/")}
    assert all(name in {"__init__.py", "errors.py"} or name.startswith("hub_") for name in of_core)


def test_nothing_of_the_house_imports_it() -> None:
    asking = [
        str(path.relative_to(HOUSE))
        for path in sorted(HOUSE.rglob("*.py"))
        if "hub_machine" not in path.parts and any(".hub_machine" in name for name in modules_of(path))
    ]
    assert asking == []


def test_it_runs_by_the_systems_python_and_nothing_else(tmp_path: Path) -> None:
    program = tmp_path / "doorstep-hub"
    program.write_bytes(hub_program())
    words = [sys.executable, "-I", "-S", str(program), "--help"]
    done = subprocess.run(words, cwd="/", env={}, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "init" in done.stdout

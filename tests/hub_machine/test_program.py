"""The program `doorstep-hub`: one file, the same every time, that the system's Python runs with nothing else."""

import ast
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from doorstep import __version__
from doorstep.hub.hub_program import NAME, SHEBANG, hub_program

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "front_door"))

from hub_program import PARTS, write_hub_program

ALLOWED = {"doorstep"} | set(sys.stdlib_module_names)
ENTRIES = {entry.filename: entry for entry in zipfile.ZipFile(io.BytesIO(hub_program())).infolist()}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("program")
    write_hub_program(folder, __version__, 1_795_000_000)
    return folder / NAME


def test_it_is_the_same_every_time_and_says_nothing_of_when_and_where(program: Path) -> None:
    made = program.read_bytes()
    assert made == hub_program()
    assert made.startswith(SHEBANG)
    assert program.stat().st_mode & 0o777 == 0o755
    assert {entry.date_time for entry in ENTRIES.values()} == {(1980, 1, 1, 0, 0, 0)}
    assert str(ROOT).encode() not in made


def test_it_holds_the_standard_library_and_itself_alone() -> None:
    with zipfile.ZipFile(io.BytesIO(hub_program())) as packed:
        for name in packed.namelist():
            for node in ast.walk(ast.parse(packed.read(name), feature_version=(3, 11))):
                if isinstance(node, ast.Import):
                    assert {alias.name.partition(".")[0] for alias in node.names} <= ALLOWED, name
                if isinstance(node, ast.ImportFrom):
                    assert node.level == 0, name
                    assert (node.module or "").partition(".")[0] in ALLOWED, name
                    own = (node.module or "").replace(".", "/")
                    assert not own.startswith("doorstep") or {f"{own}.py", f"{own}/__init__.py"} & set(ENTRIES), name


def test_it_holds_no_more_of_the_house_than_both_ends_share() -> None:
    others = [name for name in ENTRIES if "/hub_" not in name]
    assert sorted(others) == [
        "__main__.py",
        "doorstep/__init__.py",
        "doorstep/core/__init__.py",
        "doorstep/core/errors.py",
    ]


def test_the_systems_python_runs_it_with_nothing_else(program: Path, tmp_path: Path) -> None:
    for word in ([], ["/usr/bin/python3"]):
        done = subprocess.run(
            [*word, str(program), "--version"], cwd=tmp_path, env={}, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout.strip()) == (0, __version__), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_its_list_of_parts_names_nobody_else(program: Path) -> None:
    parts = json.loads((program.parent / PARTS).read_text())
    assert (parts["metadata"]["component"]["name"], parts["components"]) == (NAME, [])

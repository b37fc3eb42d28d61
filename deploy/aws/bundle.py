"""What is sent to AWS: the code of the functions, in a folder that is zipped, and what the image is made from.

The zip holds the modules of Doorstep that the functions import, directly or not, and no package of anybody else: the
runtime brings boto3 and the names of the time zones.  So nothing is fetched, no Docker is needed, and the same checkout
gives the same zip.
"""

import ast
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "src"
ENTRIES = ("doorstep.aws.on_clip_uploaded", "doorstep.aws.on_motion")
OF_THE_RUNTIME = frozenset({"boto3", "botocore"})
DOCKERFILE = "deploy/aws/detect/Dockerfile"
NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.pyc")


class BundleInvalid(ValueError):
    """A function imports what the zip cannot hold; one plain sentence."""


def bundle_functions(folder: Path) -> None:
    """Fill a new folder with what the zip holds.  Raises BundleInvalid."""
    modules = modules_of(ENTRIES)
    if foreign := sorted(packages_of(modules)):
        msg = f"A function in AWS imports {foreign[0]}, which its runtime does not bring: import it elsewhere."
        raise BundleInvalid(msg)
    for module in modules:
        _copy(module, folder / module.relative_to(SOURCES))


def bundle_image(folder: Path) -> None:
    """Fill a new folder with the detector's Dockerfile and what it copies, and nothing else of the checkout.

    So the image is built anew when something changed that is in it.
    """
    for part in [DOCKERFILE, *copied_by((ROOT / DOCKERFILE).read_text(encoding="utf-8"))]:
        found, to = ROOT / part, folder / part
        if found.is_dir():
            shutil.copytree(found, to, ignore=NOT_COPIED)
        else:
            _copy(found, to)


def copied_by(dockerfile: str) -> list[str]:
    """Files and folders of the checkout that it copies; not what it copies from another stage."""
    lines = dockerfile.replace("\\\n", " ").splitlines()
    copies = [words[1:] for words in (line.split() for line in lines) if words[:1] == ["COPY"]]
    return [part for words in copies if not words[0].startswith("--from=") for part in words[:-1]]


def modules_of(entries: Iterable[str]) -> list[Path]:
    """The files of Doorstep that these modules need, themselves and the packages around them among them."""
    found: set[Path] = set()
    ahead = list(entries)
    while ahead:
        for path in _files_of(ahead.pop()):
            if path not in found:
                found.add(path)
                ahead += [name for name in imports_of(path) if name.partition(".")[0] == "doorstep"]
    return sorted(found)


def packages_of(modules: Iterable[Path]) -> set[str]:
    """The packages of others that these files import when they are loaded, and that the runtime does not bring."""
    names = {name.partition(".")[0] for path in modules for name in imports_of(path, when_loaded=True)}
    return {name for name in names if name != "doorstep" and name not in sys.stdlib_module_names | OF_THE_RUNTIME}


def imports_of(path: Path, *, when_loaded: bool = False) -> Iterator[str]:
    """Dotted names, of modules or of what is in them; of functions, too, unless only `when_loaded` is asked for."""
    for node in _statements(ast.parse(path.read_text(encoding="utf-8")), when_loaded=when_loaded):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _statements(tree: ast.AST, *, when_loaded: bool) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        yield node
        if not (when_loaded and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)):
            yield from _statements(node, when_loaded=when_loaded)


def _files_of(name: str) -> list[Path]:
    """The module's file with the `__init__` of each package above it; none where the name is not a module's."""
    parts = name.split(".")
    path = SOURCES.joinpath(*parts)
    own = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if not own.is_file():
        return []
    return [own, *(SOURCES.joinpath(*parts[:depth], "__init__.py") for depth in range(1, len(parts)))]


def _copy(found: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(found, to)

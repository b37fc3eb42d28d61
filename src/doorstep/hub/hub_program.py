"""The program `doorstep-hub` as one file: a zip that Debian's own Python runs (zipapp), made of what is installed here.

It holds `hub_machine/` and what that imports, the same bytes every time; made by `doorstep hub init` and by a release.
"""

import ast
import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import doorstep

NAME: Final = "doorstep-hub"
SHEBANG: Final = b"#!/usr/bin/python3 -IB\n"
"""Alone with the system's Python (python3(1)): nothing of who calls it is taken in, nothing is written beside it."""

PACKAGE: Final = "doorstep"
_ROOT_MODULE: Final = "doorstep.hub_machine.cli"
_FIRST_MOMENT: Final = (1980, 1, 1, 0, 0, 0)
_RIGHTS: Final = 0o100644 << 16
_UNIX: Final = 3

_START: Final = '''\
"""The start of the program doorstep-hub."""

import sys

if sys.version_info < (3, 11):
    sys.exit("doorstep-hub needs Python 3.11 or newer, as Debian 12 and 13 have it.")

from doorstep.hub_machine.cli import main

sys.exit(main())
'''


def hub_program(package: Path = Path(doorstep.__file__).parent) -> bytes:
    """The whole file, of rights 0755; `package` is where `doorstep` lies."""
    packed = io.BytesIO()
    packed.write(SHEBANG)
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_STORED) as archive:  # stored: each zlib makes other bytes
        for name, text in sorted({"__main__.py": _START, **_sources(package)}.items()):
            entry = zipfile.ZipInfo(name, _FIRST_MOMENT)
            entry.create_system, entry.external_attr = _UNIX, _RIGHTS
            archive.writestr(entry, text)
    return packed.getvalue()


def _sources(package: Path) -> Mapping[str, str]:
    """By path in the archive: the verbs, and all of Doorstep that they import, over any number of steps."""
    found: dict[str, str] = {}
    ahead = [_ROOT_MODULE]
    while ahead:
        module = ahead.pop()
        path = _path_of(module, package)
        name = path.relative_to(package.parent).as_posix()
        if name in found:
            continue
        found[name] = path.read_text(encoding="utf-8")
        ahead += _imported(found[name], package)
        ahead += [module.rpartition(".")[0]] if "." in module else []
    return found


def _imported(text: str, package: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] == PACKAGE:
            yield node.module
            deeper = (f"{node.module}.{each.name}" for each in node.names)
            yield from (module for module in deeper if _path_of(module, package).exists())


def _path_of(module: str, package: Path) -> Path:
    whole = package.parent.joinpath(*module.split("."))
    return whole / "__init__.py" if whole.is_dir() else whole.with_suffix(".py")

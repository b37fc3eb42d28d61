"""Pages that are made from the code say what the code says; what no code can tell stands in lists that are complete."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from doorstep.catalog.tables import Base

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "doorstep"
sys.path[:0] = [str(ROOT / "docs"), str(ROOT / "docs" / "reference")]

import make_brands
import make_connections
import make_pages
import make_stored

from doorstep.core.camera_patterns import MAKERS

OPENS = {
    *("socket", "ssl", "http.client", "urllib.request", "smtplib", "ftplib", "telnetlib", "imaplib", "poplib"),
    *("httpx", "h11", "requests", "aiohttp", "urllib3", "websockets", "uvicorn", "asyncssh", "paramiko"),
    *("aiomqtt", "paho", "aiosmtplib", "apprise", "boto3", "botocore", "aiortc", "aioice", "psycopg", "grpc"),
}
"""Packages with which a connection can be opened, by the beginning of their names."""
CALLS = {"open_connection", "create_connection", "create_datagram_endpoint", "create_server", "start_server"}
CALLS |= {"open_unix_connection", "getaddrinfo", "create_engine", "import_module"}


@pytest.mark.parametrize("place", make_pages.PAGES, ids=lambda place: place.name)
def test_the_page_is_what_the_code_says(place: Path) -> None:
    assert place.read_text(encoding="utf-8") == make_pages.PAGES[place](), "make docs-pages"


def could_connect(path: Path) -> Iterator[str]:
    """What of the file could open a connection: packages that it imports, calls, and addresses for FFmpeg."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=names):
                yield from (one.name for one in names if is_opening(one.name))
            case ast.ImportFrom(module=str(module)) if is_opening(module) and not is_only_words(node):
                yield module
            case ast.Call(func=ast.Attribute(attr=name)) if name in CALLS:
                yield name
            case ast.Call(func=ast.Attribute(value=ast.Name(id="av"), attr="open")):
                yield "av.open"


def is_opening(module: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in OPENS)


def is_only_words(node: ast.ImportFrom) -> bool:
    """Errors and values of a package open nothing."""
    return (node.module or "").endswith((".exceptions", ".frames", ".result", ".properties", ".reasoncodes"))


def test_every_module_that_could_open_a_connection_stands_in_a_list() -> None:
    found = {
        str(path.relative_to(SOURCE).with_suffix("")): sorted(set(could_connect(path))) for path in SOURCE.rglob("*.py")
    }
    unknown = {module: why for module, why in found.items() if why and module not in make_connections.known()}
    assert unknown == {}, "say in docs/reference/make_connections.py whom it connects to, then make docs-pages"


def test_every_module_in_a_list_is_there() -> None:
    assert sorted(name for name in make_connections.known() if not (SOURCE / f"{name}.py").is_file()) == []


def test_a_module_that_could_connect_is_noticed(tmp_path: Path) -> None:
    made = tmp_path / "phones_home.py"
    made.write_text("def call():\n    import httpx\n    httpx.get('https://example.org')\n", encoding="utf-8")
    assert list(could_connect(made)) == ["httpx"]


def test_every_table_and_column_has_its_words() -> None:
    tables = Base.metadata.tables
    columns = {f"{name}.{one.name}" for name, table in tables.items() for one in table.columns}
    columns = {name for name in columns if name.partition(".")[2] not in make_stored.EVERYWHERE}
    assert set(make_stored.TABLES) == set(tables)
    assert set(make_stored.COLUMNS) == columns


def test_every_key_that_a_browser_keeps_has_its_words() -> None:
    told = {name.removeprefix("doorstep.") for name in make_stored.BROWSER}
    kept = make_stored.keys_in_the_browser()
    assert kept == told
    assert {"role", "zone", "seen.PERSON"} <= kept


def test_every_maker_has_its_advice() -> None:
    assert set(make_brands.ADVICE) == set(MAKERS)

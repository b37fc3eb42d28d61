"""The built app: what is served, how it is cached, and that nothing else is."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.house import House

PAGE, SCRIPT = b"<!doctype html><title>Doorstep</title>", b"console.log('door')"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_bytes(PAGE)
    (dist / "index.html.gz").write_bytes(gzip.compress(PAGE))
    (dist / "assets" / "app-4f2a.js").write_bytes(SCRIPT)
    (dist / "assets" / "app-4f2a.js.gz").write_bytes(gzip.compress(SCRIPT))
    (dist / "assets" / "app-4f2a.js.br").write_bytes(b"brotli")
    (dist / "manifest.webmanifest").write_bytes(b"{}")
    (dist / "sw.js").write_bytes(b"//")
    (tmp_path / "secret.txt").write_bytes(b"secret")
    (dist / "leak.txt").symlink_to(tmp_path / "secret.txt")
    with House(dist=dist) as made:
        yield made


@pytest.mark.parametrize("path", ["/", "/index.html", "/alerts", "/alerts/front-door-1", "/settings", "/setup"])
def test_a_page_is_the_apps_page_and_asked_for_again(house: House, path: str) -> None:
    answer = house.get(path, {})
    assert (answer.status_code, answer.content) == (200, PAGE)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


def test_an_asset_with_a_hash_is_kept_for_ever(house: House) -> None:
    answer = house.get("/assets/app-4f2a.js", {"Accept-Encoding": "identity"})
    assert (answer.content, answer.headers["content-type"]) == (SCRIPT, "text/javascript; charset=utf-8")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert house.get("/sw.js", {}).headers["cache-control"] == "no-cache"
    assert house.get("/manifest.webmanifest", {}).headers["content-type"] == "application/manifest+json"


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("gzip;q=0.5, br;q=0", "gzip"),
        ("identity", None),
        ("deflate", None),
        ("gzip;q=0", None),
    ],
)
def test_the_smallest_coding_that_is_taken_is_sent(house: House, accepted: str, coding: str | None) -> None:
    head = house.ask("HEAD", "/assets/app-4f2a.js", {"Accept-Encoding": accepted})
    assert (head.headers.get("content-encoding"), head.headers["vary"]) == (coding, "Accept-Encoding")


def test_a_page_that_did_not_change_is_not_sent_again(house: House) -> None:
    etag = house.get("/", {}).headers["etag"]
    again = house.get("/", {"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert house.get("/", {"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/assets/app-0000.js",
        "/assets/nothing",
        "/favicon.ico",
        "/leak.txt",
        "/secret.txt",
        "/index.html.gz",
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "//etc/passwd.txt",
        "/etc/passwd%00.html",
        "/..\\secret.txt",
        "/api",
        "/api/v2/events",
        "/api/v1/",
        "/api/v1/cameras/",
    ],
)
def test_nothing_else_is_served(house: House, path: str) -> None:
    answer = house.get(path, {})
    assert answer.status_code == 404
    assert b"secret" not in answer.content
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_write_to_a_page_is_no_page(house: House) -> None:
    assert house.ask("POST", "/alerts", house.owner()).status_code == 405
    assert house.ask("POST", "/api/v1/nothing", house.owner()).status_code == 404


def test_without_a_built_app_one_sentence_says_so() -> None:
    with House(dist=Path("/nonexistent")) as house:
        answer = house.get("/", {})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
        assert "API" in answer.text
        assert house.get("/app.js", {}).status_code == 404

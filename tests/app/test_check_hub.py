"""`doorstep check` takes the way that a phone takes, and says where it ends."""

import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from doorstep.app.check_hub import MARK_PATH, hub_findings
from doorstep.app.finding import Finding
from doorstep.core.settings import HubSettings, ServerSettings, Settings
from fakes.certificates import Certificate, certificate
from fakes.free_port import free_port
from fakes.kept_hub import PAIRING, SECRET, keep

HERE = replace(PAIRING, host="localhost", hub="localhost")
ANSWERS = {MARK_PATH: (200, b"doorstep-hub\n"), "/healthz": (200, b"{}")}
Answers = Mapping[str, tuple[int, bytes]]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("tls"))


@contextmanager
def hub(pair: Certificate, answers: Answers) -> Iterator[int]:
    """What stands for one, at a port of its own."""

    class Asked(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = answers.get(self.path, (404, b"nothing"))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Asked) as server:
        server.socket = pair.server_context().wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join(60)


def found(data: Path, port: int, tls: ssl.SSLContext | None, *, beside: bool = True) -> list[Finding]:
    settings = Settings(server=ServerSettings(data=data))
    return list(hub_findings(settings, beside_server=beside, tls=tls, port=port))


def test_a_house_without_a_hub_is_asked_nothing(tmp_path: Path) -> None:
    assert found(tmp_path, free_port(), None) == []


def test_the_way_leads_to_this_house(tmp_path: Path, pair: Certificate) -> None:
    keep(tmp_path, HERE)
    with hub(pair, ANSWERS) as port:
        (one,) = found(tmp_path, port, pair.trusting_context())
    assert (one.ok, one.detail) == (True, "https://localhost leads to this house.")


@pytest.mark.parametrize(("beside", "ok"), [(True, False), (False, True)])
def test_a_hub_without_this_house_is_told_by_whether_a_server_runs(
    tmp_path: Path, pair: Certificate, *, beside: bool, ok: bool
) -> None:
    keep(tmp_path, HERE)
    with hub(pair, {**ANSWERS, "/healthz": (503, b"")}) as port:
        (one,) = found(tmp_path, port, pair.trusting_context(), beside=beside)
    assert one.ok is ok
    assert "The hub at localhost answers" in one.detail


def test_a_network_that_answers_for_everybody_is_no_hub(tmp_path: Path, pair: Certificate) -> None:
    keep(tmp_path, HERE)
    with hub(pair, {MARK_PATH: (200, b"<html>Sign in"), "/healthz": (200, b"<html>")}) as port:
        (one,) = found(tmp_path, port, pair.trusting_context())
    assert not one.ok
    assert "no hub" in one.detail


def test_a_certificate_that_nobody_trusts_is_told(tmp_path: Path, pair: Certificate) -> None:
    keep(tmp_path, HERE)
    with hub(pair, ANSWERS) as port:
        (one,) = found(tmp_path, port, None)
    assert not one.ok
    assert "certificate of localhost is not trusted" in one.detail


def test_a_hub_that_is_away_is_told(tmp_path: Path) -> None:
    keep(tmp_path, HERE)
    (one,) = found(tmp_path, free_port(), None)
    assert not one.ok
    assert "does not answer from outside" in one.detail
    assert SECRET not in one.detail


def test_files_that_are_damaged_and_a_switch_are_told_without_asking(tmp_path: Path) -> None:
    folder = keep(tmp_path, HERE)
    off = Settings(server=ServerSettings(data=tmp_path), hub=HubSettings(enabled=False))
    (one,) = hub_findings(off, beside_server=True, port=free_port())
    assert (one.ok, "switched off" in one.detail) == (True, True)
    (folder / "pairing.json").write_text("{", encoding="utf-8")
    (one,) = found(tmp_path, free_port(), None)
    assert (one.ok, "cannot be read" in one.detail) == (False, True)

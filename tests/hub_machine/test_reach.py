"""Is the box reached from outside?  Asked over real TLS, with what can be wrong about it."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from doorstep.hub_machine import reach_watch
from doorstep.hub_machine.certificate_span import certificate_span
from doorstep.hub_machine.reach import Reach, ReachCheck
from doorstep.hub_machine.reach_watch import ReachWatch
from doorstep.hub_machine.shape import CertificateFrom, HubPorts, HubShape
from fakes.certificates import Certificate, certificate
from fakes.hub_clock import SetClock

HOST = "door.example.org"
KEY = ec.generate_private_key(ec.SECP256R1())
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
AWAY = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n"


@contextmanager
def answering(tls: Certificate, answer: bytes | Callable[[ssl.SSLSocket], None]) -> Iterator[int]:
    """A server on the loopback that says, or does, this to everybody; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_answer_all, args=(server, tls.server_context(), answer), daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def _answer_all(
    server: socket.socket, context: ssl.SSLContext, answer: bytes | Callable[[ssl.SSLSocket], None]
) -> None:
    while True:
        try:
            plain, _ = server.accept()
        except OSError:
            return
        try:
            with context.wrap_socket(plain, server_side=True) as stream:
                stream.settimeout(10)
                stream.recv(4096)
                answer(stream) if callable(answer) else stream.sendall(answer)
        except OSError:
            plain.close()


def tried(port: int, authority: str, own: frozenset[str] = frozenset(), leads_to: str = "45.10.1.2") -> Reach:
    shape = HubShape(HOST, authority=authority, ports=replace(HubPorts(), https=port))
    return ReachCheck(shape, own, lambda _: [leads_to]).tried(HOST)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("tls"), f"DNS:{HOST}")


def test_a_box_that_answers_is_reached_and_its_certificates_span_is_known(tls: Certificate) -> None:
    with answering(tls, FINE) as port:
        found = tried(port, str(tls.certificate))
    assert (found.reached, found.why) == (True, "")
    assert found.certificate_begins is not None
    assert found.certificate_ends is not None
    assert found.certificate_ends - found.certificate_begins == 2 * 86_400


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (AWAY, "The hub does not get through to the box"),
        (b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "with 500 instead of its page"),
        (b"SSH-2.0-x\r\n\r\n", "does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent", "Caddy hung up on the hub"),
        (b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 20_000, "does not speak HTTP"),
        (b"", "Caddy hung up on the hub"),
    ],
)
def test_a_box_that_does_not_answer_is_told_in_words(tls: Certificate, answer: bytes, words: str) -> None:
    with answering(tls, answer) as port:
        found = tried(port, str(tls.certificate))
    assert found.reached is False
    assert words in found.why
    assert found.certificate_ends is not None


class Hurried(SetClock):
    """Each look at it is a second later."""

    def monotonic(self) -> float:
        self.up += 1.0
        return self.up


@pytest.mark.parametrize("pieces", [[], [b"H"] * 500], ids=["hangs", "drips"])
def test_a_box_that_hangs_or_drips_is_not_waited_for_and_the_certificate_is_known(
    tls: Certificate, pieces: list[bytes]
) -> None:
    """Through a tunnel that is half open; no byte of it begins the waiting anew."""
    ended, waits = threading.Event(), threading.Event()

    def slowly(stream: ssl.SSLSocket) -> None:
        for piece in pieces:
            stream.sendall(piece)
            waits.wait(0.05)
        ended.wait(60)

    with answering(tls, slowly) as port:
        shape = HubShape(HOST, authority=str(tls.certificate), ports=replace(HubPorts(), https=port))
        clock = Hurried() if pieces else PatientOnce()
        found = ReachCheck(shape, frozenset(), lambda _: [], clock).tried(HOST)
        ended.set()
    assert (found.reached, found.why) == (False, "The box does not answer the hub through the tunnel.")
    assert found.certificate_ends is not None


class PatientOnce(SetClock):
    """Nearly all of the time is over when the answer is waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = iter([0.0, 0.0, 9.0, 9.9])

    def monotonic(self) -> float:
        return next(self.looks, 11.0)


def test_of_certificates_of_ones_own_it_is_not_known_whether_phones_trust_them(tls: Certificate) -> None:
    with answering(tls, FINE) as port:
        shape = HubShape(HOST, certificate=CertificateFrom.INTERNAL, ports=replace(HubPorts(), https=port))
        found = ReachCheck(shape, frozenset()).tried(HOST)
    assert (found.reached, found.why) == (None, "")
    assert found.certificate_ends is not None


@pytest.mark.parametrize(
    ("addresses", "reached"),
    [
        (["127.0.1.1"], True),
        (["127.0.1.1", "::1", "45.10.1.2"], True),
        (["127.0.1.1", "192.0.2.9"], False),
    ],
)
def test_what_the_machines_own_file_of_names_says_is_no_answer_of_the_worlds(
    tls: Certificate, addresses: list[str], reached: bool
) -> None:
    with answering(tls, FINE) as port:
        shape = HubShape(HOST, authority=str(tls.certificate), ports=replace(HubPorts(), https=port))
        found = ReachCheck(shape, frozenset({"45.10.1.2"}), lambda _: addresses).tried(HOST)
    assert found.reached is reached
    assert "127.0" not in found.why


def test_a_certificate_that_nobody_trusts_is_not_reached_and_its_end_is_known(tls: Certificate) -> None:
    with answering(tls, FINE) as port:
        found = tried(port, "")
    assert found.reached is False
    assert "not one that phones trust" in found.why
    assert found.certificate_ends is not None


def test_a_certificate_that_is_over_is_told(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    made = made_certificate(tmp_path, now - timedelta(days=9), now - timedelta(days=1))
    with answering(made, FINE) as port:
        found = tried(port, str(made.certificate))
    assert found.reached is False
    assert "is over" in found.why
    assert found.certificate_ends == int((now - timedelta(days=1)).timestamp())


def test_nobody_there_is_told(tls: Certificate) -> None:
    with answering(tls, FINE) as port:
        pass
    assert "Caddy does not answer" in tried(port, "").why


def test_a_name_that_leads_elsewhere_is_told(tls: Certificate) -> None:
    own = frozenset({"45.10.1.2"})
    with answering(tls, FINE) as port:
        assert tried(port, str(tls.certificate), own).reached is True
        found = tried(port, str(tls.certificate), own, leads_to="192.0.2.9")
    assert found.reached is False
    assert "leads to 192.0.2.9" in found.why
    assert found.certificate_ends is not None


@pytest.mark.parametrize(
    ("number", "reached"), [(socket.EAI_AGAIN, None), (socket.EAI_NONAME, False)], ids=["resolver out", "no such name"]
)
def test_a_resolver_that_is_out_says_nothing_about_the_name(
    tls: Certificate, number: int, reached: bool | None
) -> None:
    def out(host: str) -> list[str]:
        raise socket.gaierror(number, host)

    with answering(tls, FINE) as port:
        shape = HubShape(HOST, authority=str(tls.certificate), ports=replace(HubPorts(), https=port))
        assert ReachCheck(shape, frozenset({"45.10.1.2"}), out).tried(HOST).reached is reached


def made_certificate(folder: Path, begins: datetime, ends: datetime) -> Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(KEY, hashes.SHA256())
    )
    made = Certificate(folder / "made.pem", folder / "made.key")
    made.certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return made


@given(
    st.datetimes(datetime(1955, 1, 1), datetime(2105, 1, 1)),  # noqa: DTZ001 - hypothesis adds the zone
    st.integers(1, 100_000),
)
def test_the_span_is_read_as_cryptography_writes_it(begins: datetime, hours: int) -> None:
    begins = begins.replace(tzinfo=UTC, microsecond=0)
    ends = begins + timedelta(hours=hours)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key())
    signed = built.serial_number(1).not_valid_before(begins).not_valid_after(ends).sign(KEY, hashes.SHA256())
    der = signed.public_bytes(serialization.Encoding.DER)
    assert certificate_span(der) == (int(begins.timestamp()), int(ends.timestamp()))
    assert certificate_span(der[: len(der) // 8]) == (None, None)


@given(st.binary(max_size=300))
def test_bytes_that_are_no_certificate_say_nothing(der: bytes) -> None:
    assert certificate_span(der) == (None, None) or der.startswith(b"\x30")


def test_the_watch_tells_when_it_changes() -> None:
    asked, changed = threading.Event(), threading.Event()

    def ask() -> Reach:
        asked.set()
        return Reach(True)

    watch = ReachWatch(ask)
    watch.start(changed.set)
    assert asked.wait(30)
    assert changed.wait(30)
    assert watch.latest == Reach(True)
    watch.stop()


def test_a_fault_of_the_look_itself_leaves_nothing_known_and_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("EVERY_SECONDS", "AGAIN_SECONDS"):
        monkeypatch.setattr(reach_watch, name, 0.0)
    answers = iter([Reach(True), None, Reach(False, "words")])
    seen: list[Reach] = []
    over = threading.Event()

    def ask() -> Reach:
        if (answer := next(answers, Reach())) is None:
            raise ZeroDivisionError
        return answer

    watch = ReachWatch(ask)

    def changed() -> None:
        seen.append(watch.latest)
        if len(seen) == 3:
            watch.stop()
            over.set()

    watch.start(changed)
    assert over.wait(30)
    assert seen == [Reach(True), Reach(), Reach(False, "words")]
    assert "cannot be told, by a fault of doorstep-hub: ZeroDivisionError" in capsys.readouterr().err

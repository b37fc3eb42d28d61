"""What tells systemd, leaves a word for the next start, reads the certificate and asks the owner's address."""

import asyncio
import os
import socket
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from doorstep.app.alive_file import EVERY_SECONDS, NAME, AliveFile
from doorstep.app.health import certificate_ends
from doorstep.app.systemd import BEGAN_ANEW, Alive, begins_anew, tell, watchdog_seconds
from doorstep.core.errors import NotifierRefused, NotifierUnavailable
from doorstep.core.settings import TlsSettings
from doorstep.notifiers.ping import Ping
from doorstep.pipeline.health import HealthBoard
from fakes.certificates import certificate
from fakes.clock import FakeClock
from fakes.free_port import free_port
from fakes.mjpeg_camera import mjpeg_camera, plain


class Enough(Exception):
    """The test has seen what it came for."""


class EndingClock(FakeClock):
    """Sleeps so often, then ends the task."""

    def __init__(self, sleeps: int) -> None:
        super().__init__()
        self.left, self.slept = sleeps, list[float]()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.left -= 1
        if self.left < 0:
            raise Enough
        await super().sleep(seconds)


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "30000000")
        monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
        monkeypatch.delenv(BEGAN_ANEW, raising=False)
        yield listening


def test_systemd_hears_that_we_are_ready_alive_and_how_we_do(systemd: socket.socket) -> None:
    clock = EndingClock(1)
    board = HealthBoard(clock)
    board.report("disk", "Recording has to stop: the disk is full.", "Free some space.")
    with pytest.raises(Enough):
        asyncio.run(Alive(board, clock).run())
    heard = systemd.recv(4096).decode().split("\n")
    assert heard[:2] == ["READY=1", "WATCHDOG=1"]
    assert heard[2].startswith("STATUS=")
    assert "the disk is full" in heard[2]
    assert clock.slept == [10.0, 10.0]  # three times as often as is asked for


@pytest.mark.parametrize(("wrong", "words"), [(1, "1 thing is wrong: 0."), (2, "2 things are wrong: 0.")])
def test_systemd_is_told_how_many_things_are_wrong(systemd: socket.socket, wrong: int, words: str) -> None:
    clock = EndingClock(1)
    board = HealthBoard(clock)
    for number in range(wrong):
        board.report(f"rule-{number}", f"{number}.", "")
    with pytest.raises(Enough):
        asyncio.run(Alive(board, clock).run())
    assert f"STATUS={words}" in systemd.recv(4096).decode()


@pytest.mark.parametrize("name", ["Front\nMAINPID=1", "Front\r\nSTOPPING=1", "Front\udce9"])
def test_a_name_gives_systemd_no_orders(systemd: socket.socket, name: str) -> None:
    clock = EndingClock(1)
    board = HealthBoard(clock)
    board.report("camera:front-door", f"{name} is not seen.", "")
    with pytest.raises(Enough):
        asyncio.run(Alive(board, clock).run())
    assert len(systemd.recv(4096).decode().splitlines()) == 3


@pytest.mark.parametrize("wanted", [0.3, 3.0, 6.0, 30.0])
def test_a_sign_of_life_comes_three_times_as_often_as_is_asked_for(
    systemd: socket.socket, monkeypatch: pytest.MonkeyPatch, wanted: float
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", str(int(wanted * 1e6)))
    clock = EndingClock(1)
    with pytest.raises(Enough):
        asyncio.run(Alive(HealthBoard(clock), clock).run())
    assert systemd.recv(4096)
    assert clock.slept[0] == pytest.approx(wanted / 3)


def test_a_process_that_begins_anew_has_more_patience_until_it_is_ready(systemd: socket.socket) -> None:
    begins_anew(600.0)
    assert "WATCHDOG_USEC=600000000" in systemd.recv(4096).decode().split("\n")
    clock = EndingClock(1)
    with pytest.raises(Enough):
        asyncio.run(Alive(HealthBoard(clock), clock).run())
    assert systemd.recv(4096).decode() == "WATCHDOG_USEC=30000000"
    assert systemd.recv(4096).decode().startswith("READY=1")
    assert BEGAN_ANEW not in os.environ


def test_another_process_watchdog_is_not_ours_and_without_systemd_nothing_is_told(
    systemd: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert watchdog_seconds() == 30.0
    monkeypatch.setenv("WATCHDOG_PID", "1")
    assert watchdog_seconds() is None
    monkeypatch.setenv("NOTIFY_SOCKET", str(Path("/nonexistent/notify")))
    assert tell("READY=1")
    monkeypatch.delenv("NOTIFY_SOCKET")
    assert not tell("READY=1")
    systemd.setblocking(False)
    with pytest.raises(BlockingIOError):
        systemd.recv(10)


def test_an_abstract_socket_is_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0doorstep-test-{os.getpid()}")
        monkeypatch.setenv("NOTIFY_SOCKET", f"@doorstep-test-{os.getpid()}")
        assert tell("STOPPING=1")
        assert listening.recv(100) == b"STOPPING=1"


def lived(data: Path, clock: EndingClock) -> HealthBoard:
    """A run that is killed once its clock ends."""
    board = HealthBoard(clock)
    with pytest.raises(Enough):
        asyncio.run(AliveFile(data, board, clock).run())
    return board


def test_a_run_that_ended_without_a_word_is_told_by_the_next_for_a_while(tmp_path: Path) -> None:
    clock = EndingClock(3)
    assert lived(tmp_path, clock).problems() == []
    after = EndingClock(0)
    after.advance(3 * EVERY_SECONDS + 30)
    board = lived(tmp_path, after)
    (problem,) = board.problems()
    assert (problem.key, problem.minor) == ("restarted", True)
    assert "about 30 s" in problem.what
    after.advance(600)
    assert board.problems() == []


def test_a_run_that_ended_as_it_should_leaves_nothing(tmp_path: Path) -> None:
    lived(tmp_path, EndingClock(0))
    AliveFile(tmp_path, HealthBoard(FakeClock()), FakeClock()).ended()
    assert lived(tmp_path, EndingClock(0)).problems() == []


def test_a_server_that_crashes_again_and_again_is_told_at_once_only_once_an_hour(tmp_path: Path) -> None:
    told = []
    for minute in range(0, 120, 5):
        clock = EndingClock(0)
        clock.advance(60.0 * minute)
        told.append(len(lived(tmp_path, clock).problems()))
    assert sum(told) == 2
    clock = EndingClock(5)  # one that lives for five minutes
    clock.advance(60.0 * 120)
    assert len(lived(tmp_path, clock).problems()) == 1


@pytest.mark.parametrize("content", ["", "x", "2026-11-21T13:00:00+00:00\nyesterday", "\xff"])
def test_a_file_that_says_nothing_is_no_restart(tmp_path: Path, content: str) -> None:
    (tmp_path / NAME).write_bytes(content.encode("latin-1"))
    assert lived(tmp_path, EndingClock(0)).problems() == []


def test_a_certificate_is_read_from_its_file(tmp_path: Path) -> None:
    made = certificate(tmp_path, days=9)
    ends = certificate_ends(TlsSettings(made.certificate, made.key))
    assert ends is not None
    assert abs(ends - datetime.now(UTC) - timedelta(days=9)) < timedelta(hours=1)
    assert certificate_ends(None) is None
    assert certificate_ends(TlsSettings(tmp_path / "none.pem", made.key)) is None
    assert certificate_ends(TlsSettings(made.key, made.key)) is None


def test_the_ping_is_asked_and_no_redirect_is_followed() -> None:
    replies = {"/ok": plain(200, b"OK"), "/bad": plain(503), "/on": plain(302, Location="http://127.0.0.1:9/")}
    with mjpeg_camera(replies) as there:
        asyncio.run(Ping(there.url("/ok")).ping())
        for path, words in (("/bad", "503"), ("/on", "302")):
            with pytest.raises(NotifierUnavailable, match=words) as told:
                asyncio.run(Ping(there.url(path)).ping())
            assert "127.0.0.1" not in str(told.value)
        assert [path for path, _ in there.asked] == ["/ok", "/bad", "/on"]


def test_a_ping_takes_its_login_and_its_query_along() -> None:
    with mjpeg_camera({"/ping/a%20b?id=1%2F2": plain(200)}) as there:
        asyncio.run(Ping(there.url("/ping/a b?id=1%2F2", user="ada:l%40ve")).ping())
        assert there.asked == [("/ping/a%20b?id=1%2F2", f"Basic {b64encode(b'ada:l@ve').decode()}")]


def test_a_name_that_means_a_clouds_credentials_is_never_asked() -> None:
    with mjpeg_camera({"/ok": plain(200)}) as there:
        address = there.url("/ok").replace("127.0.0.1", "watch.example")
        with pytest.raises(NotifierRefused):
            asyncio.run(Ping(address, lambda _host, _port: ["127.0.0.1", "169.254.169.254"]).ping())
        assert there.asked == []


def test_a_ping_that_cannot_be_sent_says_so_without_the_address() -> None:
    secret = f"http://127.0.0.1:{free_port()}/a-secret"
    with pytest.raises(NotifierUnavailable) as told:
        asyncio.run(Ping(secret).ping())
    assert "secret" not in f"{told.value}{Ping(secret)!r}"
    with pytest.raises(NotifierRefused):
        asyncio.run(Ping("http://169.254.169.254/latest").ping())

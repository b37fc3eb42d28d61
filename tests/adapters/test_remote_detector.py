"""The remote detector against a real loopback server that keeps its word, and one that does not."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from doorstep.clock import SystemClock
from doorstep.core.detection import Detection, Label
from doorstep.core.errors import ConfigInvalid, DetectorUnavailable
from doorstep.core.remote_use import Outcome, RemoteCall, RemoteUse
from doorstep.ports import Frame
from doorstep.vision.remote import RemoteDetector, RemoteSettings, to_nobody
from doorstep.vision.remote_address import parsed, reached_at
from doorstep.vision.remote_fallback import FallbackDetector
from doorstep.vision.remote_purse import FILE_NAME, Purse
from fakes.remote_detector import BAD_BODIES, NOBODY, PERSON_THERE, SOMEBODY, BrightnessDetector, remote_detector

TOKEN = "a-token-that-nobody-reads"
FREE = Purse(Path("/nonexistent"), 0.0, 0.0)


@contextmanager
def detector_at(address: str, purse: Purse = FREE, answer_seconds: float = 30.0) -> Iterator[RemoteDetector]:
    settings = RemoteSettings(f"{address}/detect?key=secret-key", answer_seconds=answer_seconds, token=TOKEN)
    detector = RemoteDetector(settings, purse, SystemClock())
    try:
        yield detector
    finally:
        detector.close()


def test_it_finds_whom_the_remote_finds_over_one_connection_and_says_what_was_sent() -> None:
    calls: list[RemoteCall] = []
    with remote_detector() as remote, detector_at(remote.address) as detector:
        assert detector.look(SOMEBODY, 0.3, calls.append) == [PERSON_THERE]
        assert detector.look(SOMEBODY, 0.95, calls.append) == []
        assert detector.look(NOBODY, 0.3, calls.append) == []
        assert detector.name == "far-model at 127.0.0.1"
        assert remote.connections == 1
        assert remote.asked[0] == "/detect?key=secret-key&least=0.300"
        assert remote.headers[0]["Authorization"] == f"Bearer {TOKEN}"
    assert [call.outcome for call in calls] == [Outcome.ANSWERED] * 3
    assert calls[0].sent_bytes == len(SOMEBODY.jpeg(640, 640, 85))


@pytest.mark.parametrize("mode", [*BAD_BODIES, "500", "429", "redirect", "drop"])
def test_whatever_else_it_answers_is_one_plain_sentence_without_secrets(mode: str) -> None:
    with remote_detector(mode) as remote, detector_at(remote.address) as detector, capture_logs() as lines:
        with pytest.raises(DetectorUnavailable) as caught:
            detector.detect(SOMEBODY, 0.3)
        assert not any("elsewhere" in path for path in remote.asked)
        told = f"{caught.value} {lines} {caught.value.__cause__}"
        assert TOKEN not in told
        assert "secret" not in told
        assert str(caught.value).startswith("The remote detector at 127.0.0.1 ")


@pytest.mark.parametrize("mode", ["hang", "drip", "late"])
def test_who_hangs_or_drips_or_comes_late_is_given_up_in_time_and_lets_its_threads_go(mode: str) -> None:
    with remote_detector(mode) as remote, detector_at(remote.address, answer_seconds=0.3) as detector:
        began = time.monotonic()
        for _ in range(2):
            with pytest.raises(DetectorUnavailable, match="in time"):
                detector.detect(SOMEBODY, 0.3)
        assert time.monotonic() - began < 6.0
        until = time.monotonic() + 10.0
        while detector._lines.qsize() < 4 and time.monotonic() < until:
            remote.over.wait(0.01)
        assert detector._lines.qsize() == 4


def test_a_remote_that_fails_is_not_asked_at_every_look() -> None:
    with remote_detector("500") as remote, detector_at(remote.address) as detector:
        for _ in range(20):
            with pytest.raises(DetectorUnavailable, match="in trouble") as caught:
                detector.detect(SOMEBODY, 0.3)
        assert len(remote.asked) == 2
    assert "asked again in a while" in str(caught.value)


def test_a_dropped_connection_is_tried_once_more_and_both_are_paid(tmp_path: Path) -> None:
    calls: list[RemoteCall] = []
    purse = Purse(tmp_path, 1.0, 0.25)
    with remote_detector("drop") as remote, detector_at(remote.address, purse) as detector:
        with pytest.raises(DetectorUnavailable):
            detector.look(SOMEBODY, 0.3, calls.append)
        assert len(remote.asked) == 2
    assert sum(call.cost_usd for call in calls) == 0.5


def test_an_answer_is_not_unpacked_whatever_it_would_be() -> None:
    with remote_detector("packed") as remote, detector_at(remote.address) as detector:
        with pytest.raises(DetectorUnavailable, match="no detector's answer"):
            detector.detect(SOMEBODY, 0.3)
        assert remote.headers[0]["Accept-Encoding"] == "identity"


def test_the_cap_holds_over_restarts(tmp_path: Path) -> None:
    with remote_detector() as remote:
        for _ in range(2):
            with detector_at(remote.address, purse=Purse(tmp_path, 1.0, 0.25)) as detector:
                for _ in range(3):
                    try:
                        detector.detect(SOMEBODY, 0.3)
                    except DetectorUnavailable as error:
                        assert "is spent" in str(error)  # noqa: PT017 - only some raise
        assert len(remote.asked) <= 4


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"month": 1, "billionths_of_usd": "x"}', b"\xff"])
def test_a_purse_that_cannot_be_read_pays_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    purse = Purse(tmp_path, 1.0, 0.25)
    assert not purse.affords(SystemClock().now())
    assert not purse.pay(SystemClock().now())
    assert FILE_NAME in purse.words


def test_a_purse_that_cannot_be_written_pays_nothing(tmp_path: Path) -> None:
    assert not Purse(tmp_path / "gone", 1.0, 0.25).pay(SystemClock().now())


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "fd00:ec2::254",
        "64:ff9b::a9fe:a9fe",
        "fe80::1",
        "fe80::1%eth0",
        "0.0.0.0",  # noqa: S104 - it must be refused
        "224.0.0.1",
        "100.100.100.200",
    ],
)
def test_no_picture_or_token_goes_to_a_metadata_address(address: str) -> None:
    with pytest.raises(DetectorUnavailable, match="credentials"):
        reached_at(parsed("http://innocent.example/"), lambda _host, _port: ["192.0.2.1", address])


@pytest.mark.parametrize("address", ["127.0.0.1", "192.168.1.5", "10.0.0.1", "::1", "fd12::1"])
def test_the_owner_may_name_an_address_at_home(address: str) -> None:
    assert reached_at(parsed("http://home.example/"), lambda _host, _port: [address]) == [address]


@pytest.mark.parametrize(
    "endpoint", ["", "file:///etc/passwd", "http://", "http://me:secret@host/", "ftp://h/", "http://h:99999/"]
)
def test_an_address_that_is_none_is_refused_without_quoting_it(endpoint: str) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        parsed(endpoint)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("mode", ["500", "html", "drop"])
def test_the_local_model_looks_every_time_the_remote_does_not(mode: str) -> None:
    local = BrightnessDetector()
    with remote_detector() as remote, detector_at(remote.address) as far:
        both = FallbackDetector(far, lambda: local)
        assert both.look(SOMEBODY, 0.3, to_nobody).where == "remote"
        remote.mode = mode
        assert [both.look(SOMEBODY, 0.3, to_nobody).where for _ in range(5)] == ["local"] * 5
        assert both.trouble is not None
    assert local.looks == 5


def test_while_no_local_model_is_there_a_failing_remote_is_said() -> None:
    with remote_detector("500") as remote, detector_at(remote.address) as far, pytest.raises(DetectorUnavailable):
        FallbackDetector(far, lambda: None).detect(SOMEBODY, 0.3)


@pytest.mark.parametrize(("score", "asked"), [(0.9, 0), (0.4, 1), (0.25, 1), (0.1, 0)])
def test_a_second_opinion_is_asked_of_doubtful_looks_alone(score: float, asked: int) -> None:
    with remote_detector() as remote, detector_at(remote.address) as far:
        both = FallbackDetector(far, lambda: BrightnessDetector(score), RemoteUse.SECOND_OPINION)
        both.detect(SOMEBODY, 0.22)
        assert len(remote.asked) == asked


def test_the_file_of_the_model_is_told_where_this_machine_looks_first() -> None:
    class OfFile(BrightnessDetector):
        sha256 = "ab" * 32
        input = "416x416"

    with remote_detector() as remote, detector_at(remote.address) as far:
        doubtful = FallbackDetector(far, lambda: OfFile(0.4), RemoteUse.SECOND_OPINION)
        every = FallbackDetector(far, lambda: OfFile(0.4), RemoteUse.EVERY_LOOK)
        assert (doubtful.sha256, doubtful.input) == (OfFile.sha256, "416x416")
        assert (every.sha256, every.input) == ("", "")


def test_a_second_opinion_on_persons_keeps_what_the_local_model_alone_knows() -> None:
    class DogToo(BrightnessDetector):
        def detect(self, frame: Frame, least: float) -> Sequence[Detection]:
            return [*super().detect(frame, least), Detection(Label.DOG, 0.7, PERSON_THERE.box)]

    with remote_detector() as remote, detector_at(remote.address) as far:
        both = FallbackDetector(far, lambda: DogToo(0.4), RemoteUse.SECOND_OPINION)
        found = both.detect(SOMEBODY, 0.22)
    assert [(one.label, one.score) for one in found] == [(Label.PERSON, 0.9), (Label.DOG, 0.7)]


def test_no_picture_goes_through_the_internet_in_the_clear() -> None:
    def elsewhere(_host: str, _port: int) -> list[str]:
        return ["8.8.8.8"]

    with pytest.raises(DetectorUnavailable, match="https://"):
        reached_at(parsed("http://detector.example/"), elsewhere)
    assert reached_at(parsed("https://detector.example/"), elsewhere) == ["8.8.8.8"]


def test_a_broken_local_model_leaves_the_second_opinion_as_the_first() -> None:
    local = BrightnessDetector()
    local.broken = True
    with remote_detector() as remote, detector_at(remote.address) as far:
        both = FallbackDetector(far, lambda: local, RemoteUse.SECOND_OPINION)
        assert both.look(SOMEBODY, 0.22, to_nobody).where == "remote"


def test_a_remote_that_was_killed_leaves_the_looks_to_the_local_model() -> None:
    local = BrightnessDetector()
    with remote_detector() as remote:
        address = remote.address
    with detector_at(address) as far:
        assert FallbackDetector(far, lambda: local).look(SOMEBODY, 0.3, to_nobody).where == "local"

"""The spoilt wire of the campaign before a real server, and how that counts; the campaign itself takes minutes."""

from collections import Counter
from pathlib import Path
from random import Random

from doorstep.core.errors import DetectorUnavailable
from doorstep.vision.remote import RemoteDetector, RemoteSettings
from doorstep.vision.remote_purse import Purse
from fakes.clock import FakeClock
from fakes.remote_detector import PERSON_THERE, SOMEBODY, Remote, remote_detector
from faults.remote_visits import Wire, figures_of
from faults.visits import Score, Told


def wire_to(remote: Remote) -> Wire:
    wire = Wire(int(remote.address.rpartition(":")[2]), Random(6))
    wire.begin()
    return wire


def test_whatever_bytes_come_back_are_an_answer_or_no_detector() -> None:
    clock, refused = FakeClock(), 0
    with remote_detector() as remote:
        wire = wire_to(remote)
        where = RemoteSettings(f"http://127.0.0.1:{wire.port}", answer_seconds=0.2)
        detector = RemoteDetector(where, Purse(Path("/nonexistent"), 0.0, 0.0), clock)
        wire.corrupt = True
        for _ in range(30):
            clock.advance(100.0)
            try:
                detector.detect(SOMEBODY, 0.3)
            except DetectorUnavailable:
                refused += 1
        assert refused >= 25
        wire.corrupt = False
        detector.close()
        again = RemoteDetector(RemoteSettings(where.endpoint, answer_seconds=20.0), Purse(Path("/x"), 0.0, 0.0), clock)
        assert again.detect(SOMEBODY, 0.3) == [PERSON_THERE]
        again.close()


def test_lost_visits_and_the_delay_of_the_others_are_counted() -> None:
    told = tuple((Told(0.1, 0.1 + number / 100),) for number in range(100))
    figures = figures_of([Score((*told, ()), (Told(1.0, 1.0),))], Counter(kill=2), Counter(answered=7))
    assert (figures["visits"], figures["lost"], figures["false"]) == (101, 1, 1)
    assert figures["decided_s"] == {"median": 0.6, "p95": 1.05, "worst": 1.09}

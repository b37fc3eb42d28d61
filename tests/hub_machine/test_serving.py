"""`serve`: tells how the hub is, answers at once, and ends who is silent, says nonsense or was revoked."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.hub_status import LONGEST_LINE, question_line, read_status
from doorstep.hub_machine import serving
from doorstep.hub_machine.hub_clock import MachineClock
from doorstep.hub_machine.line_reader import MOST_LINES_AT_ONCE, LineReader, LineTooLong
from doorstep.hub_machine.own_verbs import seen_from
from doorstep.hub_machine.pair_in import read_request
from doorstep.hub_machine.reach import Reach
from doorstep.hub_machine.reach_watch import ReachWatch
from fakes.hub_clock import SetClock

LONG = 30.0


@dataclass
class Session:
    """A `serve` in a thread, and the box's two ends of it."""

    to_hub: int
    from_hub: int
    known: list[bool] = field(default_factory=lambda: [True])
    reach: list[Reach] = field(default_factory=lambda: [Reach(True, "", 5, 9)])
    over: list[str] = field(default_factory=list)
    rest: bytes = b""

    def say(self, line: bytes) -> None:
        os.write(self.to_hub, line)

    def line(self) -> Any:
        while b"\n" not in self.rest:
            chunk = os.read(self.from_hub, 65536)
            if not chunk:
                return None
            self.rest += chunk
        line, _, self.rest = self.rest.partition(b"\n")
        return json.loads(line)

    def until(self, name: str, value: object) -> Any:
        while (line := self.line()) is not None:
            if line[name] == value:
                return line
        raise AssertionError(self.over)


@contextmanager
def session() -> Iterator[Session]:
    hub_in, box_out = os.pipe()
    box_in, hub_out = os.pipe()
    held = Session(box_out, box_in)
    served = serving.ServedBox("203.0.113.5", lambda: 7, lambda: held.known[0])
    watch = ReachWatch(lambda: held.reach[0])
    made = serving.Serving(served, watch, MachineClock(), (hub_in, hub_out))

    def run() -> None:
        held.over.append(made.run())
        os.close(hub_out)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield held
    finally:
        with suppress(OSError):
            os.close(box_out)
        held.known[0] = False
        thread.join(LONG)
        assert not thread.is_alive()
        for end in (box_in, hub_in):
            os.close(end)


def test_it_tells_at_once_and_again_when_it_knows_whether_the_box_is_reached() -> None:
    with session() as held:
        first = held.line()
        assert (first["v"], first["seen_from"], first["bytes_month"], first["echo"]) == (1, "203.0.113.5", 7, None)
        told = held.until("reached", True)
        assert (told["certificate_begins"], told["certificate_ends"]) == (5, 9)
        held.say(question_line(41))
        assert held.until("echo", 41)["reached"] is True
    assert held.over == ["The box closed the session."]


def test_it_goes_on_telling_without_being_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "TOLD_EVERY_SECONDS", 0.05)
    with session() as held:
        for _ in range(5):
            assert read_status(json.dumps(held.line()).encode()).echo is None


def test_a_silent_box_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "BOX_SILENT_AFTER_SECONDS", 0.3)
    with session() as held:
        while held.line() is not None:
            pass
        assert held.over == ["The box is silent."]


def test_half_a_line_is_silence_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "BOX_SILENT_AFTER_SECONDS", 0.3)
    with session() as held:
        held.say(b'{"n":')
        while held.line() is not None:
            pass
        assert held.over == ["The box is silent."]


def test_a_revoked_box_is_ended_at_the_next_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "TOLD_EVERY_SECONDS", 0.05)
    with session() as held:
        held.line()
        held.known[0] = False
        while held.line() is not None:
            pass
        assert held.over == ["The box was revoked."]


@pytest.mark.parametrize(
    ("nonsense", "words"),
    [
        (b"hello\n", "The box sent what no box sends."),
        (b'{"n":"1"}\n', "The box sent what no box sends."),
        (b'{"n":-1}\n', "The box sent what no box sends."),
        (b"[" * 4000 + b"\n", "The box sent what no box sends."),
        (b"\xff\xfe\n", "The box sent what no box sends."),
        (b"x" * (LONGEST_LINE + 1), "The box sent what is no line."),
    ],
)
def test_nonsense_ends_the_session_and_nothing_else(nonsense: bytes, words: str) -> None:
    with session() as held:
        held.say(nonsense)
        while held.line() is not None:
            pass
        assert held.over == [words]


def test_a_storm_of_questions_is_answered_a_few_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "_CHUNK", 256)
    with session() as held:
        held.say(b"".join(question_line(number) for number in range(1000)))
        assert held.until("echo", 0)
        assert held.until("echo", serving.ANSWERS_A_SECOND - 1)
        assert not held.over


def test_a_box_that_reads_nothing_ends_itself_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "TOLD_EVERY_SECONDS", 0.0)
    monkeypatch.setattr(serving, "_MOST_UNSENT", 500)
    with session() as held:
        for _ in range(300):
            if held.over:
                break
            threading.Event().wait(0.1)
        assert held.over == ["The box is gone."]


@given(st.lists(st.binary(max_size=60)), st.integers(1, 70))
def test_lines_come_out_whole_however_they_were_cut(lines: list[bytes], size: int) -> None:
    sent = [line.replace(b"\n", b"") for line in lines]
    stream = b"".join(line + b"\n" for line in sent)
    reader, found = LineReader(), []
    for start in range(0, len(stream), size):
        found += list(reader.fed(stream[start : start + size]))
    assert found == sent


def test_lines_are_bounded_in_length_and_number() -> None:
    assert len(list(LineReader().fed(b"a\n" * 1000))) == MOST_LINES_AT_ONCE
    reader = LineReader()
    assert list(reader.fed(b"x" * LONGEST_LINE)) == []
    with pytest.raises(LineTooLong):
        list(reader.fed(b"x"))


@pytest.mark.parametrize(
    ("connection", "address"),
    [
        ("203.0.113.5 40000 45.10.1.2 2222", "203.0.113.5"),
        ("::ffff:203.0.113.5 40000 45.10.1.2 2222", "203.0.113.5"),
        ("2001:db8::7 1 2001:db8::8 2222", "2001:db8::7"),
        ("fe80::1%eth0 1 fe80::2 2222", "fe80::1"),
        ("", ""),
        ("$(id) 1", ""),
    ],
)
def test_where_a_box_comes_from_is_an_address_or_nothing(connection: str, address: str) -> None:
    assert seen_from(connection) == address


@pytest.mark.parametrize(("sent", "line"), [(b"one\ntwo\n", b"one"), (b"one", b"one"), (b"", b"")])
def test_the_code_s_verb_takes_one_line(sent: bytes, line: bytes) -> None:
    reading, writing = os.pipe()
    os.write(writing, sent)
    os.close(writing)
    assert read_request(reading, MachineClock()) == line
    os.close(reading)


def test_the_code_s_verb_waits_for_nobody_and_reads_no_more_than_a_line() -> None:
    class Late(SetClock):
        def monotonic(self) -> float:
            self.up += 20
            return self.up

    reading, writing = os.pipe()
    assert read_request(reading, Late()) == b""
    os.write(writing, b"x" * 60000)
    assert len(read_request(reading, MachineClock())) <= 2 * LONGEST_LINE
    os.close(writing)
    os.close(reading)

"""The words between Doorstep and its children: what goes in comes out, and garbage is refused, never believed."""

import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.errors import MediaInvalid, SourceEnded, SourceLost, SourceRefused
from doorstep.core.media import AudioFormat, AudioPacket, Codec, Packet, StreamItem, VideoFormat
from doorstep.core.settings import Transport
from doorstep.sources.pulse import Pulse, Verdict, VitalSigns
from doorstep.sources.records import (
    Kind,
    ReaderBug,
    RecordBuffer,
    end_of,
    end_record,
    item_of,
    item_record,
    picture_of,
    record,
)
from doorstep.sources.source_spec import SourceSpec, allowance_of, spec_from_json
from doorstep.sources.stream_order import StreamOrder
from doorstep.sources.syscall_filter import filter_program

TICKS = st.integers(-(2**59), 2**59)
LENGTHS = st.integers(1, 2**31)
ARRIVALS = st.floats(0, 1e9)
PACKETS = st.builds(Packet, st.binary(min_size=1, max_size=200_000), TICKS, TICKS, LENGTHS, st.booleans(), ARRIVALS)
SOUNDS = st.builds(AudioPacket, st.binary(max_size=2000), TICKS, LENGTHS, ARRIVALS)
AUDIO_FORMATS = st.builds(AudioFormat, st.integers(1, 96_000), st.integers(1, 8), st.binary(min_size=1, max_size=20))
FORMATS = st.builds(
    VideoFormat,
    st.sampled_from(Codec),
    st.integers(1, 16384),
    st.integers(1, 16384),
    st.integers(1, 10_000_000),
    st.binary(min_size=1, max_size=3000),
    st.none() | AUDIO_FORMATS,
)
FORMAT = VideoFormat(Codec.H264, 64, 48, 1000, b"record")


def received(stream: bytes, pieces: list[int]) -> list[tuple[Kind, bytes]]:
    """Fed in pieces of these sizes, over and over."""
    buffer, found, at, turn = RecordBuffer(), [], 0, 0
    while at < len(stream):
        room = buffer.room()
        size = min(len(room), len(stream) - at, pieces[turn % len(pieces)])
        room[:size] = stream[at : at + size]
        buffer.filled(size)
        found += [(kind, bytes(payload)) for kind, payload in buffer.records()]
        at, turn = at + size, turn + 1
    return found


@given(st.lists(PACKETS | SOUNDS | FORMATS, max_size=8), st.lists(st.integers(1, 100_000), min_size=1, max_size=5))
def test_items_arrive_as_they_were_sent_however_they_are_cut(items: list[StreamItem], pieces: list[int]) -> None:
    pieces = [max(size, 500) for size in pieces]
    found = received(b"".join(b"".join(item_record(item)) for item in items), pieces)
    assert [item_of(kind, memoryview(payload)) for kind, payload in found] == items


@given(st.binary(max_size=400))
def test_garbage_is_refused_or_waited_for(garbage: bytes) -> None:
    try:
        for kind, payload in received(garbage, [64]):
            match kind:
                case Kind.PICTURE:
                    picture_of(memoryview(payload))
                case Kind.END:
                    end_of(memoryview(payload))
                case _:
                    item_of(kind, memoryview(payload))
    except MediaInvalid:
        pass


@given(st.sampled_from([Kind.FORMAT, Kind.PACKET, Kind.AUDIO, Kind.PICTURE]), st.binary(max_size=120))
def test_a_payload_of_garbage_is_a_valid_item_or_refused(kind: Kind, payload: bytes) -> None:
    try:
        if kind is Kind.PICTURE:
            shape = picture_of(memoryview(payload)).shape
            assert 0 < shape.bytes < 2**28
            return
        item = item_of(kind, memoryview(payload))
    except MediaInvalid:
        return
    assert b"".join(item_record(item))[5:] is not None


@pytest.mark.parametrize("kind", [*Kind, 0, 200])
def test_memory_is_not_taken_for_what_claims_to_be_giant(kind: int) -> None:
    buffer = RecordBuffer()
    head = struct.pack("<BI", kind, 2**32 - 1)
    buffer.room()[: len(head)] = head
    buffer.filled(len(head))
    with pytest.raises(MediaInvalid):
        buffer.room()


def test_a_large_record_gives_its_memory_back() -> None:
    large = b"".join(item_record(Packet(bytes(2**20), 0, 0, 1, key=True, arrived=0.0)))
    small = record(Kind.PONG, b"")
    buffer = RecordBuffer()
    for stream in (large, small):
        at = 0
        while at < len(stream):
            room = buffer.room()
            size = min(len(room), len(stream) - at)
            room[:size] = stream[at : at + size]
            buffer.filled(size)
            at += size
            list(buffer.records())
    assert len(buffer.room()) <= 64 * 2**10


@pytest.mark.parametrize("end", [SourceLost("gone."), SourceRefused("no."), SourceEnded("over.")])
def test_ends_keep_kind_and_words(end: SourceLost) -> None:
    back = end_of(memoryview(end_record(end))[5:])
    assert (type(back), str(back)) == (type(end), str(end))


def test_a_childs_words_are_short_and_printable() -> None:
    back = end_of(memoryview(b"L" + b"\x1b[2J<b>\xff" * 500))
    assert isinstance(back, SourceLost)
    assert str(back).isprintable()
    assert len(str(back)) <= 300
    bug = end_of(memoryview(end_record(ReaderBug("one\ntwo\x1b")))[5:])
    assert bug == ReaderBug("one\ntwo ")


@given(st.floats())
def test_a_time_of_arrival_is_plausible_or_now(arrived: float) -> None:
    order = StreamOrder()
    order.check(FORMAT, 1000.0)
    item = order.check(Packet(b"x", 0, 0, 1, key=True, arrived=arrived), 1000.0)
    assert isinstance(item, Packet)
    assert 995.0 <= item.arrived <= 1000.0


def test_promises_of_the_port_are_checked() -> None:
    first = Packet(b"x", 0, 0, 1, key=True, arrived=0.0)
    broken: list[list[StreamItem]] = [
        [first],
        [FORMAT, replace(first, key=False)],
        [FORMAT, first, first],
        [FORMAT, AudioPacket(b"", 0, 1, 0.0)],
    ]
    for items in broken:
        order = StreamOrder()
        for item in items[:-1]:
            order.check(item, 0.0)
        with pytest.raises(MediaInvalid):
            order.check(items[-1], 0.0)


def test_a_spec_survives_the_way_to_a_child_and_hides_its_password() -> None:
    spec = SourceSpec(
        "rtsp://me:secret@camera.local/one",
        transport=Transport.UDP,
        audio=True,
        masks=(((0.0, 0.0), (1.0, 0.0), (1.0, 0.5)),),
        rotation=90,
        reencode=True,
    )
    assert spec_from_json(spec.to_json()) == spec
    assert "secret" not in repr(spec)
    with pytest.raises(MediaInvalid):
        spec_from_json(b"[1]")


def test_a_child_may_call_its_camera_and_nobody_else() -> None:
    assert allowance_of(SourceSpec("rtsp://camera:8554/one")).tcp_ports == frozenset({8554})
    assert allowance_of(SourceSpec("rtmps://server/live/one")).tcp_ports == frozenset({443})
    assert allowance_of(SourceSpec("http://camera:8081/mjpg")).tcp_ports == frozenset({80, 443, 8081})
    assert not allowance_of(SourceSpec("rtsp://camera/one")).local_sockets
    assert allowance_of(SourceSpec("rtsp://camera.local/one")).local_sockets
    assert allowance_of(SourceSpec("", look_only=True)).tcp_ports == frozenset()


def test_a_child_that_waits_for_its_camera_is_let_wait() -> None:
    pulse = Pulse(0.0)
    pulse.heard(0.0)
    now, sleeps = 0.0, 0
    while now < 120:
        now, sleeps = now + 0.2, sleeps + 2
        if pulse.silent(now) is Verdict.PING:
            assert pulse.answered(VitalSigns(0.001 * now, sleeps), now + 0.01) is Verdict.WAIT


@pytest.mark.parametrize(
    ("busy", "sleeps", "answers"),
    [(1.0, 0.0, True), (0.0, 0.0, True), (0.0, 0.0, False)],
    ids=["spin", "still", "mute"],
)
def test_a_child_that_hangs_is_found_before_ten_seconds(busy: float, sleeps: float, *, answers: bool) -> None:
    pulse = Pulse(0.0)
    pulse.heard(0.0)
    now = 0.0
    while now < 10:
        now += 0.2
        verdict = pulse.silent(now)
        if verdict is Verdict.PING and answers:
            verdict = pulse.answered(VitalSigns(busy * now, round(sleeps * now)), now)
        if verdict is Verdict.HANGS:
            return
    raise AssertionError


def test_looking_up_a_name_is_no_hanging_as_long_as_nothing_came() -> None:
    pulse = Pulse(0.0)
    now = 0.0
    while now < 60:
        now += 0.2
        if pulse.silent(now) is Verdict.PING:
            assert pulse.answered(VitalSigns(0.0, 0), now) is Verdict.WAIT


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_of_system_calls_is_well_formed(machine: str) -> None:
    code = filter_program(machine, 4711, local_sockets=False)
    instructions = list(struct.iter_unpack("=HBBI", code))
    assert len(instructions) < 4096  # BPF_MAXINSNS
    for place, (operation, yes, no, _) in enumerate(instructions):
        jumps = (yes, no) if operation & 0x07 == 0x05 else (0,)
        assert all(place + 1 + jump < len(instructions) for jump in jumps) or operation == 0x06
    assert instructions[-1] == (0x06, 0, 0, 0x7FFF0000)
    assert filter_program("riscv64", 1, local_sockets=False) == b""

"""Chunks: whatever is cut comes back whole, however it was cut and however it arrives."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.rtmp.chunk_reader import ChunkReader
from doorstep.rtmp.chunk_writer import ChunkWriter
from doorstep.rtmp.errors import RtmpInvalid
from doorstep.rtmp.limits import KNOWN, ReadLimits
from doorstep.rtmp.message import Kind, Message
from fakes.rtmp_chunks import FreeWriter, Part

KINDS = st.sampled_from([Kind.AUDIO, Kind.VIDEO, Kind.AMF0_COMMAND, Kind.AMF0_NOTICE])
TIMES = st.one_of(
    st.integers(0, 2**32 - 1), st.integers(0, 5000), st.sampled_from([0xFFFFFE, 0xFFFFFF, 0x1000000, 2**32 - 1])
)
# Long runs of one byte look like headers: the reader must not take them for such.
PAYLOADS = st.one_of(
    st.binary(max_size=700),
    st.builds(lambda byte, count: bytes([byte]) * count, st.sampled_from([0, 0xC4, 0xC6, 255]), st.integers(0, 3000)),
)
MESSAGES = st.builds(Message, KINDS, TIMES, st.integers(0, 3), PAYLOADS)
CUTS = st.lists(st.integers(1, 4000), max_size=30)


def reader(limits: ReadLimits = KNOWN) -> ChunkReader:
    made = ChunkReader()
    made.limits = limits
    return made


def arrive(wire: bytes, cuts: Sequence[int], into: ChunkReader | None = None) -> list[Message]:
    """In pieces of these sizes, over and over, and the rest at once."""
    into = into or reader()
    ends = [0]
    for cut in cuts:
        ends.append(min(len(wire), ends[-1] + cut))
    ends.append(len(wire))
    return [message for begin, end in pairwise(ends) for message in into.read(memoryview(wire)[begin:end])]


@given(st.lists(st.tuples(st.sampled_from([3, 4, 6, 63]), MESSAGES), max_size=8), st.integers(1, 5000), CUTS)
def test_what_is_written_is_read(sent: list[tuple[int, Message]], size: int, cuts: list[int]) -> None:
    writer = ChunkWriter()
    wire = writer.set_chunk_size(size) + b"".join(writer.write(number, message) for number, message in sent)
    assert arrive(wire, cuts) == [message for _, message in sent]


@given(st.data())
def test_every_way_to_cut_and_interleave_is_read(data: st.DataObject) -> None:
    writer = FreeWriter(lambda below: data.draw(st.integers(0, below - 1)))
    wire = b""
    sent: list[Message] = []
    for _ in range(data.draw(st.integers(1, 4))):
        wire += writer.set_size(data.draw(st.integers(1, 2000)))
        numbers = data.draw(st.lists(st.sampled_from([3, 4, 6, 63, 64, 319, 320, 65599]), unique=True, max_size=4))
        messages = [data.draw(MESSAGES) for _ in numbers]
        parts = [Part(number, message) for number, message in zip(numbers, messages, strict=True)]
        wire += writer.interleaved(parts)
        sent += messages
    got = arrive(wire, data.draw(CUTS))

    def order(message: Message) -> tuple[int, int, int, bytes]:
        return message.kind, message.timestamp, message.stream, message.payload

    assert sorted(got, key=order) == sorted(sent, key=order)


@pytest.mark.parametrize("size", [1, 127, 128, 4096, 65536])
def test_a_byte_at_a_time_gives_the_same(size: int) -> None:
    writer = ChunkWriter()
    wire = writer.set_chunk_size(size)
    sent = [Message(Kind.VIDEO, time, 1, bytes([0xC6]) * 1000) for time in (0, 40, 0xFFFFFF0, 5)]
    wire += b"".join(writer.write(6, message) for message in sent)
    assert arrive(wire, [1] * len(wire)) == arrive(wire, []) == sent


def test_a_step_that_is_left_out_is_the_last_one() -> None:
    first = b"\x06\x00\x00\x28\x00\x00\x01\x09\x01\x00\x00\x00a"  # format 0 at 40
    assert [message.timestamp for message in reader().read(first + b"\xc6b" + b"\xc6c")] == [40, 80, 120]


def test_extended_times_need_not_be_repeated() -> None:
    begin = b"\x06\xff\xff\xff\x00\x00\x82\x09\x01\x00\x00\x00\x01\x00\x00\x00" + bytes(128)
    repeated, left_out = begin + b"\xc6\x01\x00\x00\x00ab", begin + b"\xc6abcdef"
    assert reader().read(repeated)[0].payload[-2:] == b"ab"
    assert reader().read(left_out)[0].payload[-2:] == b"ab"


def test_an_aborted_message_is_forgotten() -> None:
    begun = b"\x06\x00\x00\x00\x00\x01\x00\x09\x01\x00\x00\x00" + bytes(128)
    abort = b"\x02\x00\x00\x00\x00\x00\x04\x02\x00\x00\x00\x00\x00\x00\x00\x06"
    whole = b"\x06\x00\x00\x00\x00\x00\x01\x09\x01\x00\x00\x00x"
    assert [message.payload for message in reader().read(begun + abort + whole)] == [b"x"]


@pytest.mark.parametrize(
    "wire",
    [
        b"\xc6",
        b"\x86\x00\x00\x00",
        b"\x06\x00\x00\x00\xff\xff\xff\x09\x01\x00\x00\x00",
        b"\x06\x00\x00\x00\x00\x01\x00\x09\x01\x00\x00\x00" + bytes(128) + b"\x06" + bytes(11),
        b"\x02\x00\x00\x00\x00\x00\x04\x01\x00\x00\x00\x00\x00\x00\x00\x00",
        b"\x02\x00\x00\x00\x00\x00\x02\x01\x00\x00\x00\x00\x00\x01",
        b"".join(bytes([0, number]) + bytes(11) for number in range(65)),
    ],
    ids=["goes on", "a step alone", "too large", "in another", "no chunk size", "half a chunk size", "too many"],
)
def test_what_breaks_the_rules_is_said(wire: bytes) -> None:
    with pytest.raises(RtmpInvalid):
        reader().read(wire)


def test_unfinished_messages_are_bounded_together() -> None:
    writer = FreeWriter(lambda _below: 0)
    bounded = reader(ReadLimits(message=4000, unfinished=10_000))
    bounded.read(writer.set_size(3999))
    begun = b"".join(writer.first(Part(number, Message(Kind.VIDEO, 0, 1, bytes(4000)))) for number in range(3, 63))
    with pytest.raises(RtmpInvalid, match="unfinished"):
        bounded.read(begun)
    assert sum(len(stream.body) for stream in bounded._streams.values()) <= 10_000 + 4000


@given(st.binary(max_size=400), CUTS)
def test_random_bytes_raise_nothing_else(wire: bytes, cuts: list[int]) -> None:
    try:
        arrive(wire, cuts)
    except RtmpInvalid:
        return

"""What waits for its way out: nothing lost without need, nothing twice in one connection, never more than allowed."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from doorstep.core.media import AudioPacket, Codec, Packet, VideoFormat
from doorstep.core.outage_buffer import OVERHEAD, Held, OutageBuffer

FORMAT = VideoFormat(Codec.H264, 640, 480, 1000, b"\x01")
OTHER = VideoFormat(Codec.H264, 1280, 720, 1000, b"\x02")


def picture(number: int, *, key: bool = False, size: int = 10) -> Packet:
    return Packet(bytes(size), number, number, 1, key, 0.0)


def filled(buffer: OutageBuffer, gops: int, pictures: int = 5, *, size: int = 10, first: float = 0.0) -> OutageBuffer:
    for index in range(gops * pictures):
        buffer.put(FORMAT, picture(index, key=index % pictures == 0, size=size), index, first + index / pictures)
    return buffer


def taken(buffer: OutageBuffer, at: float = 0.0) -> list[Held]:
    held = []
    while (item := buffer.take(at)) is not None:
        held.append(item)
    return held


def test_what_was_put_is_taken_once_and_in_order() -> None:
    buffer = filled(OutageBuffer(), 3)
    assert [held.time for held in taken(buffer)] == list(range(15))
    assert taken(buffer) == []


def test_nothing_is_kept_before_the_first_key_frame() -> None:
    buffer = OutageBuffer()
    buffer.put(FORMAT, picture(0), 0, 0.0)
    buffer.put(FORMAT, AudioPacket(b"sound", 0, 1, 0.0), 0, 0.0)
    assert buffer.take(0.0) is None
    assert buffer.given_up == 0


def test_after_a_loss_it_begins_with_the_key_frame_of_the_gop_that_did_not_arrive() -> None:
    buffer = filled(OutageBuffer(), 3)
    taken(buffer)
    buffer.delivered(6)
    buffer.rewind()
    again = taken(buffer)
    assert again[0].number == 5
    assert isinstance(again[0].packet, Packet)
    assert again[0].packet.key
    assert [held.number for held in again] == list(range(5, 15))


def test_the_newest_gop_stays_though_it_arrived_for_what_follows_needs_it() -> None:
    buffer = filled(OutageBuffer(), 1)
    taken(buffer)
    buffer.delivered(4)
    buffer.rewind()
    assert [held.number for held in taken(buffer)] == [0, 1, 2, 3, 4]


def test_too_many_bytes_cost_the_oldest_gop() -> None:
    gop = 5 * (1000 + OVERHEAD)
    buffer = filled(OutageBuffer(most_bytes=2 * gop), 4, size=1000)
    assert buffer.bytes == 2 * gop
    assert [held.number for held in taken(buffer)] == list(range(10, 20))
    assert buffer.given_up == 10


def test_what_is_older_than_a_minute_is_not_sent() -> None:
    buffer = filled(OutageBuffer(longest_seconds=60.0), 100)
    assert taken(buffer, 99.9)[0].at == 40.0
    assert buffer.given_up == 40 * 5


def test_a_gop_that_goes_while_it_is_sent_is_followed_by_a_key_frame() -> None:
    buffer = filled(OutageBuffer(longest_seconds=3.0), 3)
    assert [buffer.take(2.8) for _ in range(2)]
    following = buffer.take(4.5)
    assert following is not None
    assert isinstance(following.packet, Packet)
    assert following.packet.key
    assert buffer.given_up == 3


def test_a_gop_beyond_all_bounds_is_given_up_and_the_next_one_kept() -> None:
    buffer = OutageBuffer(most_bytes=10_000)
    for index in range(50):
        buffer.put(FORMAT, picture(index, key=index == 0, size=1000), index, 0.0)
    assert buffer.bytes == 0
    buffer.put(FORMAT, picture(50, key=True), 50, 0.0)
    assert [held.time for held in taken(buffer)] == [50]


def test_another_format_waits_for_its_key_frame() -> None:
    buffer = filled(OutageBuffer(), 1)
    buffer.put(OTHER, picture(5), 5, 1.0)
    buffer.put(OTHER, picture(6, key=True), 6, 1.0)
    assert [held.time for held in taken(buffer)] == [0, 1, 2, 3, 4, 6]


class Outages(RuleBasedStateMachine):
    """Any order of packets, sending, acknowledging and losses."""

    MOST, LONGEST = 20_000, 30.0

    def __init__(self) -> None:
        super().__init__()
        self.buffer = OutageBuffer(self.MOST, self.LONGEST)
        self.at = 0.0
        self.put: list[tuple[bool, float]] = []  # of the packets that may be kept
        self.connection: list[Held] = []

    @rule(key=st.booleans(), size=st.integers(1, 6000), passed=st.floats(0.0, 5.0))
    def camera_sends(self, key: bool, size: int, passed: float) -> None:
        self.at += passed
        self.buffer.put(FORMAT, picture(len(self.put), key=key, size=size), len(self.put), self.at)
        self.put.append((key, self.at))

    @rule(count=st.integers(1, 10))
    def net_carries(self, count: int) -> None:
        for _ in range(count):
            held = self.buffer.take(self.at)
            if held is None:
                return
            if not self.connection or held.number != self.connection[-1].number + 1:
                assert isinstance(held.packet, Packet)
                assert held.packet.key, "a jump or a beginning needs a key frame"
            if self.connection:
                assert held.number > self.connection[-1].number, "nothing twice in one connection"
            assert self.at - held.at <= 2 * self.LONGEST + 5
            self.connection.append(held)

    @precondition(lambda self: self.connection)
    @rule(share=st.floats(0.0, 1.0))
    def server_acknowledges(self, share: float) -> None:
        number = self.connection[int(share * (len(self.connection) - 1))].number
        self.buffer.delivered(number)

    @rule()
    def net_breaks(self) -> None:
        self.buffer.rewind()
        self.connection = []

    @invariant()
    def bounds_hold(self) -> None:
        assert 0 <= self.buffer.bytes <= self.MOST
        assert self.buffer.waiting >= 0


TestOutages = Outages.TestCase

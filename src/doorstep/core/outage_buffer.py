"""Video that waits for its way out: whole GOPs, bounded by bytes and by age.  Sending it is the shell's business."""

from collections import deque
from dataclasses import dataclass, field

from doorstep.core.media import AudioPacket, Packet, VideoFormat

MOST_BYTES = 32 * 2**20
LONGEST_SECONDS = 60.0
OVERHEAD = 400  # of the objects around a packet, measured roughly: small packets must not slip through the bound


@dataclass(frozen=True, slots=True)
class Held:
    """One packet on its way: `number` rises by one, `time` is the running decode time in milliseconds.

    `at` is the monotonic clock, in seconds, when it came in.
    """

    number: int
    format: VideoFormat
    packet: Packet | AudioPacket
    time: int
    at: float

    @property
    def size(self) -> int:
        """What it costs, in bytes."""
        return len(self.packet.data) + OVERHEAD


@dataclass(slots=True)
class _Gop:
    """A key frame and what came until the next one."""

    items: list[Held] = field(default_factory=list)
    bytes: int = 0


class OutageBuffer:
    """What was not delivered yet, oldest first; when it is too much or too old, the oldest GOP goes.

    A GOP stays until all of it is known to be delivered, and the newest one always: after a loss `rewind` goes back to
    the key frame of the oldest GOP that the other end may not have whole, so what is sent begins with a key frame.  A
    GOP larger than the bound by itself is given up, and the next key frame begins anew.  One thread.
    """

    def __init__(self, most_bytes: int = MOST_BYTES, longest_seconds: float = LONGEST_SECONDS) -> None:
        self._most_bytes = most_bytes
        self._longest_seconds = longest_seconds
        self._gops: deque[_Gop] = deque()
        self._bytes = 0
        self._number = 0
        self._next = 0  # the number of the packet to send next
        self._sent = -1  # the highest number that was ever sent
        self._given_up = 0

    @property
    def bytes(self) -> int:
        """What is held, with its overhead."""
        return self._bytes

    @property
    def given_up(self) -> int:
        """How many packets went without ever having been sent; packets before the first key frame do not count."""
        return self._given_up

    @property
    def waiting(self) -> int:
        """How many packets are to be sent."""
        return self._number - max(self._next, self._gops[0].items[0].number) if self._gops else 0

    def put(self, format: VideoFormat, packet: Packet | AudioPacket, time: int, at: float) -> None:  # noqa: A002
        """Hold one packet; what comes before a key frame, or follows a GOP that was given up, is not kept.

        A key frame begins a GOP, and so must whatever is of another format.
        """
        if isinstance(packet, Packet) and packet.key:
            self._gops.append(_Gop())
        elif not self._gops or self._gops[-1].items[-1].format != format:
            return
        held = Held(self._number, format, packet, time, at)
        self._number += 1
        self._gops[-1].items.append(held)
        self._gops[-1].bytes += held.size
        self._bytes += held.size
        self.forget_old(at)

    def take(self, at: float) -> Held | None:
        """The next packet to send, None while there is none; what is too old by now is left out."""
        self.forget_old(at)
        for gop in self._gops:
            first = gop.items[0].number
            if self._next <= gop.items[-1].number:
                held = gop.items[max(0, self._next - first)]
                self._next = held.number + 1
                self._sent = max(self._sent, held.number)
                return held
        return None

    def delivered(self, number: int) -> None:
        """The other end has every sent packet up to this number."""
        while len(self._gops) > 1 and self._gops[0].items[-1].number <= number:
            self._drop_oldest()

    def rewind(self) -> None:
        """The connection is gone: begin again with the oldest GOP that may not have arrived whole."""
        self._next = self._gops[0].items[0].number if self._gops else self._number

    def forget_old(self, at: float) -> None:
        """Hold to the bounds; `put` and `take` do so by themselves."""
        while self._gops and (
            self._bytes > self._most_bytes or at - self._gops[0].items[-1].at > self._longest_seconds
        ):
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        gop = self._gops.popleft()
        self._bytes -= gop.bytes
        self._given_up += sum(held.number > self._sent for held in gop.items)

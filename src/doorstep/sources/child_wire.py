"""The parent's end of a child's connection: bytes, descriptors and the pictures that were wanted.  One thread."""

import array
import os
import socket
import struct
from collections import deque
from collections.abc import Iterator

from doorstep.core.errors import MediaInvalid
from doorstep.core.media import Packet, VideoFormat
from doorstep.media.borrowed_frame import Borrower
from doorstep.media.shared_frame import Loan
from doorstep.ports import KEY_FRAME, Clock, FrameTap, Wish
from doorstep.sources.confined_child import PONG
from doorstep.sources.pulse import VitalSigns
from doorstep.sources.records import Kind, RecordBuffer, picture_of, piece_of, piece_record, record

_RECEIVE_SECONDS = 0.2
_MOST_DESCRIPTORS_WAITING = 2
_OLDEST_SECONDS = 10.0
_MOST_UNASKED = 64  # pictures since the last wish: what a decoder holds back may have been wanted all of it
_NEVER_PTS = -(2**63)
_WISHES: dict[Wish, bytes] = {
    True: record(Kind.WANTED),
    False: record(Kind.UNWANTED),
    KEY_FRAME: record(Kind.KEY_FRAME_WANTED),
}


class ChildWire:
    """Blocking, a fifth of a second at a time."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        whole, part = divmod(int(_RECEIVE_SECONDS * 1e6), 1_000_000)
        # The kernel's own timeout: Python's would ask twice for each packet.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@ll", whole, part))
        self._buffer = RecordBuffer()
        self._descriptors: deque[int] = deque()
        self.hung_up = False

    def say(self, kind: Kind, payload: bytes = b"") -> bool:
        """Whether the word went out; a child that does not listen is not waited for."""
        return self.say_all(record(kind, payload))

    def say_all(self, records: bytes) -> bool:
        """The same of several words at once."""
        try:
            self._connection.sendall(records, socket.MSG_DONTWAIT)
        except OSError:
            return False
        return True

    def receive(self) -> bool:
        """Wait for more; whether something came, be it the end.  Raises MediaInvalid."""
        try:
            count, beside, _, _ = self._connection.recvmsg_into(
                [self._buffer.room()], socket.CMSG_SPACE(4), socket.MSG_CMSG_CLOEXEC
            )
        except BlockingIOError:
            return False
        except OSError:
            count, beside = 0, []
        for level, kind, content in beside:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                self._descriptors.extend(array.array("i", content[: len(content) // 4 * 4]))
        if len(self._descriptors) > _MOST_DESCRIPTORS_WAITING:
            msg = "it sent too many descriptors"
            raise MediaInvalid(msg)
        self._buffer.filled(count)
        self.hung_up = count == 0
        return True

    def records(self) -> Iterator[tuple[Kind, memoryview]]:
        """What is whole.  Raises MediaInvalid."""
        return self._buffer.records()

    def descriptor(self) -> int:
        """The one that came beside a picture; the caller closes it.  Raises MediaInvalid."""
        if not self._descriptors:
            msg = "a picture came without its memory"
            raise MediaInvalid(msg)
        return self._descriptors.popleft()

    def close(self) -> None:
        """Release descriptors that nobody took; the connection itself is the child's owner's."""
        while self._descriptors:
            os.close(self._descriptors.popleft())


class WantedPictures:
    """Tells a child when the tap wants a picture, and brings the tap what comes."""

    def __init__(self, tap: FrameTap, wire: ChildWire, clock: Clock) -> None:
        self._tap = tap
        self._wire = wire
        self._clock = clock
        self._timescale = 1
        self._newest_pts: int | None = None
        self._asked_pts = _NEVER_PTS
        self._told: Wish = False
        self._unasked = 0
        self._returned: deque[int] = deque()
        self._borrower = Borrower(self._returned.append)

    def begin(self, fmt: VideoFormat) -> None:
        """A new connection of the stream."""
        self._timescale = fmt.timescale
        self._newest_pts = None
        self._asked_pts = _NEVER_PTS

    def ask(self, packet: Packet) -> None:
        """Ask the tap, in rising order of pictures, and tell the child when its wish has changed.

        The child has this packet behind it: what it can still fulfil is a wish for the next.
        """
        newest, ahead = self._newest_pts, 0
        if newest is not None:
            if packet.pts <= newest:
                return
            ahead = min(packet.duration, packet.pts - newest)
        self._newest_pts = packet.pts
        self._asked_pts = max(self._asked_pts, packet.pts + ahead)
        wanted = self._tap.wants(self._asked_pts / self._timescale)
        if wanted != self._told and self._wire.say_all(self._returns() + _WISHES[wanted]):
            self._told, self._unasked = wanted, 0

    def _returns(self) -> bytes:
        """Told together with the next wish, for which they are wanted back."""
        returned = b""
        while self._returned:
            returned += piece_record(Kind.RETURNED, self._returned.popleft())
        return returned

    def take(self, payload: memoryview) -> None:
        """A picture; one that nobody asked for is left.  Raises MediaInvalid, also where those do not end."""
        picture = picture_of(payload)
        descriptor = self._wire.descriptor() if picture.new else None
        try:
            now = self._clock.monotonic()
            captured_at = picture.captured_at if now - _OLDEST_SECONDS <= picture.captured_at <= now else now
            loan = Loan(picture.shape, picture.piece, descriptor)
            frame = self._borrower.adopt(loan, at=picture.at, captured_at=captured_at)
        finally:
            if descriptor is not None:
                os.close(descriptor)
        if not self._told:
            self._unasked += 1
            if self._unasked > _MOST_UNASKED:
                msg = "it sends pictures that nobody asked for"
                raise MediaInvalid(msg)
            return
        self._told = False
        self._tap.put(frame)

    def forget(self, payload: memoryview) -> None:
        """The child gave a piece of memory up.  Raises MediaInvalid where it never had it."""
        self._borrower.forget(piece_of(payload))


def signs_of(payload: memoryview) -> VitalSigns:
    """What a pong tells.  Raises MediaInvalid."""
    try:
        return VitalSigns(*PONG.unpack(payload))
    except struct.error:
        msg = "an answer of the wrong length"
        raise MediaInvalid(msg) from None

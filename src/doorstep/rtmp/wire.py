"""What both ends share below commands: handshake, chunks, control messages (RTMP, 5.4 and 7.1.7)."""

from typing import Final

from doorstep.rtmp.chunk_reader import ChunkReader
from doorstep.rtmp.chunk_writer import ChunkWriter
from doorstep.rtmp.handshake import Handshake
from doorstep.rtmp.limits import ReadLimits
from doorstep.rtmp.message import ChunkStream, Control, Kind, Message

CHUNK_BYTES: Final = 64 * 2**10
"""What we cut into.  FFmpeg answers with the same size, which spares both ends most of the headers."""

WINDOW_BYTES: Final = 2_500_000
_LEAST_WINDOW: Final = 2**12  # an acknowledgement for every few bytes would serve nobody
_DYNAMIC: Final = 2  # a limit type of set-peer-bandwidth (RTMP, 5.4.5)


class Wire:
    """Bytes in, messages out; what it answers by itself waits in `to_send`."""

    def __init__(self, handshake: Handshake) -> None:
        self._handshake = handshake
        self._reader = ChunkReader()
        self._writer = ChunkWriter()
        self._out: list[bytes] = []
        self._window = 0
        self._unacknowledged = 0
        self.received = 0
        """Bytes, from the first on."""

    @property
    def greeted(self) -> bool:
        """Whether the handshake is done."""
        return self._handshake.done

    def set_limits(self, limits: ReadLimits) -> None:
        """Hold the peer to these from now on."""
        self._reader.limits = limits

    def receive(self, received: bytes | memoryview) -> list[Message]:
        """Messages for the session.  Raises RtmpInvalid."""
        self.received += len(received)
        self._unacknowledged += len(received)
        if not self._handshake.done:
            answer, received = self._handshake.receive(bytes(received))
            self.put(answer)
            if not self._handshake.done:
                return []
        messages = [message for message in self._reader.read(received) if not self._is_control(message)]
        if self._window and self._unacknowledged >= self._window:
            self._unacknowledged = 0
            self.send_control(Kind.ACKNOWLEDGEMENT, (self.received & 0xFFFFFFFF).to_bytes(4))
        return messages

    def _is_control(self, message: Message) -> bool:
        match message.kind:
            case Kind.WINDOW_SIZE:
                self._window = max(_LEAST_WINDOW, int.from_bytes(message.payload[:4]))
            case Kind.USER_CONTROL:
                if int.from_bytes(message.payload[:2]) == Control.PING and len(message.payload) >= 6:
                    self.send_control(Kind.USER_CONTROL, Control.PONG.to_bytes(2) + message.payload[2:6])
            case Kind.ACKNOWLEDGEMENT | Kind.PEER_BANDWIDTH:
                pass
            case _:
                return False
        return True

    def open_window(self) -> None:
        """What a server tells in front of its answer to connect (RTMP, 7.2.1.1), and the size of our chunks."""
        self.send_control(Kind.WINDOW_SIZE, WINDOW_BYTES.to_bytes(4))
        self.send_control(Kind.PEER_BANDWIDTH, WINDOW_BYTES.to_bytes(4) + bytes([_DYNAMIC]))
        self.widen_chunks()

    def widen_chunks(self) -> None:
        """Cut into larger pieces from here on, and say so."""
        self.put(self._writer.set_chunk_size(CHUNK_BYTES))

    def send_control(self, kind: Kind, payload: bytes) -> None:
        """One control message."""
        self.send(ChunkStream.CONTROL, Message(kind, 0, 0, payload))

    def send_command(self, payload: bytes, stream: int = 0) -> None:
        """One command."""
        chunk_stream = ChunkStream.STATUS if stream else ChunkStream.COMMAND
        self.send(chunk_stream, Message(Kind.AMF0_COMMAND, 0, stream, payload))

    def send(self, chunk_stream: ChunkStream, message: Message) -> None:
        """Any message."""
        self.put(self._writer.write(chunk_stream, message))

    def put(self, raw: bytes) -> None:
        """Bytes as they are."""
        if raw:
            self._out.append(raw)

    def to_send(self) -> bytes:
        """What the peer has to get now; the caller sends it, and it is gone from here."""
        if not self._out:
            return b""
        sent = b"".join(self._out)
        self._out.clear()
        return sent

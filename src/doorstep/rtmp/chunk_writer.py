"""Messages to chunks (RTMP, 5.3): headers of format 0 and 1, and 3 for what goes on."""

from typing import Final

from doorstep.rtmp.message import Kind, Message

_EXTENDED: Final = 0xFFFFFF


class ChunkWriter:
    """Whole messages in, bytes out; remembers what the next header may leave out."""

    def __init__(self) -> None:
        self._chunk_size = 128
        self._last: dict[int, tuple[int, int]] = {}  # timestamp and stream, by chunk stream

    def set_chunk_size(self, size: int) -> bytes:
        """Tell the peer (RTMP, 5.4.1), and cut everything behind it so."""
        told = self.write(2, Message(Kind.SET_CHUNK_SIZE, 0, 0, size.to_bytes(4)))
        self._chunk_size = size
        return told

    def write(self, number: int, message: Message) -> bytes:
        """One message on chunk stream `number`, 2 to 63."""
        last = self._last.get(number)
        self._last[number] = message.timestamp, message.stream
        whole = last is None or last[1] != message.stream or message.timestamp < last[0]
        step = message.timestamp if last is None or whole else message.timestamp - last[0]
        extended = step.to_bytes(4) if step >= _EXTENDED else b""
        header = bytes([number if whole else 0x40 | number]) + min(step, _EXTENDED).to_bytes(3)
        header += len(message.payload).to_bytes(3) + bytes([message.kind])
        if whole:
            header += message.stream.to_bytes(4, "little")
        return self._cut(header + extended, bytes([0xC0 | number]) + extended, message.payload)

    def _cut(self, first: bytes, other: bytes, payload: bytes) -> bytes:
        size = self._chunk_size
        if len(payload) <= size:
            return first + payload
        view = memoryview(payload)
        parts: list[bytes | memoryview] = [first, view[:size]]
        for begin in range(size, len(payload), size):
            parts += (other, view[begin : begin + size])
        return b"".join(parts)

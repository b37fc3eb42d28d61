"""A writer of chunks that chooses freely what the protocol leaves free: formats, sizes, order, length of ids."""

from collections.abc import Callable
from dataclasses import dataclass, field

from doorstep.rtmp.message import Kind, Message

EXTENDED = 0xFFFFFF
Choose = Callable[[int], int]
"""A number below the one given."""


@dataclass
class Stream:
    """What the next header of a chunk stream may leave out."""

    timestamp: int = 0
    step: int | None = None
    length: int = -1
    kind: int = -1
    stream: int = -1


@dataclass
class Part:
    """A message that is being cut: where it is, and what a header of its rest repeats."""

    number: int
    message: Message
    at: int = 0
    extended: bytes = b""


@dataclass
class FreeWriter:
    """RTMP, 5.3.1, by the letter."""

    choose: Choose
    size: int = 128
    streams: dict[int, Stream] = field(default_factory=dict)

    def set_size(self, size: int) -> bytes:
        """For everything behind it, of other chunk streams too."""
        told = self.first(part := Part(2, Message(Kind.SET_CHUNK_SIZE, 0, 0, size.to_bytes(4))))
        while part.at < len(part.message.payload):
            told += self.next(part)
        self.size = size
        return told

    def interleaved(self, parts: list[Part]) -> bytes:
        """Chunks of all parts, each on a chunk stream of its own, in whatever order."""
        wire = bytearray()
        begun: set[int] = set()
        while parts:
            part = parts[self.choose(len(parts))]
            wire += self.next(part) if part.number in begun else self.first(part)
            begun.add(part.number)
            if part.at >= len(part.message.payload):
                parts.remove(part)
        return bytes(wire)

    def first(self, part: Part) -> bytes:
        """The chunk that begins a message, in one of the formats that can tell it."""
        state = self.streams.setdefault(part.number, Stream())
        message = part.message
        step = message.timestamp - state.timestamp
        forms = [0]
        if state.stream == message.stream and step >= 0:
            forms.append(1)
            if (state.length, state.kind) == (len(message.payload), message.kind):
                forms.append(2)
                if state.step == step:
                    forms.append(3)
        form = forms[self.choose(len(forms))]
        told = message.timestamp if form == 0 else step
        header = self.basic(form, part.number)
        if form < 3:
            header += min(told, EXTENDED).to_bytes(3)
        if form < 2:
            header += len(message.payload).to_bytes(3) + bytes([message.kind])
        if form == 0:
            header += message.stream.to_bytes(4, "little")
        part.extended = told.to_bytes(4) if told >= EXTENDED else b""
        self.streams[part.number] = Stream(message.timestamp, told, len(message.payload), message.kind, message.stream)
        return header + part.extended + self.body(part)

    def next(self, part: Part) -> bytes:
        """A chunk that goes on with it."""
        return self.basic(3, part.number) + part.extended + self.body(part)

    def body(self, part: Part) -> bytes:
        begin, part.at = part.at, part.at + self.size
        return part.message.payload[begin : part.at]

    def basic(self, form: int, number: int) -> bytes:
        if number < 64:
            return bytes([form << 6 | number])
        if number < 320 and self.choose(2):
            return bytes([form << 6, number - 64])
        return bytes([form << 6 | 1]) + (number - 64).to_bytes(2, "little")

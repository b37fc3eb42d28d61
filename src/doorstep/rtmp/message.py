"""One message of RTMP and its kinds.  How it is cut into chunks lives in `chunk_reader` and `chunk_writer`."""

from dataclasses import dataclass
from enum import IntEnum

from doorstep.rtmp import amf0
from doorstep.rtmp.amf0 import Amf0
from doorstep.rtmp.errors import RtmpInvalid
from doorstep.rtmp.limits import MOST_COMMAND_BYTES


class Kind(IntEnum):
    """Message type ids (RTMP, 5.4 and 7.1)."""

    SET_CHUNK_SIZE = 1
    ABORT = 2
    ACKNOWLEDGEMENT = 3
    USER_CONTROL = 4
    WINDOW_SIZE = 5
    PEER_BANDWIDTH = 6
    AUDIO = 8
    VIDEO = 9
    AMF3_COMMAND = 17
    AMF0_NOTICE = 18
    AMF0_COMMAND = 20
    AGGREGATE = 22


class Control(IntEnum):
    """Events of user control messages (RTMP, 7.1.7)."""

    STREAM_BEGIN = 0
    STREAM_END = 1
    PING = 6
    PONG = 7


class ChunkStream(IntEnum):
    """Which chunk stream carries what, as other servers choose them; only 2 is fixed (RTMP, 5.3.1.1)."""

    CONTROL = 2
    COMMAND = 3
    AUDIO = 4
    STATUS = 5
    VIDEO = 6


@dataclass(frozen=True, slots=True)
class Message:
    """`kind` is a type id, known or not; `timestamp` is in milliseconds, modulo 2**32."""

    kind: int
    timestamp: int
    stream: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Command:
    """A remote call (RTMP, 7.2): its name, the number that its answer carries, and what follows."""

    name: str
    transaction: float
    arguments: tuple[Amf0, ...]

    def text(self, index: int) -> str:
        """One argument as text, empty where it is none."""
        value = self.arguments[index] if index < len(self.arguments) else None
        return value if isinstance(value, str) else ""

    def members(self, index: int) -> dict[str, Amf0]:
        """One argument as an object, empty where it is none."""
        value = self.arguments[index] if index < len(self.arguments) else None
        return value if isinstance(value, dict) else {}


def read_command(message: Message) -> Command:
    """The command in a message of AMF 0, or of AMF 3 that begins with a zero as all do.  Raises RtmpInvalid."""
    found = find_command(message)
    if found is None:
        msg = "a command has no name or no number"
        raise RtmpInvalid(msg)
    return found


def find_command(message: Message) -> Command | None:
    """The same, but None for values that are no command.  Raises RtmpInvalid for what are no values."""
    payload = message.payload
    if len(payload) > MOST_COMMAND_BYTES:
        msg = "a command is longer than any command"
        raise RtmpInvalid(msg)
    match amf0.decode(payload[1:] if message.kind == Kind.AMF3_COMMAND else payload):
        case [str(name), float(transaction), *rest]:
            return Command(name, transaction, tuple(rest))
    return None


def command(name: str, transaction: float, *arguments: Amf0) -> bytes:
    """The payload of a command."""
    return amf0.encode([name, transaction, *arguments])

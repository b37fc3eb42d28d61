"""The client's end of one connection (RTMP, 7.2): connect, then publish to a server or play from it."""

from enum import Enum, auto
from typing import Final

from doorstep.core.media import StreamItem
from doorstep.rtmp import flv
from doorstep.rtmp.amf0 import Amf0
from doorstep.rtmp.errors import RtmpInvalid
from doorstep.rtmp.events import Accepted, ClientEvent, Gone, Media, Refused
from doorstep.rtmp.handshake import ClientHandshake
from doorstep.rtmp.limits import KNOWN
from doorstep.rtmp.media_out import MediaOut
from doorstep.rtmp.message import Command, Kind, Message, command, find_command
from doorstep.rtmp.wire import Wire

_CONNECT, _CREATE = 1.0, 4.0  # transactions, numbered as FFmpeg's are
_STREAM: Final = 1  # what servers give; another one is taken as well
_MOST_REASON: Final = 200


class State(Enum):
    """Where a connection stands."""

    GREETING = auto()
    CONNECTING = auto()
    CREATING = auto()
    ASKING = auto()
    FLOWING = auto()
    OVER = auto()


TRANSITIONS: Final[dict[State, dict[str, State]]] = {
    State.GREETING: {"greeted": State.CONNECTING},
    State.CONNECTING: {"_result": State.CREATING, "_error": State.OVER, "refused": State.OVER},
    State.CREATING: {"_result": State.ASKING, "_error": State.OVER, "refused": State.OVER},
    State.ASKING: {"started": State.FLOWING, "_error": State.OVER, "refused": State.OVER},
    State.FLOWING: {"refused": State.OVER, "_error": State.OVER, "ended": State.OVER},
    State.OVER: {},
}
"""What leads where; "started", "refused" and "ended" are what an onStatus comes down to."""

_STARTED: Final = {"NetStream.Publish.Start", "NetStream.Play.Start"}
_ENDED: Final = {"NetStream.Play.Stop", "NetStream.Play.UnpublishNotify", "NetStream.Unpublish.Success"}


class ClientSession:
    """Says `connect` by itself, then `publish` or `play`; the owner sends what `to_send` gives, from the start on.

    `url` is the address up to the application (`rtmp://HOST/live`); `name` is what follows: a stream key, or a name
    with its query.
    """

    def __init__(self, url: str, app: str, name: str, *, publish: bool) -> None:
        handshake = ClientHandshake()
        self._wire = Wire(handshake)
        self._wire.set_limits(KNOWN)
        self._wire.put(handshake.begin())
        self._media: MediaOut | None = None
        self._state = State.GREETING
        self._url, self._app, self._name, self._publish = url, app, name, publish
        self._stream = _STREAM

    @property
    def state(self) -> State:
        """Where the connection stands."""
        return self._state

    def receive(self, received: bytes | memoryview) -> list[ClientEvent]:
        """What these bytes say, in order.  Raises RtmpInvalid."""
        messages = self._wire.receive(received)
        if self._state is State.GREETING and self._wire.greeted:
            self._state = TRANSITIONS[self._state]["greeted"]
            self._connect()
        events = []
        for message in messages:
            event = self._take(message) if self._state is not State.OVER else None
            if event is not None:
                events.append(event)
        return events

    def send(self, item: StreamItem) -> None:
        """The next item to publish; nothing before Accepted.  Raises RtmpInvalid for what RTMP cannot carry."""
        if self._media is not None and self._publish and self._state is State.FLOWING:
            self._media.send(item)

    def close(self) -> None:
        """Say good-bye; close the connection once it is sent."""
        if self._state in {State.ASKING, State.FLOWING}:
            if self._publish:
                self._wire.send_command(command("FCUnpublish", 0, None, self._name))
            self._wire.send_command(command("deleteStream", 0, None, float(self._stream)))
        self._state = State.OVER

    def to_send(self) -> bytes:
        """What the server has to get now."""
        return self._wire.to_send()

    # ---------------------------------------------------------------------------------------------- messages

    def _take(self, message: Message) -> ClientEvent | None:
        match message.kind:
            case Kind.VIDEO | Kind.AUDIO if self._state is State.FLOWING and not self._publish:
                return self._take_media(message)
            case Kind.AMF0_COMMAND | Kind.AMF3_COMMAND:
                told = find_command(message)  # FFmpeg's onFCPublish has no number, and nobody needs it
                return self._take_command(told) if told is not None else None
            case _:
                return None

    @staticmethod
    def _take_media(message: Message) -> Media | None:
        if message.kind == Kind.VIDEO:
            return flv.read_video(message.payload, message.timestamp)
        return flv.read_audio(message.payload, message.timestamp)

    def _take_command(self, told: Command) -> ClientEvent | None:
        match told.name:
            case "_result" | "_error" if told.transaction == self._awaited():
                return self._take_answer(told)
            case "onStatus":
                return self._take_status(told)
            case _:
                return None

    def _awaited(self) -> float | None:
        return {State.CONNECTING: _CONNECT, State.CREATING: _CREATE}.get(self._state)

    def _take_answer(self, told: Command) -> ClientEvent | None:
        self._state = TRANSITIONS[self._state][told.name]
        match self._state:
            case State.CREATING:
                self._create()
            case State.ASKING:
                self._ask(told)
            case _:
                return Refused(_reason(told))
        return None

    def _take_status(self, told: Command) -> ClientEvent | None:
        status = told.members(1)
        code = status.get("code")
        row = TRANSITIONS[self._state]
        if code in _STARTED and "started" in row:
            self._state = row["started"]
            self._media = MediaOut(self._wire, self._stream)
            return Accepted()
        if code in _ENDED and "ended" in row:
            self._state = row["ended"]
            return Gone()
        if status.get("level") == "error" and "refused" in row:
            self._state = row["refused"]
            return Refused(_reason(told))
        return None

    def _connect(self) -> None:
        self._wire.widen_chunks()
        asked: dict[str, Amf0] = {"app": self._app, "flashVer": "FMLE/3.0 (compatible; Doorstep)", "tcUrl": self._url}
        if self._publish:
            asked["type"] = "nonprivate"
        else:
            asked |= {"fpad": False, "capabilities": 15.0, "audioCodecs": 4071.0, "videoCodecs": 252.0}
        self._wire.send_command(command("connect", _CONNECT, asked))

    def _create(self) -> None:
        if self._publish:
            self._wire.send_command(command("releaseStream", 2, None, self._name))
            self._wire.send_command(command("FCPublish", 3, None, self._name))
        self._wire.send_command(command("createStream", _CREATE, None))

    def _ask(self, told: Command) -> None:
        stream = told.arguments[1] if len(told.arguments) > 1 else None
        if not isinstance(stream, float) or not 0 < stream < 2**32:
            msg = "the server created no stream"
            raise RtmpInvalid(msg)
        self._stream = int(stream)
        verb = command("publish", 5, None, self._name, "live") if self._publish else self._play()
        self._wire.send_command(verb, self._stream)

    def _play(self) -> bytes:
        live = -1000.0  # only what is live (RTMP, 7.2.2.1)
        return command("play", 5, None, self._name, live)


def _reason(told: Command) -> str:
    status = told.members(1) or told.members(0)
    reason = status.get("description") or status.get("code")
    return reason[:_MOST_REASON] if isinstance(reason, str) else "no reason given"

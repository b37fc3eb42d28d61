"""The server's end of one connection (RTMP, 7.2): connect, then publish or play, then media.

Who may is decided by its owner.
"""

from enum import Enum, auto
from typing import Final
from urllib.parse import parse_qs

from doorstep.core.media import StreamItem
from doorstep.rtmp import flv
from doorstep.rtmp.amf0 import Amf0
from doorstep.rtmp.errors import RtmpInvalid
from doorstep.rtmp.events import Gone, Media, PlayAsked, PublishAsked, ServerEvent, SoundIgnored, VideoRefused
from doorstep.rtmp.handshake import ServerHandshake
from doorstep.rtmp.limits import (
    KNOWN,
    MOST_BYTES_BEFORE_ACCEPTED,
    MOST_COMMANDS_BEFORE_ACCEPTED,
    MOST_NAME_CHARACTERS,
)
from doorstep.rtmp.media_out import MediaOut
from doorstep.rtmp.message import Command, Control, Kind, Message, command, read_command
from doorstep.rtmp.wire import Wire

STREAM: Final = 1
"""The only message stream of a connection."""


class State(Enum):
    """Where a connection stands."""

    GREETING = auto()
    CONNECTED = auto()
    PUBLISH_ASKED = auto()
    PUBLISHING = auto()
    PLAY_ASKED = auto()
    PLAYING = auto()
    OVER = auto()


_ENDS: Final = {"FCUnpublish": State.OVER, "deleteStream": State.OVER, "closeStream": State.OVER}
TRANSITIONS: Final[dict[State, dict[str, State]]] = {
    State.GREETING: {"connect": State.CONNECTED},
    State.CONNECTED: {
        "releaseStream": State.CONNECTED,
        "FCPublish": State.CONNECTED,
        "FCSubscribe": State.CONNECTED,
        "createStream": State.CONNECTED,
        "publish": State.PUBLISH_ASKED,
        "play": State.PLAY_ASKED,
        "FCUnpublish": State.CONNECTED,  # some say so before they begin
        "deleteStream": State.CONNECTED,
        "closeStream": State.CONNECTED,
    },
    State.PUBLISH_ASKED: {"accept": State.PUBLISHING, "refuse": State.OVER, **_ENDS},
    State.PUBLISHING: {"refuse": State.OVER, **_ENDS},
    State.PLAY_ASKED: {"accept": State.PLAYING, "refuse": State.OVER, **_ENDS},
    State.PLAYING: {"refuse": State.OVER, "pause": State.PLAYING, "seek": State.PLAYING, **_ENDS},
    State.OVER: {},
}
"""What leads where; "accept" and "refuse" are the owner's.  A known command that stands nowhere here breaks the rules,
an unknown one is passed over."""

_KNOWN_COMMANDS: Final = {name for row in TRANSITIONS.values() for name in row} - {"accept", "refuse"}


class ServerSession:
    """Bytes in, events out; the owner answers who asks, and sends what `to_send` gives after each call."""

    def __init__(self) -> None:
        self._wire = Wire(ServerHandshake())
        self._media = MediaOut(self._wire, STREAM)
        self._state = State.GREETING
        self._app = ""
        self._commands = 0
        self._sound_told = False

    @property
    def state(self) -> State:
        """Where the connection stands."""
        return self._state

    def receive(self, received: bytes | memoryview) -> list[ServerEvent]:
        """What these bytes say, in order.  The buffer may be used again afterwards.  Raises RtmpInvalid."""
        messages = self._wire.receive(received)
        accepted = self._state in {State.PUBLISHING, State.PLAYING}
        if not accepted and self._wire.received > MOST_BYTES_BEFORE_ACCEPTED:
            msg = "the peer sent too much before it was let in"
            raise RtmpInvalid(msg)
        events = []
        for message in messages:
            event = self._take(message) if self._state is not State.OVER else None
            if event is not None:
                events.append(event)
        return events

    def accept(self) -> None:
        """Let the asking peer publish or play."""
        publishing = self._state is State.PUBLISH_ASKED
        self._go("accept")
        self._wire.send_control(Kind.USER_CONTROL, Control.STREAM_BEGIN.to_bytes(2) + STREAM.to_bytes(4))
        if publishing:
            self._wire.set_limits(KNOWN)
            self._send_status("status", "NetStream.Publish.Start", "Go on.")
        else:
            self._send_status("status", "NetStream.Play.Reset", "Begins now.")
            self._send_status("status", "NetStream.Play.Start", "Begins now.")

    def refuse(self, reason: str) -> None:
        """End it, with a sentence for whoever owns the peer; close the connection once it is sent.

        Nothing more where the peer has ended it already.
        """
        if self._state is State.OVER:
            return
        play = self._state in {State.PLAY_ASKED, State.PLAYING}
        self._go("refuse")
        self._send_status("error", "NetStream.Play.StreamNotFound" if play else "NetStream.Publish.BadName", reason)

    def send(self, item: StreamItem) -> None:
        """The next item for a player; nothing for anybody else.  Raises RtmpInvalid for what RTMP cannot carry."""
        if self._state is State.PLAYING:
            self._media.send(item)

    def to_send(self) -> bytes:
        """What the peer has to get now."""
        return self._wire.to_send()

    # ---------------------------------------------------------------------------------------------- messages

    def _take(self, message: Message) -> ServerEvent | None:
        match message.kind:
            case Kind.VIDEO | Kind.AUDIO if self._state is State.PUBLISHING:
                return self._take_media(message)
            case Kind.AMF0_COMMAND | Kind.AMF3_COMMAND:
                return self._take_command(read_command(message))
            case Kind.AGGREGATE if self._state is State.PUBLISHING:
                msg = "the publisher packs several pictures into one message, which Doorstep does not take"
                raise RtmpInvalid(msg)
            case _:
                return None  # media before it is asked for, notices, what nobody knows

    def _take_media(self, message: Message) -> Media | None:
        if message.kind == Kind.VIDEO:
            event = flv.read_video(message.payload, message.timestamp)
            if isinstance(event, VideoRefused):
                self.refuse(f"Doorstep takes H.264 over RTMP, and this is {event.found}. Set the camera to H.264.")
            return event
        sound = flv.read_audio(message.payload, message.timestamp)
        if isinstance(sound, SoundIgnored):
            told, self._sound_told = self._sound_told, True
            return None if told else sound
        return sound

    def _take_command(self, asked: Command) -> ServerEvent | None:
        self._commands += self._state not in {State.PUBLISHING, State.PLAYING}
        if self._commands > MOST_COMMANDS_BEFORE_ACCEPTED:
            msg = "the peer sent more commands than it needs"
            raise RtmpInvalid(msg)
        if asked.name not in _KNOWN_COMMANDS:
            return None
        self._go(asked.name)
        match asked.name:
            case "connect":
                self._connect(asked)
            case "createStream":
                self._wire.send_command(command("_result", asked.transaction, None, float(STREAM)))
            case "releaseStream" | "FCPublish":
                self._wire.send_command(command("_result", asked.transaction, None, None))
            case "publish":
                return PublishAsked(self._app, _name(asked).partition("?")[0])
            case "play":
                return self._asked_play(_name(asked))
            case _:
                return Gone() if self._state is State.OVER else None
        return None

    def _go(self, name: str) -> None:
        follower = TRANSITIONS[self._state].get(name)
        if follower is None:
            msg = f"the peer said {name} when it had no place"
            raise RtmpInvalid(msg)
        self._state = follower

    def _connect(self, asked: Command) -> None:
        """RTMP, 7.2.1.1.  No FourCC is offered, so that enhanced publishers know before they begin."""
        app = asked.members(0).get("app")
        self._app = app.partition("?")[0].strip("/")[:MOST_NAME_CHARACTERS] if isinstance(app, str) else ""
        self._wire.open_window()
        server: dict[str, Amf0] = {"fmsVer": "FMS/3,0,1,123", "capabilities": 31.0}
        status = _status("status", "NetConnection.Connect.Success", "Connected.")
        self._wire.send_command(command("_result", asked.transaction, server, status | {"objectEncoding": 0.0}))

    def _asked_play(self, name: str) -> PlayAsked:
        name, _, query = name.partition("?")
        # A query has no more than a few fields; parse_qs holds it to that and raises ValueError.
        try:
            tokens = parse_qs(query, max_num_fields=8).get("token", [])
        except ValueError:
            tokens = []
        return PlayAsked(self._app, name, tokens[0] if len(tokens) == 1 else "")

    def _send_status(self, level: str, code: str, description: str) -> None:
        self._wire.send_command(command("onStatus", 0, None, _status(level, code, description)), STREAM)


def _name(asked: Command) -> str:
    name = asked.text(1)
    if len(name) > MOST_NAME_CHARACTERS:
        msg = "the peer named a stream too long to be one"
        raise RtmpInvalid(msg)
    return name


def _status(level: str, code: str, description: str) -> dict[str, Amf0]:
    return {"level": level, "code": code, "description": description}

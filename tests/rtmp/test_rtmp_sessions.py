"""Both ends against each other, and each against what it should not be told."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep.core.media import AudioFormat, AudioPacket, Codec, Packet, VideoFormat
from doorstep.rtmp.amf0 import encode
from doorstep.rtmp.client_session import ClientSession
from doorstep.rtmp.client_session import State as ClientState
from doorstep.rtmp.errors import RtmpInvalid
from doorstep.rtmp.events import (
    Accepted,
    AudioConfig,
    AudioFrame,
    ClientEvent,
    Gone,
    PlayAsked,
    PublishAsked,
    Refused,
    ServerEvent,
    SoundIgnored,
    VideoConfig,
    VideoFrame,
    VideoRefused,
)
from doorstep.rtmp.message import ChunkStream, Kind, Message, command
from doorstep.rtmp.server_session import ServerSession, State

FORMAT = VideoFormat(Codec.H264, 320, 240, 90_000, b"\x01record", AudioFormat(48_000, 1, b"\x11\x88"))
Events = list[ServerEvent | ClientEvent]


def pair(name: str = "key", *, publish: bool = True) -> tuple[ServerSession, ClientSession]:
    return ServerSession(), ClientSession("rtmp://host/live", "live", name, publish=publish)


def talk(server: ServerSession, client: ClientSession) -> Events:
    """Until neither has anything to say; what both told their owners."""
    events: Events = []
    while (asked := client.to_send()) + (answered := server.to_send()):
        events += server.receive(asked)
        events += client.receive(answered)
    return events


def flowing(*, publish: bool = True) -> tuple[ServerSession, ClientSession]:
    server, client = pair(publish=publish)
    talk(server, client)
    server.accept()
    assert Accepted() in talk(server, client)
    return server, client


def picture(number: int, *, later: int = 0, arrived: float | None = None) -> Packet:
    at = 3000 * number
    return Packet(b"\x00\x00\x00\x02pp", at + later, at, 3000, number == 0, number / 30 if arrived is None else arrived)


# ------------------------------------------------------------------------------------------------------- the way in


def test_a_publisher_asks_with_application_and_key() -> None:
    server, client = pair("secret?a=b")
    assert talk(server, client) == [PublishAsked("live", "secret")]
    assert "secret" not in repr(PublishAsked("live", "secret"))


def test_a_player_asks_with_name_and_token() -> None:
    server, client = pair("front?token=abc", publish=False)
    assert talk(server, client) == [PlayAsked("live", "front", "abc")]


@pytest.mark.parametrize("name", ["front", "front?token", "front?token=a&token=b", "front?" + "a=b&" * 20])
def test_a_token_that_is_none_or_several_is_empty(name: str) -> None:
    server, client = pair(name, publish=False)
    assert talk(server, client) == [PlayAsked("live", "front", "")]


@pytest.mark.parametrize("publish", [True, False])
def test_a_refusal_reaches_the_client_in_words(publish: bool) -> None:
    server, client = pair(publish=publish)
    talk(server, client)
    server.refuse("Not today.")
    assert talk(server, client) == [Refused("Not today.")]
    assert (server.state, client.state) == (State.OVER, ClientState.OVER)


def test_media_before_the_answer_is_dropped_unread() -> None:
    server, client = pair()
    talk(server, client)
    client._wire.send(ChunkStream.VIDEO, Message(Kind.VIDEO, 0, 1, b"\xff" * 1000))
    assert server.receive(client.to_send()) == []
    assert server.state is State.PUBLISH_ASKED


def test_much_before_the_answer_ends_it() -> None:
    server, client = pair()
    talk(server, client)
    for _ in range(300):
        client._wire.send(ChunkStream.VIDEO, Message(Kind.VIDEO, 0, 1, bytes(1000)))
    with pytest.raises(RtmpInvalid, match="too much"):
        server.receive(client.to_send())


def test_commands_without_end_end_it() -> None:
    server, client = pair()
    talk(server, client)
    for number in range(100):
        client._wire.send_command(command("_checkbw", number))
    with pytest.raises(RtmpInvalid, match="commands"):
        server.receive(client.to_send())


@pytest.mark.parametrize("name", ["connect", "publish", "play", "createStream"])
def test_a_command_out_of_place_ends_it(name: str) -> None:
    server, client = flowing()
    client._wire.send_command(command(name, 9, None, "key"))
    with pytest.raises(RtmpInvalid, match=name):
        server.receive(client.to_send())


@pytest.mark.parametrize("first", [b"\x06", b"GET / HTTP/1.1"])
def test_another_protocol_is_refused_at_its_first_byte(first: bytes) -> None:
    with pytest.raises(RtmpInvalid, match="version 3"):
        ServerSession().receive(first)


def test_the_handshake_may_come_byte_by_byte() -> None:
    server, client = pair()
    asked = b""
    events: Events = []
    while asked := asked + client.to_send():
        byte, asked = asked[:1], asked[1:]
        events += server.receive(byte)
        client.receive(server.to_send())
    assert events == [PublishAsked("live", "key")]


# -------------------------------------------------------------------------------------------------------- the media


@pytest.mark.parametrize("publish", [True, False])
def test_what_one_end_sends_the_other_tells(publish: bool) -> None:
    server, client = flowing(publish=publish)
    sender = client if publish else server
    sound = AudioPacket(b"aac", 1600, 1024, 0.0)
    for item in (FORMAT, picture(0), picture(1, later=6000), sound):
        sender.send(item)
    assert talk(server, client) == [
        VideoConfig(b"\x01record"),
        AudioConfig(b"\x11\x88"),
        VideoFrame(0, 0, key=True, payload=b"\x00\x00\x00\x02pp"),
        VideoFrame(33, 67, key=False, payload=b"\x00\x00\x00\x02pp"),
        AudioFrame(33, b"aac"),
    ]


def test_times_go_on_where_the_camera_connects_again() -> None:
    server, client = flowing(publish=False)
    for item in (FORMAT, picture(100), picture(130), FORMAT, picture(0, arrived=10)):
        server.send(item)
    times = [event.timestamp for event in talk(server, client) if isinstance(event, VideoFrame)]
    assert times[:2] == [0, 1000]
    assert times[2] == 1000 + round((10 - 130 / 30) * 1000)


def test_a_picture_larger_than_a_chunk_comes_whole() -> None:
    server, client = flowing()
    client.send(FORMAT)
    client.send(replace(picture(0), data=bytes(range(256)) * 1000))
    assert [len(event.payload) for event in talk(server, client) if isinstance(event, VideoFrame)] == [256_000]


def test_a_picture_too_large_for_any_message_is_not_sent() -> None:
    server, _ = flowing(publish=False)
    server.send(FORMAT)
    with pytest.raises(RtmpInvalid, match="16 MB"):
        server.send(replace(picture(0), data=bytes(2**24 - 5)))


def test_a_server_that_says_what_is_no_command_is_understood_all_the_same() -> None:
    server, client = pair()
    talk(server, client)
    server._wire.send_command(encode(["onFCPublish", None, {"code": "NetStream.Publish.Start"}]))
    server._wire.send_command(encode([1.0, "onStatus"]))
    server.accept()
    assert Accepted() in talk(server, client)


def test_nothing_is_refused_that_is_over() -> None:
    server, client = flowing()
    client.close()
    talk(server, client)
    server.refuse("You are late.")
    assert server.to_send() == b""


def test_hevc_is_not_sent() -> None:
    _, client = flowing()
    with pytest.raises(RtmpInvalid, match="HEVC"):
        client.send(replace(FORMAT, codec=Codec.HEVC))


@pytest.mark.parametrize(
    ("payload", "found"),
    [(b"\x90hvc1....", "HEVC"), (b"\x91av01...", "AV1"), (b"\x1c\x00", "HEVC"), (b"\x12..", "Sorenson H.263")],
)
def test_other_video_is_refused_by_its_name(payload: bytes, found: str) -> None:
    server, client = flowing()
    client._wire.send(ChunkStream.VIDEO, Message(Kind.VIDEO, 0, 1, payload))
    events = talk(server, client)
    assert events[0] == VideoRefused(found)
    assert isinstance(events[1], Refused)
    assert found in events[1].reason
    assert server.state is State.OVER


def test_other_sound_is_left_out_and_told_once() -> None:
    server, client = flowing()
    for _ in range(3):
        client._wire.send(ChunkStream.AUDIO, Message(Kind.AUDIO, 0, 1, b"\x82g711"))
    assert talk(server, client) == [SoundIgnored("G.711 mu-law")]


def test_an_end_is_told() -> None:
    server, client = flowing()
    client.close()
    assert talk(server, client) == [Gone()]


def test_a_ping_is_answered_and_a_window_acknowledged() -> None:
    server, client = flowing()
    client._wire.send_control(Kind.USER_CONTROL, b"\x00\x06\x00\x00\x00\x07")
    client._wire.send_control(Kind.WINDOW_SIZE, (5000).to_bytes(4))
    client._wire.send(ChunkStream.VIDEO, Message(Kind.VIDEO, 0, 1, b"\x17\x01\x00\x00\x00" + bytes(6000)))
    server.receive(client.to_send())
    answered = server.to_send()
    assert b"\x00\x07\x00\x00\x00\x07" in answered
    assert b"\x04\x03" in answered  # four bytes, an acknowledgement


@given(st.lists(st.binary(max_size=300), max_size=6), st.booleans())
def test_random_bytes_raise_nothing_else(wire: list[bytes], publish: bool) -> None:
    for session in flowing(publish=publish):
        try:
            for received in wire:
                session.receive(received)
        except RtmpInvalid:
            continue

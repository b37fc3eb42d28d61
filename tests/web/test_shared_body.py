"""Bytes that many ask for, sent to who takes them at once, slowly, or never."""

import asyncio
from collections.abc import Sequence

import pytest
from starlette.types import Message

from doorstep.web.shared_body import CHUNK_BYTES, SharedBody

PIECES = [bytes([number]) * size for number, size in enumerate((3 * CHUNK_BYTES + 7, 1, CHUNK_BYTES, 0, 5))]


async def _nothing_comes() -> Message:
    return {"type": "http.disconnect"}


def sent(method: str = "GET", taken: int = 1000, seconds: float = 60.0) -> Sequence[Message]:
    """What was handed on to a reader who takes so many messages, and waits with the next for ever."""
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)
        if len(messages) > taken:
            await asyncio.Event().wait()

    async def act() -> None:
        body = SharedBody(PIECES, "video/mp4")
        body.send_seconds = seconds
        async with asyncio.timeout(60):
            await body({"type": "http", "method": method, "path": "/"}, _nothing_comes, send)

    asyncio.run(act())
    return messages


def body_of(messages: Sequence[Message]) -> bytes:
    return b"".join(message["body"] for message in messages[1:])


def test_it_is_all_of_the_pieces_a_little_at_a_time() -> None:
    head, *bodies = sent()
    assert (b"content-length", str(len(b"".join(PIECES))).encode()) in head["headers"]
    assert b"".join(message["body"] for message in bodies) == b"".join(PIECES)
    assert max(len(message["body"]) for message in bodies) == CHUNK_BYTES
    assert [message.get("more_body", False) for message in bodies] == [True] * (len(bodies) - 1) + [False]


def test_a_head_brings_the_length_and_no_byte() -> None:
    messages = sent("HEAD")
    assert (b"content-length", str(len(b"".join(PIECES))).encode()) in messages[0]["headers"]
    assert body_of(messages) == b""


@pytest.mark.parametrize("taken", [0, 1, 3])
def test_who_takes_no_more_is_given_up_and_was_handed_little(taken: int) -> None:
    messages = sent(taken=taken, seconds=0.05)
    assert len(body_of(messages)) <= taken * CHUNK_BYTES
    assert messages[-1].get("more_body") is not False

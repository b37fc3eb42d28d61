"""The detector as a service: what it answers to pictures, to what is none, and to too many at once."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import av
import httpx
import numpy as np
import pytest
from structlog.testing import capture_logs

from doorstep.app.detect_server import (
    MOST_BYTES,
    DetectServerSettings,
    check_door,
    create_detect_app,
    serve_detector,
)
from doorstep.clock import SystemClock
from doorstep.core.detection import Detection
from doorstep.core.errors import ConfigInvalid
from doorstep.ports import Frame
from doorstep.vision.remote_answer import parse_answer
from fakes.odd_jpegs import odd_jpeg
from fakes.remote_detector import PERSON_THERE, BrightnessDetector

TOKEN = "sixteen characters or more"
JPEG = {"Content-Type": "image/jpeg"}
WHITE, BLACK = 255, 0


def encoded(codec: str, layout: str, light: int, size: int = 64) -> bytes:
    encoder = av.CodecContext.create(codec, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    picture = av.VideoFrame.from_ndarray(np.full((size, size, 3), light, np.uint8), "rgb24").reformat(format=layout)
    encoder.width, encoder.height, encoder.pix_fmt = size, size, layout
    encoder.time_base = picture.time_base = Fraction(1, 25)
    picture.pts = 0
    return b"".join(bytes(packet) for packet in (*encoder.encode(picture), *encoder.encode(None)))


class BlockedDetector(BrightnessDetector):
    """Looks when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()

    def detect(self, frame: Frame, least: float) -> Sequence[Detection]:
        self.let_go.wait(60)
        return super().detect(frame, least)


def served(
    talk: Callable[[httpx.AsyncClient], Awaitable[None]], detector: BrightnessDetector | None = None, token: str = ""
) -> None:
    async def all_of_it() -> None:
        with ThreadPoolExecutor(1) as looks:
            app = create_detect_app(detector or BrightnessDetector(), looks, SystemClock(), token)
            transport = httpx.ASGITransport(app)
            async with (
                app.router.lifespan_context(app),
                httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client,
            ):
                await talk(client)

    asyncio.run(all_of_it())


@pytest.mark.parametrize(
    ("content", "somebody"),
    [
        (encoded("mjpeg", "yuvj420p", WHITE), True),
        (encoded("mjpeg", "yuvj420p", BLACK), False),
        (encoded("libwebp", "yuv420p", WHITE), True),
        (encoded("libwebp", "yuva420p", WHITE), True),
        (encoded("libwebp", "bgra", WHITE), True),
        (odd_jpeg(1), True),
        (odd_jpeg(1, 1, 1), True),
        (odd_jpeg(3, 1, 1), True),
    ],
    ids=["jpeg", "black", "webp", "alpha", "lossless alpha", "grey", "grey 1x1", "1x1"],
)
def test_pictures_of_every_kind_are_looked_at(content: bytes, somebody: bool) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        answer = await client.post("/detect", content=content, headers=JPEG)
        assert answer.status_code == 200, answer.text
        assert answer.json()["person_detected"] is somebody
        assert answer.json()["model"] == "brightness"
        assert parse_answer(answer.content).detections == ((PERSON_THERE,) if somebody else ())

    served(talk)


def test_a_picture_in_printers_colours_is_looked_at() -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        assert (await client.post("/detect", content=odd_jpeg(4), headers=JPEG)).status_code == 200

    served(talk)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8\xff",
        b"<html>",
        b"GIF89a" + b"\x00" * 100,
        odd_jpeg(3, 20_000, 20_000),
        odd_jpeg(1, 20_000, 8),
        odd_jpeg(3)[:30],
        b"RIFF\x10\x00\x00\x00WEBPVP8 \x00\x00",
        b"x" * (MOST_BYTES + 1),
    ],
    ids=["nothing", "mark", "html", "gif", "20,000", "20,000 wide", "cut", "webp", "too large"],
)
def test_what_is_no_picture_is_a_problem_document(content: bytes) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        answer = await client.post("/detect", content=content, headers=JPEG)
        assert answer.status_code == 400
        assert answer.headers["content-type"] == "application/problem+json"
        assert (await client.post("/detect", content=odd_jpeg(3), headers=JPEG)).status_code == 200

    served(talk)


@pytest.mark.parametrize("least", ["nan", "-1", "x", "2"])
def test_a_wrong_least_score_is_refused(least: str) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        assert (await client.post(f"/detect?least={least}", content=odd_jpeg(3), headers=JPEG)).status_code == 400

    served(talk)


def test_a_form_of_another_page_is_refused() -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        plain = {"Content-Type": "text/plain"}
        assert (await client.post("/detect", content=odd_jpeg(3), headers=plain)).status_code == 400

    served(talk)


@pytest.mark.parametrize("told", ["", "Bearer ", "Bearer wrong", TOKEN, "Bearer \u00e9"])
def test_without_the_token_nobody_is_answered(told: str) -> None:
    async def talk(client: httpx.AsyncClient) -> None:
        headers = [(b"Content-Type", b"image/jpeg"), (b"Authorization", told.encode())]
        assert (await client.post("/detect", content=odd_jpeg(3), headers=headers)).status_code == 401
        right = {"Authorization": f"Bearer {TOKEN}"} | JPEG
        assert (await client.post("/detect", content=odd_jpeg(3), headers=right)).status_code == 200

    served(talk, token=TOKEN)


def test_too_many_at_once_are_told_to_come_again_and_the_others_are_answered() -> None:
    detector = BlockedDetector()

    async def talk(client: httpx.AsyncClient) -> None:
        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(client.post("/detect", content=odd_jpeg(3), headers=JPEG)) for _ in range(60)]
            done, _ = await asyncio.wait(asked, timeout=60, return_when=asyncio.FIRST_COMPLETED)
            refused = next(iter(done)).result()
            assert refused.status_code == 429
            assert refused.headers["retry-after"] == "1"
            detector.let_go.set()
        statuses = [one.result().status_code for one in asked]
        assert set(statuses) == {200, 429}
        assert 16 <= statuses.count(200) <= 32

    served(talk, detector)


def test_a_broken_model_is_said() -> None:
    detector = BrightnessDetector()
    detector.broken = True

    async def talk(client: httpx.AsyncClient) -> None:
        answer = await client.post("/detect", content=odd_jpeg(3), headers=JPEG)
        assert (answer.status_code, answer.json()["detail"]) == (503, "The model is broken.")

    served(talk, detector)


def test_a_model_that_crashes_takes_nobody_else_with_it() -> None:
    class Crashing(BrightnessDetector):
        def detect(self, frame: Frame, least: float) -> Sequence[Detection]:
            if self.looks == 0:
                self.looks = 1
                raise ZeroDivisionError
            return super().detect(frame, least)

    async def talk(client: httpx.AsyncClient) -> None:
        answers = [await client.post("/detect", content=odd_jpeg(3), headers=JPEG) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [503, 200]

    with capture_logs():
        served(talk, Crashing())


@pytest.mark.parametrize(("host", "token"), [("0.0.0.0", ""), ("192.0.2.1", ""), ("::", ""), ("127.0.0.1", "short")])  # noqa: S104
def test_it_opens_to_the_network_with_a_good_token_only(host: str, token: str) -> None:
    with pytest.raises(ConfigInvalid):
        check_door(DetectServerSettings(host, 0, token))
    check_door(DetectServerSettings(host, 0, TOKEN))


def test_it_says_where_it_listens_and_stops_when_told() -> None:
    async def all_of_it() -> int:
        stopped, said = asyncio.Event(), asyncio.Queue[str]()
        settings = DetectServerSettings("127.0.0.1", 0)
        async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
            tasks.create_task(serve_detector(settings, BrightnessDetector(), SystemClock(), stopped, said.put_nowait))
            address = (await said.get()).removeprefix("listening on ")
            async with httpx.AsyncClient() as client:
                answer = await client.post(address, content=odd_jpeg(3), headers=JPEG)
            stopped.set()
        return answer.status_code

    assert asyncio.run(all_of_it()) == 200

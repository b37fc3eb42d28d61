"""A real server with masked cameras: whichever way a picture leaves it, what is under the mask is painted over."""

import asyncio
import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import av
import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.certificates import certificate
from fakes.free_port import free_port
from fakes.mail_server import Mailbox, mail_server
from fakes.masked_pictures import MASK, in_rgb, loud_picture
from fakes.mjpeg_camera import jpeg_of, mjpeg_camera, stream
from fakes.mse_viewer import MseViewer
from fakes.push_service import Browser, PushService, push_service
from fakes.rtsp_camera import CameraOptions, RtspCamera, needs_camera
from fakes.server_process import ServerProcess, running, wait_for
from fakes.subscribed import subscribe

pytestmark = pytest.mark.slow

Pixels = NDArray[np.uint8]
MASKED = ("drawn", "jpegs", "rtsp")
BARE = tuple(f"bare-{name}" for name in MASKED)
"""The same cameras without a mask: they prove that there is something to hide."""

HIDDEN_AT_MOST = 60  # of 255, in every colour; what is painted over is 19 bright, and lossy codecs shift it a little
LOUD = 90
EDGE = 6  # pixels at the mask's edge that scalers and codecs blend
SETTLED_PICTURES = 3
PLAYER_SECONDS = 120

HEAD = """
[buffer]
max_bytes = "400 MB"

[events]
close_after = 2
longest = 10  # what wanders in the RTSP picture is motion without an end
post_roll = 1

[notify.email]
smtp = "smtp://127.0.0.1:{mail}"
from = "doorstep@example.org"
to = ["me@example.org"]

[notify.push]
services = ["{push}"]

[[camera]]
id = "pushed"
name = "Pushed"
source = "rtmp-listen://127.0.0.1:{rtmp}/live"
stream_key = "0123456789abcdef"
"""
CAMERA = """
[[camera]]
id = "{id}"
name = "{id}"
source = "{source}"
"""


@dataclass
class House:
    """Its events are over and told."""

    server: ServerProcess
    events: dict[str, dict[str, Any]]
    mailbox: Mailbox
    shown: dict[str, list[bytes]]
    """By camera: the pictures of its notifications, whose addresses do not last."""

    def fetched(self, path: str) -> bytes:
        with self.server.client() as client:
            answer = client.get(path)
        assert answer.status_code == 200, (path, answer.text)
        return answer.content


def config_of(sources: dict[str, str], mail: int, rtmp: int, push: str) -> str:
    masks = f"masks = {[[list(corner) for corner in MASK]]}\n"
    text = HEAD.format(mail=mail, rtmp=rtmp, push=push)
    for name, source in sources.items():
        text += CAMERA.format(id=name, source=source) + masks + ("reencode = true\n" if name == "rtsp" else "")
        text += CAMERA.format(id=f"bare-{name}", source=source)
    return text


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    needs_camera()
    pictures = [jpeg_of(loud_picture(320, 240, number)) for number in range(8)]
    with ExitStack() as stack:
        jpegs = stack.enter_context(mjpeg_camera({"/stream": stream(pictures, every=0.1)}))
        rtsp = stack.enter_context(RtspCamera(CameraOptions(fps=10)))
        mailbox = stack.enter_context(mail_server())
        tls = certificate(tmp_path_factory.mktemp("tls"))
        service = stack.enter_context(push_service(tls))
        sources = {"drawn": "demo://", "jpegs": jpegs.url(), "rtsp": rtsp.url}
        config = config_of(sources, mailbox.port, free_port(), service.base)
        data, trusts = tmp_path_factory.mktemp("masks") / "data", {"SSL_CERT_FILE": str(tls.certificate)}
        server = stack.enter_context(running(data, config, trusts))
        subscribe(server, phone := service.browser())
        wait_for(lambda: live(server) >= {*MASKED, *BARE}, 60, "six live cameras")
        with server.client() as client:
            for name in MASKED:  # presses, for of three cameras that see one visit only the first would be told
                client.post(f"/cameras/{name}/press", json={}).raise_for_status()
        events = wait_for(lambda: closed_events(server), 90, "three closed events")
        wait_for(
            lambda: {str(message["Subject"]).split()[-1] for message in mailbox.messages} >= {*MASKED}, 60, "mails"
        )
        wait_for(lambda: all(pushed(service, phone, name) for name in MASKED), 60, "pushes")
        shown = {name: [fetched_by_a_phone(server, path) for path in pushed(service, phone, name)] for name in MASKED}
        yield House(server, events, mailbox, shown)


def live(server: ServerProcess) -> set[str]:
    return {camera["id"] for camera in server.cameras() if camera["state"] == "live"}


def closed_events(server: ServerProcess) -> dict[str, dict[str, Any]] | None:
    """By camera, once each masked one has an event with everything."""
    events = {event["camera"]: event for event in server.events()}
    done = [
        name
        for name in MASKED
        if name in events and events[name]["ended_at"] and events[name]["clip"] and events[name]["still"]["ready"]
    ]
    return events if len(done) == len(MASKED) else None


def under_the_mask(picture: Pixels) -> Pixels:
    height, width = picture.shape[:2]
    (left, top), (right, _), (_, bottom) = MASK[:3]
    rows = slice(int(top * height) + EDGE, int(bottom * height) - EDGE)
    columns = slice(int(left * width) + EDGE, int(right * width) - EDGE)
    return picture[rows, columns]


def assert_hidden(pictures: list[Pixels]) -> None:
    """Every pixel under the mask is painted over, in every picture; and the pictures are not just black."""
    assert pictures
    for picture in pictures:
        hidden = under_the_mask(picture)
        assert hidden.size > 0
        assert hidden.max() <= HIDDEN_AT_MOST
        assert picture[picture.shape[0] // 2 :].max() >= LOUD


def of_jpeg(jpeg: bytes) -> list[Pixels]:
    with av.open(io.BytesIO(jpeg), "r", format="jpeg_pipe") as container:
        return [in_rgb(picture) for picture in container.decode(video=0)]


def of_clip(clip: bytes) -> list[Pixels]:
    with av.open(io.BytesIO(clip), "r") as container:
        return [in_rgb(picture) for picture in container.decode(video=0)]


def live_jpegs(client: httpx.Client, name: str, count: int) -> list[Pixels]:
    """The first pictures of `live.mjpeg`."""
    body = b""
    with client.stream("GET", f"/cameras/{name}/live.mjpeg") as answer:
        assert answer.status_code == 200
        for piece in answer.iter_bytes():
            body += piece
            if body.count(b"\xff\xd9") >= count:
                break
    jpegs = [b"\xff\xd8" + part for part in body.split(b"\xff\xd8")[1:]]
    return [picture for jpeg in jpegs[:count] for picture in of_jpeg(jpeg)]


def mailed(house: House, name: str) -> list[Pixels]:
    """Every picture of every mail about the camera."""
    messages = [message for message in house.mailbox.messages if str(message["Subject"]).split()[-1] == name]
    parts = [part for message in messages for part in message.walk() if part.get_content_type() == "image/jpeg"]
    return [picture for part in parts for picture in of_jpeg(part.get_content())]


def pushed(service: PushService, phone: Browser, name: str) -> list[str]:
    """The addresses of the pictures that notifications about the camera show."""
    words = [phone.read(one.body) for one in service.pushed]
    return [word["picture"] for word in words if word["camera"] == name and word["picture"]]


def fetched_by_a_phone(server: ServerProcess, path: str) -> bytes:
    """As a notification asks: without signing in."""
    return httpx.get(server.url + path, timeout=60).raise_for_status().content


def addresses(house: House, name: str) -> dict[str, str]:
    """Of a camera, for players: by what they speak."""
    with house.server.client() as client:
        answer = client.post(f"/cameras/{name}/live/key")
    assert answer.status_code == 201, answer.text
    (rtmp,) = answer.json()["addresses"]
    assert urlsplit(rtmp).scheme == "rtmp"
    return {"rtmp": rtmp, "hls": answer.json()["hls"]}


def played(address: str) -> list[Pixels]:
    """What a player of the address sees."""
    with av.open(address, "r", timeout=PLAYER_SECONDS) as container:
        return [in_rgb(picture) for picture in islice(container.decode(video=0), 12)]


def by_mse(house: House, name: str) -> list[Pixels]:
    """What a browser is handed over the WebSocket, as the file that it makes of it."""

    async def film() -> bytes:
        with house.server.client() as client:
            token = client.headers["Authorization"].partition(" ")[2]
        pieces = list[bytes]()
        async with asyncio.timeout(PLAYER_SECONDS), await MseViewer(house.server.url, token, name).opened() as socket:
            async for message in socket:
                pieces += [message] if isinstance(message, bytes) else []
                if len(pieces) > SETTLED_PICTURES:
                    break
        return b"".join(pieces)

    return of_clip(asyncio.run(film()))


def at_its_start(house: House, name: str) -> str:
    """When the camera's event began."""
    return str(house.events[name]["started_at"])


def tiles(house: House, name: str) -> list[Pixels]:
    """Those of a sheet of previews that show something, without the black beside a picture of another shape."""
    with house.server.client() as client:
        path = f"/cameras/{name}/previews.jpg"
        answer = client.get(path, params={"from": at_its_start(house, name), "every": 1, "count": 20})
    assert answer.status_code == 200, answer.text
    wide, high, in_a_row = map(int, answer.headers["Doorstep-Tiles"].split("x"))
    (sheet,), (picture,) = of_jpeg(answer.content), OUTPUTS["frame.jpg"](house, name)
    scale = min(wide / picture.shape[1], high / picture.shape[0])
    beside, above = (
        round((most - side * scale) / 2) for most, side in ((wide, picture.shape[1]), (high, picture.shape[0]))
    )
    places = (divmod(number, in_a_row) for number, kept in enumerate(answer.headers["Doorstep-Kept"]) if kept == "1")
    return [
        sheet[row * high + above : (row + 1) * high - above, column * wide + beside : (column + 1) * wide - beside]
        for row, column in places
    ]


OUTPUTS: dict[str, Callable[[House, str], list[Pixels]]] = {
    "snapshot.jpg": lambda house, name: of_jpeg(house.fetched(f"/cameras/{name}/snapshot.jpg")),
    "live.mjpeg": lambda house, name: live_jpegs(house.server.client(), name, SETTLED_PICTURES),
    "clip": lambda house, name: of_clip(house.fetched(f"/cameras/{name}/clip?duration=5")),
    "clip.mp4": lambda house, name: of_clip(house.fetched(f"/events/{house.events[name]['id']}/clip.mp4")),
    "still.jpg": lambda house, name: of_jpeg(house.fetched(f"/events/{house.events[name]['id']}/still.jpg")),
    "thumbnail.jpg": lambda house, name: of_jpeg(house.fetched(f"/events/{house.events[name]['id']}/thumbnail.jpg")),
    "frame.jpg": lambda house, name: of_jpeg(
        house.fetched(f"/cameras/{name}/frame.jpg?at={at_its_start(house, name)}")
    ),
    "previews.jpg": tiles,
    "mail": mailed,
    "picture.jpg": lambda house, name: [picture for jpeg in house.shown[name] for picture in of_jpeg(jpeg)],
    "rtmp": lambda house, name: played(addresses(house, name)["rtmp"]),
    "{piece}": lambda house, name: played(addresses(house, name)["hls"]),
    "mse": by_mse,
}


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("name", MASKED)
def test_no_pixel_under_the_mask_leaves_the_house(house: House, name: str, output: str) -> None:
    assert_hidden(OUTPUTS[output](house, name))


@pytest.mark.parametrize("output", ["snapshot.jpg", "live.mjpeg", "clip", "rtmp", "{piece}", "mse"])
@pytest.mark.parametrize("name", BARE)
def test_without_a_mask_the_same_cameras_show_it(house: House, name: str, output: str) -> None:
    for picture in OUTPUTS[output](house, name):
        assert under_the_mask(picture).max() >= LOUD


def test_what_is_kept_on_the_disk_is_masked_too(house: House) -> None:
    """Recordings, and the segments of the last minutes, as they lie there."""
    for name in MASKED:
        recordings = sorted((house.server.data / "recordings" / name).rglob("*.mp4"))
        assert recordings
        for recording in recordings:
            assert_hidden(of_clip(recording.read_bytes()))


def test_everything_that_shows_a_picture_is_looked_at_here(house: House) -> None:
    """A route that gives a picture and is not tested above fails here."""
    routes = house.server.get("/openapi.json")["paths"]
    pictures = ("image/jpeg", "video/mp4", "multipart/x-mixed-replace")
    found = {
        path.rsplit("/", 1)[-1]
        for path, operations in routes.items()
        for operation in operations.values()
        for answer in operation.get("responses", {}).values()
        for kind in answer.get("content", {})
        if kind in pictures
    }
    assert found
    assert found <= {*OUTPUTS}

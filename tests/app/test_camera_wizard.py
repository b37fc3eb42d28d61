"""Trying cameras before they are saved: real ones at private addresses, and all that an address may turn out to be."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Any

import pytest

from doorstep.app.camera_child import READERS
from doorstep.app.camera_wizard import CameraWizard
from doorstep.clock import SystemClock
from doorstep.core.camera import CameraId
from doorstep.core.camera_probe import ProbeReport, ProbeWish, Trouble
from doorstep.core.errors import ProbeRefused, SourceLost, SourceRefused
from doorstep.core.settings import CameraSettings
from doorstep.ports import FrameTap, Source
from doorstep.sources.confined import ConfinedSource
from doorstep.sources.demo import DemoSource
from doorstep.sources.nursery import Nursery
from doorstep.sources.source_spec import spec_of
from fakes.far_network import needs_far_network
from fakes.lan_cameras import Lan, lan
from fakes.rtsp_camera import needs_camera

USER, PASSWORD = "viewer", "p@ss:w/rd#%&"
CLOCK = SystemClock()
Asked = Callable[[ProbeWish], ProbeReport]


class Opened:
    """Opens cameras as the house does, and remembers what was asked for."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        self.nursery = Nursery(CLOCK, readers=READERS)

    def __call__(self, camera: CameraSettings, address: str) -> Source:
        self.addresses.append(address)
        if address.startswith("demo:"):
            return DemoSource(None, clock=CLOCK, timezone=UTC)
        return ConfinedSource(self.nursery, spec_of(camera, address), name=camera.id, clock=CLOCK)


@pytest.fixture
def opened() -> Iterator[Opened]:
    made = Opened()
    yield made
    made.nursery.close()


@pytest.fixture
def ask(opened: Opened) -> Asked:
    return lambda wish: asyncio.run(CameraWizard(opened, list, CLOCK).probe(wish))


@pytest.fixture(scope="module")
def network() -> Iterator[Lan]:
    needs_far_network()
    needs_camera()
    with lan() as made:
        yield made


@pytest.fixture(scope="module")
def address(network: Lan) -> str:
    """Of a camera with a large and a small stream, which asks for a password."""
    return network.whole(user=USER, password=PASSWORD).address


def test_a_discovered_camera_shows_a_picture_and_both_streams(network: Lan, ask: Asked, opened: Opened) -> None:
    camera = network.whole(user=USER, password=PASSWORD)
    report = ask(ProbeWish(onvif=camera.door, user=USER, password=PASSWORD))
    assert report.words == ""
    main, sub = report.streams
    assert main.address == f"rtsp://{camera.address}/stream1"
    assert (main.codec, main.width, main.height, main.audio) == ("h264", 640, 480, False)
    assert 20 < main.fps < 30
    assert sub.address == f"rtsp://{camera.address}:8554/stream2"
    assert report.picture.startswith(b"\xff\xd8")
    assert PASSWORD not in repr(report)
    assert all("p%40ss%3Aw%2Frd%23%25%26" in one for one in opened.addresses)


def test_of_a_host_alone_the_known_addresses_are_tried(ask: Asked, address: str) -> None:
    report = ask(ProbeWish(address, user=USER, password=PASSWORD))
    assert [one.address for one in report.streams] == [f"rtsp://{address}/stream1"]


def test_a_maker_narrows_what_is_tried(ask: Asked, address: str, opened: Opened) -> None:
    assert ask(ProbeWish(address, user=USER, password=PASSWORD, maker="tapo")).streams
    assert {one.rpartition("@")[2] for one in opened.addresses} == {f"{address}/stream1", f"{address}/stream2"}


@pytest.mark.parametrize(
    ("user", "password", "trouble"),
    [(USER, "wrong", Trouble.WRONG_PASSWORD), ("", "", Trouble.NO_PASSWORD)],
)
def test_the_first_wrong_password_ends_the_search(
    ask: Asked, address: str, opened: Opened, user: str, password: str, trouble: Trouble
) -> None:
    report = ask(ProbeWish(address, user=user, password=password))
    assert report.trouble is trouble
    [*others, last] = [one.rpartition("/")[2] for one in opened.addresses]
    assert last == "stream1"  # this camera asks for a password where it has a stream, and was asked there once
    assert "stream1" not in others


def test_an_address_with_a_path_is_tried_as_it_is(ask: Asked, address: str) -> None:
    report = ask(ProbeWish(f"{address}/stream1", user=USER, password=PASSWORD))
    assert [one.address for one in report.streams] == [f"rtsp://{address}/stream1"]


def test_a_stream_that_is_not_there_is_told(ask: Asked, address: str) -> None:
    report = ask(ProbeWish(f"rtsp://{address}/nothing", user=USER, password=PASSWORD))
    assert report.trouble is Trouble.SAID
    assert "no stream of this name" in report.words
    assert PASSWORD not in report.words


def test_nothing_that_listens_is_told_apart_from_nobody_there(ask: Asked, network: Lan, address: str) -> None:
    assert ask(ProbeWish(f"{address}:1")).trouble is Trouble.CLOSED
    assert ask(ProbeWish(f"rtsp://{network.nobody()}/x")).trouble is Trouble.UNREACHABLE


def test_what_is_no_video_is_told(ask: Asked, network: Lan) -> None:
    page = network.onvif("--discovery", "none")
    report = ask(ProbeWish(page.door))
    assert report.trouble is Trouble.SAID
    assert not report.streams


def test_the_demo_shows_its_picture(ask: Asked) -> None:
    report = ask(ProbeWish("demo://"))
    assert report.streams[0].address == "demo://"
    assert report.picture


@pytest.mark.parametrize(
    "address",
    [
        "rtsp://127.0.0.1/stream1",
        "127.0.0.1",
        "localhost",
        "localhost:8080",
        "http://[::1]/video",
        "http://[::ffff:127.0.0.1]/video",
        "http://169.254.169.254/latest/meta-data/",
        "169.254.169.254",
        "http://2852039166/",
        "http://0x7f.1/",
        "rtsp://0.0.0.0/",
        "rtsp://[fe80::1]/",
        "http://metadata.google.internal/",
        "file:///etc/passwd",
        "exec:/bin/sh",
        "exec://x/y",
        "concat:/etc/passwd|/etc/hosts",
        "rtmp-listen://0.0.0.0:1935/live",
        "v4l2:///dev/video63",
        "v4l2:///dev/../etc/passwd",
        "picamera://?size=1x1",
        "gopher://192.168.1.20/",
        "rtsp://192.168.1.20:99999/",
        "rtsp://",
        "me:secret@192.168.1.20",
        "192.168.1.20\r\nX: y",
        "rtsp://192.168.1.20/\x00",
        "[",
        "🚪",
        "x" * 300,
    ],
)
def test_nothing_is_sent_where_no_camera_of_a_page_may_be(ask: Asked, opened: Opened, address: str) -> None:
    report = ask(ProbeWish(address, user="me", password="secret"))
    assert report.trouble in {Trouble.FORBIDDEN, Trouble.UNKNOWN_HOST}
    assert report.words.endswith(".")
    assert "secret" not in report.words
    assert opened.addresses == []


@pytest.mark.parametrize(
    "door", ["http://127.0.0.1/onvif", "http://169.254.169.254/", "file:///etc/passwd", "http://", "ftp://192.168.1.2/"]
)
def test_an_onvif_door_of_a_page_is_judged_too(ask: Asked, door: str) -> None:
    assert ask(ProbeWish(onvif=door)).trouble in {Trouble.FORBIDDEN, Trouble.UNKNOWN_HOST}


class Scripted:
    """A source that never says anything, or ends at once."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.open = 0

    def __call__(self, camera: CameraSettings, address: str) -> Source:
        del camera, address
        return self

    async def stream(self, tap: FrameTap) -> Any:
        del tap
        self.open += 1
        try:
            if self.error is not None:
                raise self.error
            await asyncio.Event().wait()
            yield
        finally:
            self.open -= 1


@asynccontextmanager
async def begun(wizard: CameraWizard) -> AsyncIterator["asyncio.Task[ProbeReport]"]:
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(wizard.probe(ProbeWish("demo://")))
        while wizard.progress() is None or wizard.progress().tried == 0:  # type: ignore[union-attr]  # noqa: ASYNC110
            await asyncio.sleep(0)
        yield task


def test_one_camera_is_tried_at_a_time() -> None:
    async def scene() -> None:
        wizard = CameraWizard(Scripted(), list, CLOCK)
        async with begun(wizard):
            with pytest.raises(ProbeRefused):
                await wizard.probe(ProbeWish("demo://"))
            wizard.cancel()

    asyncio.run(scene())


def test_a_probe_that_is_ended_lets_its_camera_go() -> None:
    async def scene() -> None:
        source = Scripted()
        wizard = CameraWizard(source, list, CLOCK)
        async with begun(wizard) as task:
            assert source.open == 1
            wizard.cancel()
            assert (await task).trouble is Trouble.ENDED
        assert source.open == 0
        assert wizard.progress() is None
        wizard.cancel()

    asyncio.run(scene())


@pytest.mark.parametrize("error", [SourceLost("It broke off."), SourceRefused("It is no video.")])
def test_what_a_camera_says_is_passed_on(error: Exception) -> None:
    report = asyncio.run(CameraWizard(Scripted(error), list, CLOCK).probe(ProbeWish("demo://")))
    assert (report.trouble, report.words) == (Trouble.SAID, str(error))


def test_a_camera_that_is_silent_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("doorstep.app.camera_trial.PICTURE_SECONDS", 0.05)
    report = asyncio.run(CameraWizard(Scripted(), list, CLOCK).probe(ProbeWish("demo://")))
    assert report.trouble is Trouble.SILENT


def test_a_camera_that_is_here_already_is_marked(network: Lan) -> None:
    camera = network.onvif()
    source = f"rtsp://me:secret@{camera.address}/stream1"
    known: Sequence[CameraSettings] = [CameraSettings(id=CameraId("door"), name="Door", source=source)]
    wizard = CameraWizard(Scripted(), lambda: known, CLOCK)
    found = {one.address: one for one in asyncio.run(wizard.discover())}
    assert found[camera.address].known
    assert found[camera.address].onvif == camera.door

"""One real server with a signed-in owner and some alerts, and one chromium, for all browser tests."""

import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, ViewportSize, expect

from fakes.browser import DESK, PATIENCE_MS, Troubles, ended_if_stalled, launched, missing, set_up
from fakes.certificates import Certificate, certificate
from fakes.free_port import free_port
from fakes.push_service import PushService, push_service
from fakes.server_process import PASSWORD, ServerProcess, model_folder, wait_for

OWNER = "Ann"
PORCH = "Porch <b>& door</b>"
YARD = 'Yard <img src=x onerror="alert(1)">'
SHED = "Shed"
GATE = "Gate"
CONFIG = """
[[camera]]
id = "porch"
name = '{porch}'
source = "demo://"

[[camera]]
id = "yard"
name = '{yard}'
source = "file://{still}?loop"

[[camera]]
id = "shed"
name = "{shed}"
source = "file://{short}"

[[camera]]
id = "gate"
name = "{gate}"
source = "file://{looped}?loop"

[notify.push]
services = ["{service}"]

[events]
post_roll = 2
close_after = 3

# "auto" takes a smaller size where the machine is busy at that moment, and then the visitor is not known at dusk.
[detection]
input_size = 416
looks_per_second = 1
"""
NewPage = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Last, and all together: playwright's event loop must not run while other tests want one of their own."""
    here = Path(__file__).parent
    items.sort(key=lambda item: here in item.path.parents)


@dataclass
class BrowserHouse:
    """The server, what a signed-in browser holds, and the alerts that are there from the beginning."""

    server: ServerProcess
    gate_file: Path
    service: PushService
    signed_in: StorageState | None = None
    rung: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.server.url

    def told(self, path: str) -> dict[str, Any]:
        """What the server answers there, for a test that answers a page almost the same."""
        with self.server.client() as client:
            answer = client.get(path)
            answer.raise_for_status()
            return dict(answer.json())

    def bytes_of(self, href: str) -> bytes:
        with self.server.client() as client:
            answer = client.get(href.removeprefix("/api/v1"))
            answer.raise_for_status()
            return answer.content

    def until_all_are_seen(self) -> None:
        """Wait for a picture of each camera but the shed's, whose film is over: a page complains of one that lacks."""

        def are_seen() -> bool:
            with self.server.client() as client:
                return all(client.get(f"/cameras/{one}/snapshot.jpg").is_success for one in ("porch", "yard", "gate"))

        wait_for(are_seen, 30, "a picture of each camera")

    def ring(self, camera: str, what: str = "press") -> dict[str, Any]:
        """A press or a motion there, and the alert that comes of it once it is over and its clip is whole."""

        def of_the_camera() -> list[dict[str, Any]]:
            return [one for one in self.server.events() if one["camera"] == camera]

        # Until the detector is up whatever moves opens an alert, and this would become a part of that one.
        wait_for(lambda: all(one["ended_at"] for one in of_the_camera()), 30, "no alert that still runs")
        before = {event["id"] for event in of_the_camera()}
        with self.server.client() as client:
            client.post(f"/cameras/{camera}/{what}", json={}).raise_for_status()

        def ended() -> dict[str, Any] | None:
            new = [one for one in of_the_camera() if one["id"] not in before]
            whole = new and new[0]["clip"] and new[0]["clip"]["whole"]
            return new[0] if whole and new[0]["thumbnail"]["ready"] else None

        return wait_for(ended, 30, f"the alert about the {what}")


class SettledServer(ServerProcess):
    """Listens on the same port after each start, so that a page finds it again."""

    def __init__(self, data: Path, config: str, authority: Path) -> None:
        super().__init__(data, config, {"DOORSTEP_MODELS": str(model_folder()), "SSL_CERT_FILE": str(authority)})
        self._arguments[self._arguments.index("127.0.0.1:0")] = f"127.0.0.1:{free_port()}"


def footage(seconds: int, *, moving: bool = True) -> bytes:
    """A yard in the evening: a bright spot creeps over a dark ground, or lies there."""
    rows, columns = np.mgrid[:360, :640]
    ground = (40 + 40 * rows / 360 + 10 * np.sin(columns / 40)).astype(np.uint8)
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        stream = output.add_stream("libx264", rate=10, options={"preset": "ultrafast", "g": "10"})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for number in range(seconds * 10):
            picture = ground.copy()
            left = 20 + number % 600 * moving
            picture[20:60, left : left + 20] = 235
            frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 10)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The one browser of all these tests: a thread can have but one playwright."""
    if missing():
        pytest.skip(missing())
    expect.set_options(timeout=PATIENCE_MS)
    with launched() as started:
        yield started


@pytest.fixture(scope="package")
def house(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserHouse]:
    """Set up in the browser by the printed address, as an owner does it; phones are told by a service on loopback."""
    folder = tmp_path_factory.mktemp("house")
    tls = certificate(folder)
    with push_service(tls) as service:
        yield from set_up_house(chromium, folder, tls, service)


def set_up_house(chromium: Browser, folder: Path, tls: Certificate, service: PushService) -> Iterator[BrowserHouse]:
    """Until it is closed."""
    still, short, looped = folder / "still.mp4", folder / "short.mp4", folder / "looped.mp4"
    still.write_bytes(footage(20))
    short.write_bytes(footage(2, moving=False))  # until the detector is up, whatever moves makes an alert
    looped.write_bytes(footage(2))
    names = {"porch": PORCH, "yard": YARD, "shed": SHED, "gate": GATE}
    config = CONFIG.format(**names, still=still, short=short, looped=looped, service=service.base)
    server = SettledServer(folder / "data", config, tls.certificate)
    server.start()
    made = BrowserHouse(server, looped, service)
    try:
        with chromium.new_context(locale="en-GB", service_workers="block") as context:
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            set_up(page, server, OWNER, PASSWORD)
            made.signed_in = context.storage_state()
        made.until_all_are_seen()
        yield made
    finally:
        server.kill()


@pytest.fixture(scope="package")
def rung(house: BrowserHouse) -> BrowserHouse:
    """A house in which somebody rang, something moved, and a person came."""
    house.rung = house.ring("yard")
    house.ring("yard", "motion")
    wait_for(
        lambda: [one for one in house.server.events() if one["camera"] == "porch" and one["thumbnail"]["ready"]],
        60,
        "the visitor",
    )
    return house


@pytest.fixture(scope="package")
def browser(house: BrowserHouse, chromium: Browser) -> Browser:
    """For tests of the house: it is there before them."""
    del house
    return chromium


@pytest.fixture(autouse=True)
def no_page_stalls_for_ever(request: pytest.FixtureRequest) -> Iterator[None]:
    """A try in which one does ends, and the next one has pages of its own."""
    if "chromium" not in request.fixturenames:
        yield
        return
    with ended_if_stalled(request.getfixturevalue("chromium")):
        yield


@pytest.fixture
def troubles() -> Iterator[Troubles]:
    """Nothing may go wrong in any page, but what a test expects."""
    found = Troubles()
    yield found
    assert found.unexpected == []


@pytest.fixture
def new_context(browser: Browser, troubles: Troubles) -> Iterator[Callable[..., BrowserContext]]:
    """Browsers of their own, as another person's or another phone's.

    Without the service worker unless asked for it: of what it answers `page.route` sees nothing.
    """
    contexts = []

    def make(viewport: ViewportSize = DESK, **options: Any) -> BrowserContext:
        options.setdefault("locale", "en-GB")  # 24 hours, days before months
        options.setdefault("service_workers", "block")
        context = browser.new_context(viewport=viewport, accept_downloads=True, **options)
        context.set_default_timeout(PATIENCE_MS)
        troubles.watch(context)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def new_page(house: BrowserHouse, new_context: Callable[..., BrowserContext]) -> NewPage:
    """Pages of the signed-in owner: `new_page("/alerts", viewport=PHONE)`."""

    def open_page(path: str = "/", **options: Any) -> Page:
        page = new_context(storage_state=house.signed_in, **options).new_page()
        page.goto(house.url + path)
        return page

    return open_page


@pytest.fixture(scope="session")
def shots() -> Path | None:
    """Where the pictures of the screens go, if somebody wants to see them: DOORSTEP_SCREENSHOTS names a folder."""
    chosen = os.environ.get("DOORSTEP_SCREENSHOTS")
    return Path(chosen) if chosen else None

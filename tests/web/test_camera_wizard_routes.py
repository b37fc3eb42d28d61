"""Finding and trying cameras over HTTP: who may, what it answers, and that no answer holds a password."""

import asyncio
import base64
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from doorstep.core.access import Role
from doorstep.core.camera_probe import FoundCamera, ProbedStream, ProbeProgress, ProbeReport, ProbeWish, Trouble
from doorstep.core.errors import ProbeRefused
from doorstep.web.asgi import create_app
from doorstep.web.wizard_parts import WizardParts
from fakes.house import FRONT, JPEG, House

PROBE = "/api/v1/cameras/probe"


class FakeWizard:
    """Answers with `report`; remembers what it was asked."""

    def __init__(self) -> None:
        self.report = ProbeReport(trouble=Trouble.CLOSED, words="Nothing listens there; switch the camera on.")
        self.wishes: list[ProbeWish] = []
        self.ended = 0
        self.busy = False
        self.now: ProbeProgress | None = None

    async def discover(self) -> Sequence[FoundCamera]:
        return [
            FoundCamera("<b>Door</b>", "192.168.1.20", "http://192.168.1.20/onvif/device_service"),
            FoundCamera("", "v4l2:///dev/video0", known=True),
        ]

    async def probe(self, wish: ProbeWish) -> ProbeReport:
        self.wishes.append(wish)
        if self.busy:
            msg = "Doorstep is trying another camera."
            raise ProbeRefused(msg)
        await asyncio.sleep(0)
        return self.report

    def cancel(self) -> None:
        self.ended += 1


@pytest.fixture
def house() -> Iterator[House]:
    with House() as one:
        yield one


@pytest.fixture
def wizard(house: House) -> FakeWizard:
    made = FakeWizard()
    parts = WizardParts(made.discover, made.probe, lambda: made.now, made.cancel)
    house.parts = replace(house.parts, wizard=parts)
    house.app = create_app(house.parts)
    return made


def test_cameras_that_were_found_are_listed(house: House, wizard: FakeWizard) -> None:
    del wizard
    found = house.ask("POST", "/api/v1/cameras/discover", house.owner(), json={}).json()["found"]
    assert found == [
        {
            "name": "<b>Door</b>",
            "address": "192.168.1.20",
            "onvif": "http://192.168.1.20/onvif/device_service",
            "known": False,
        },
        {"name": "", "address": "v4l2:///dev/video0", "onvif": None, "known": True},
    ]


def test_a_camera_that_shows_a_picture_is_told_with_its_streams(house: House, wizard: FakeWizard) -> None:
    streams = [
        ProbedStream(f"rtsp://192.168.1.20/{name}", "h264", width, height, 25.0, audio=True)
        for name, width, height in (("main", 1920, 1080), ("sub", 640, 360))
    ]
    wizard.report = ProbeReport(tuple(streams), JPEG)
    wish = {"address": " 192.168.1.20 ", "user": "me", "password": "s3cret@:/", "maker": "tapo"}
    answer = house.ask("POST", PROBE, house.owner(), json=wish)
    told = answer.json()
    assert told["ok"] is True
    assert (told["address"], told["codec"], told["width"], told["height"]) == (streams[0].address, "h264", 1920, 1080)
    assert (told["fps"], told["audio"], told["trouble"]) == (25.0, True, "")
    assert base64.b64decode(told["picture"].removeprefix("data:image/jpeg;base64,")) == JPEG
    assert [one["address"] for one in told["streams"]] == ["rtsp://192.168.1.20/main", "rtsp://192.168.1.20/sub"]
    assert "s3cret" not in answer.text
    [asked] = wizard.wishes
    assert asked == ProbeWish("192.168.1.20", "", "me", "s3cret@:/", "tapo")
    assert "s3cret" not in repr(asked)


def test_why_there_is_no_picture_is_told(house: House, wizard: FakeWizard) -> None:
    del wizard
    told = house.ask("POST", PROBE, house.owner(), json={"address": "192.168.1.20"}).json()
    assert told["ok"] is False
    assert (told["kind"], told["trouble"]) == ("closed", "Nothing listens there; switch the camera on.")
    assert told["picture"] is None


def test_a_second_probe_has_to_wait(house: House, wizard: FakeWizard) -> None:
    wizard.busy = True
    answer = house.ask("POST", PROBE, house.owner(), json={"address": "192.168.1.20"})
    assert answer.status_code == 409
    assert answer.json()["code"] == "probe-runs"


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"address": "  "},
        {"address": "192.168.1.20", "onvif": "http://192.168.1.20/onvif"},
        {"address": "x" * 3000},
        {"address": "192.168.1.20", "password": "s3cret" * 100},
        {"address": ["192.168.1.20"]},
    ],
)
def test_a_wish_that_cannot_be_meant_is_refused_without_repeating_it(
    house: House, wizard: FakeWizard, wish: dict[str, object]
) -> None:
    answer = house.ask("POST", PROBE, house.owner(), json=wish)
    assert answer.status_code == 400
    assert "s3cret" not in answer.text
    assert wizard.wishes == []


def test_how_far_it_is_is_told_and_it_can_be_ended(house: House, wizard: FakeWizard) -> None:
    assert house.ask("GET", f"{PROBE}/progress", house.owner()).json() == {"running": False, "tried": 0, "most": 0}
    wizard.now = ProbeProgress(3, 14)
    assert house.ask("GET", f"{PROBE}/progress", house.owner()).json() == {"running": True, "tried": 3, "most": 14}
    assert house.ask("DELETE", PROBE, house.owner()).status_code == 204
    assert wizard.ended == 1


ROWS = (
    ("POST", "/api/v1/cameras/discover"),
    ("POST", PROBE),
    ("DELETE", PROBE),
    ("GET", f"{PROBE}/progress"),
)


@pytest.mark.parametrize("role", [Role.FAMILY, Role.GUEST])
@pytest.mark.parametrize("row", ROWS)
def test_the_owner_alone_looks_for_cameras(house: House, wizard: FakeWizard, role: Role, row: tuple[str, str]) -> None:
    assert house.ask(*row, house.session(role), json={"address": "192.168.1.20"}).status_code == 403
    assert wizard.wishes == []


def test_a_house_without_a_wizard_says_so(house: House) -> None:
    assert house.ask("POST", "/api/v1/cameras/discover", house.owner(), json={}).json() == {"found": []}
    assert house.ask("POST", PROBE, house.owner(), json={"address": "192.168.1.20"}).status_code == 409


def test_who_sees_some_cameras_only_looks_at_no_other(house: House) -> None:
    asker = house.session(Role.OWNER, frozenset({FRONT}))
    for method, path, body in (
        ("POST", "/api/v1/cameras/discover", None),
        ("POST", PROBE, {"address": "v4l2:///dev/video0"}),
        ("DELETE", PROBE, None),
        ("GET", f"{PROBE}/progress", None),
    ):
        assert house.ask(method, path, asker, json=body).status_code == 403

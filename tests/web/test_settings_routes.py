"""The settings by HTTP: the owner alone, all or nothing, and no secret in any answer or in the audit log."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from doorstep.config.reference import settings_keys
from doorstep.core.access import Role, Scope
from doorstep.core.camera import CameraId
from doorstep.web.asgi import create_app
from doorstep.web.settings_parts import SettingsParts
from fakes.house import House
from fakes.settings_place import SECRETS, PlacedSettings

ROOT = "/api/v1/settings"
PRE_ROLL = {"path": ["events", "pre_roll"], "value": 6}


class Settled:
    """A house with a file for its settings, which counts how often it was used."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house = house
        self.placed = PlacedSettings(folder)
        self.used = 0
        self.trouble = ""
        self.unusable = ""
        self.noted: list[str] = []
        parts = SettingsParts(
            file=self.placed.file,
            use=self._use,
            waiting=lambda: ("[buffer]",),
            begin_anew=self._begin_anew,
            restart_seconds=7.0,
            known_keys=settings_keys,
            note=lambda entry: self.noted.append(": ".join(filter(None, (f"{entry.who} {entry.verb}", entry.way)))),
        )
        self.app: ASGIApp = create_app(replace(house.parts, settings=parts))

    async def _use(self) -> str:
        self.used += 1
        return self.trouble

    async def _begin_anew(self) -> str:
        return self.unusable

    def ask(
        self, method: str, path: str = "", json: object = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        return self.house.ask(method, ROOT + path, headers or self.house.session(Role.OWNER), json, app=self.app)

    def version(self) -> str:
        return str(self.ask("GET").json()["version"])

    def change(self, *changes: dict[str, Any], version: str = "") -> httpx.Response:
        return self.ask("PUT", json={"version": version or self.version(), "changes": list(changes)})


@pytest.fixture
def settled(tmp_path: Path) -> Iterator[Settled]:
    with House() as house:
        yield Settled(house, tmp_path)


def test_the_owner_sees_the_file_without_its_secrets(settled: Settled) -> None:
    answer = settled.ask("GET")
    told = answer.json()
    assert answer.status_code == 200
    assert told["values"]["events"]["pre_roll"] == 5
    assert told["cameras"][0]["source"] == "rtsp://me:•••@192.0.2.5/stream1"
    assert ["camera", "porch", "source"] in told["secrets"]
    assert (told["writable"], told["restart"], told["restart_seconds"]) == (True, ["[buffer]"], 7.0)
    assert told["path"].endswith("doorstep.toml")
    assert not any(secret in answer.text for secret in SECRETS)


def test_a_change_is_looked_at_then_written_used_and_noted(settled: Settled) -> None:
    version = settled.version()
    shown = settled.ask("POST", "/preview", {"version": version, "changes": [PRE_ROLL]}).json()
    assert {"kind": "new", "text": "pre_roll = 6   # seconds"} in shown["diff"]
    assert (shown["faults"], settled.used) == ([], 0)
    answer = settled.change(PRE_ROLL, version=version)
    assert answer.status_code == 200
    assert answer.json()["trouble"] == ""
    assert answer.json()["version"] == settled.version() != version
    assert settled.used == 1
    assert settled.noted == ["owner changed the settings: events.pre_roll"]


def test_of_two_tabs_the_second_is_told(settled: Settled) -> None:
    version = settled.version()
    settled.change(PRE_ROLL)
    for method, path in (("PUT", ""), ("POST", "/preview")):
        answer = settled.ask(method, path, {"version": version, "changes": [PRE_ROLL]})
        assert (answer.status_code, answer.json()["code"]) == (409, "settings-changed")
        assert "by owner meanwhile" in answer.json()["detail"]
    assert settled.used == 1


def test_what_cannot_be_is_refused_with_every_fault_at_its_path(settled: Settled) -> None:
    answer = settled.change(
        {"path": ["events", "post_roll"], "value": 50},
        {"path": ["watch", "pings"], "value": "x"},
        {"path": ["camera", "yard", "name"], "value": "<b>" * 200},
    )
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["code"] == "settings-refused"
    assert {tuple(fault["path"]) for fault in told["faults"]} == {
        ("events", "post_roll"),
        ("watch", "pings"),
        ("camera", "yard", "name"),
    }
    assert (settled.used, settled.noted) == (0, [])


def test_a_secret_goes_in_and_never_comes_out(settled: Settled) -> None:
    source = {"path": ["camera", "yard", "source"], "value": "rtsp://me:${CAM_YARD_PASSWORD}@192.0.2.9/s"}
    secret = {"secret": "CAM_YARD_PASSWORD", "value": "yardword"}
    version = settled.version()
    answers = [
        settled.ask("POST", "/preview", {"version": version, "changes": [secret, source]}),
        settled.change(secret, source, version=version),
        settled.change({"secret": "not good", "value": "yardword"}),
        settled.change({"secret": "CAM_YARD_PASSWORD", "value": "yardword" * 1000}),
        settled.ask("GET"),
        settled.ask("GET", "/versions"),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 422, 400, 200, 200]
    assert not any("yardword" in answer.text for answer in answers)
    assert "yardword" not in "".join(settled.noted)
    assert settled.noted[0].endswith("the secret CAM_YARD_PASSWORD, camera.yard.source")
    assert settled.placed.load().cameras[1].source == "rtsp://me:yardword@192.0.2.9/s"


def test_a_house_that_does_not_use_it_says_why(settled: Settled) -> None:
    settled.trouble = "Another camera listens there."
    assert settled.change(PRE_ROLL).json()["trouble"] == "Another camera listens there."


def test_versions_are_listed_looked_at_and_restored(settled: Settled) -> None:
    settled.change(PRE_ROLL)
    newest, first = settled.ask("GET", "/versions").json()["versions"]
    assert (newest["who"], newest["what"], newest["current"]) == ("owner", "events.pre_roll", True)
    shown = settled.ask("POST", "/preview", {"version": settled.version(), "restore": first["id"]}).json()
    assert {"kind": "new", "text": "pre_roll = 5   # seconds"} in shown["diff"]
    settled.placed.clock.advance(60)
    answer = settled.ask("POST", f"/versions/{first['id']}/restore", {"version": settled.version()})
    assert answer.status_code == 200
    assert settled.placed.load().events.pre_roll == 5
    assert settled.noted[-1].startswith("owner changed the settings: back to the settings of")
    assert settled.used == 2


@pytest.mark.parametrize("version_id", ["nothing", "..%2f..%2fetc%2fpasswd", "x" * 500])
def test_a_version_that_is_not_kept_is_not_there(settled: Settled, version_id: str) -> None:
    answer = settled.ask("POST", f"/versions/{version_id}/restore", {"version": settled.version()})
    assert answer.status_code == 404


def test_beginning_anew_is_asked_for_and_noted_unless_the_file_could_not_be_used(settled: Settled) -> None:
    settled.unusable = "doorstep.toml, line 3: this is not TOML."
    answer = settled.ask("POST", "/restart", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "settings-unusable")
    assert settled.noted == []
    settled.unusable = ""
    answer = settled.ask("POST", "/restart", {})
    assert (answer.status_code, answer.json()) == (202, {"seconds": 7.0})
    assert settled.noted == ["owner restarted Doorstep"]


def test_the_keys_of_the_file_come_with_their_help(settled: Settled) -> None:
    keys = {".".join(key["path"]): key for key in settled.ask("GET", "/keys").json()["keys"]}
    looks = keys["detection.looks_per_second"]
    assert (looks["kind"], looks["default"], looks["least"], looks["most"], looks["at_once"]) == (
        "number",
        4,
        0.1,
        30.0,
        True,
    )
    assert keys["server.listen"]["at_once"] is False
    assert keys["detection.where"]["choices"] == ["local", "remote"]
    assert keys["watch.ping"]["kind"] == "secret"
    assert all(key["help"].endswith((".", "...")) or key["help"] for key in keys.values())
    assert "camera.name" not in keys


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"version": 5, "changes": []},
        {"version": "x", "changes": [{"path": [], "value": 1}]},
        {"version": "x", "changes": [{"path": ["a"] * 9, "value": 1}]},
        {"version": "x", "changes": [{"path": ["a", -1], "value": 1}]},
        {"version": "x", "changes": [{"path": ["a", 1.5], "value": 1}]},
        {"version": "x", "changes": [{"path": "events", "value": 1}]},
        {"version": "x", "changes": [{"path": ["events"]}]},
        {"version": "x", "changes": [PRE_ROLL] * 101},
        {"version": "x", "changes": [], "more": 1},
    ],
)
def test_what_is_no_change_is_refused_before_the_file_is_looked_at(settled: Settled, body: object) -> None:
    assert settled.ask("PUT", json=body).status_code == 400
    assert settled.ask("POST", "/preview", body).status_code in {400, 409}


def test_a_body_of_a_mebibyte_is_too_large(settled: Settled) -> None:
    change = {"path": ["camera", "yard", "name"], "value": "x" * 2**20}
    assert settled.change(change).status_code == 413


@pytest.mark.parametrize(
    ("method", "path"), [("GET", ""), ("PUT", ""), ("POST", "/preview"), ("GET", "/versions"), ("POST", "/restart")]
)
def test_only_who_may_do_everything_at_every_camera_may(settled: Settled, method: str, path: str) -> None:
    house = settled.house
    only_front = house.token(Scope.ADMIN, cameras=frozenset({CameraId("front-door")}))
    for headers in (only_front, house.session(Role.FAMILY), house.session(Role.GUEST), house.token(Scope.EVENTS_READ)):
        assert settled.ask(method, path, {}, headers).status_code == 403


def test_another_sites_page_changes_nothing(settled: Settled) -> None:
    cross = {**settled.house.session(Role.OWNER), "Sec-Fetch-Site": "cross-site"}
    body = {"version": settled.version(), "changes": [PRE_ROLL]}
    assert settled.ask("PUT", json=body, headers=cross).status_code == 403
    assert settled.ask("POST", "/restart", {}, cross).status_code == 403
    assert settled.used == 0


def test_a_server_without_a_file_says_so(tmp_path: Path) -> None:
    del tmp_path
    with House() as house:
        told = house.get(ROOT).json()
        assert told["writable"] is False
        assert "no file" in told["why_not"]
        answer = house.ask("PUT", ROOT, house.owner(), {"version": "", "changes": [PRE_ROLL]})
        assert (answer.status_code, answer.json()["code"]) == (409, "settings-unwritable")

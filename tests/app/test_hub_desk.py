"""The way from outside, as a house has it: it comes by itself, is told, and touches nothing at home."""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from doorstep.app.hub import HubDesk
from doorstep.app.hub_health import HUB_FILES, HUB_RIVAL, HUB_TRYING
from doorstep.app.hub_place import HubPlace, open_place, with_hub
from doorstep.core.errors import PairingRefused, StoreFull
from doorstep.core.health_telling import RULES, is_told
from doorstep.core.health_words import TITLES
from doorstep.core.hub_pairing import KeptPairing
from doorstep.core.hub_rules import HUB, HUB_CERTIFICATE, HUB_CLOCK
from doorstep.core.hub_tunnel import HubReason
from doorstep.core.ice_server import HubIce
from doorstep.core.settings import HubSettings, ServerSettings, Settings
from doorstep.pipeline.health import HealthBoard
from fakes.instant_loop import LoopClock, run, while_running
from fakes.kept_hub import PAIRING, SECRET, keep
from fakes.scripted_tunnel import ScriptedHub

AT_HOME = "http://192.168.1.5:8080"


def settings_of(data: Path, address: str = "", *, enabled: bool = True) -> Settings:
    return Settings(server=ServerSettings(data=data, address=address), hub=HubSettings(enabled))


async def joined(code: str, data: Path, now: datetime) -> KeptPairing:
    del now
    if code != "good":
        msg = "It was used."
        raise PairingRefused(msg)
    keep(data)
    return KeptPairing(PAIRING, 1_700_000_000)


@dataclass
class Scene:
    """A house with its desk, on time that a test may let pass."""

    clock: LoopClock
    board: HealthBoard
    hub: ScriptedHub
    place: HubPlace
    desk: HubDesk

    async def wait(self, seconds: float) -> None:
        await self.clock.sleep(seconds)

    def troubles(self) -> set[str]:
        return {problem.key for problem in self.board.problems()}


def played(settings: Settings, act: Callable[[Scene], Awaitable[None]]) -> None:
    clock = LoopClock()
    board, hub = HealthBoard(clock), ScriptedHub(clock)
    place = open_place(settings)

    async def scene() -> None:
        desk = HubDesk(place, settings, board, clock, lambda: AT_HOME, hub.tunnel, joined)
        made = Scene(clock, board, hub, place, desk)

        async def acted() -> None:
            await act(made)

        tasks = [as_coroutine(task) for task in desk.endless().values()]
        await while_running(*tasks, act=acted)

    run(clock, scene)


def as_coroutine(task: Callable[[], Awaitable[None]]) -> Callable[[], Coroutine[Any, Any, None]]:
    async def running() -> None:
        await task()

    return running


def test_a_house_without_a_hub_asks_nobody(tmp_path: Path) -> None:
    async def act(scene: Scene) -> None:
        await scene.wait(3600)
        view = scene.desk.view()
        assert (view.paired, view.state, view.reason, view.needs_restart) == (False, "off", "", False)
        assert (scene.hub.connections, scene.troubles(), scene.place.host()) == (0, set(), "")
        assert scene.place.ice() is None

    played(settings_of(tmp_path), act)


def test_the_way_comes_by_itself_and_is_shown(tmp_path: Path) -> None:
    keep(tmp_path)

    async def act(scene: Scene) -> None:
        await scene.wait(20)
        view = scene.desk.view()
        assert (view.paired, view.state, view.host) == (True, "up", "door.example.org")
        assert (view.address, view.home_address) == ("https://door.example.org", AT_HOME)
        assert view.round_trip_ms == pytest.approx(20, abs=1)
        assert (view.seen_from, view.bytes_month, view.reached) == ("203.0.113.5", 1000, True)
        assert view.since is not None
        assert (scene.clock.now() - view.since).total_seconds() == pytest.approx(20, abs=2)
        assert (scene.troubles(), scene.hub.open) == (set(), 1)

    played(settings_of(tmp_path), act)
    assert SECRET not in repr(PAIRING)


def test_a_clock_that_is_wrong_is_told_and_spoils_no_credential(tmp_path: Path) -> None:
    keep(tmp_path)

    async def act(scene: Scene) -> None:
        scene.hub.ahead = 86_400.0
        await scene.wait(20)
        ice = scene.desk.ice()
        assert ice is not None
        assert ice.ahead == pytest.approx(86_400, abs=2)
        assert scene.troubles() == {HUB_CLOCK}

    played(settings_of(tmp_path), act)


def test_a_hub_that_is_restarted_is_found_again_within_five_seconds(tmp_path: Path) -> None:
    keep(tmp_path)

    async def act(scene: Scene) -> None:
        await scene.wait(60)
        scene.hub.refuses = HubReason.NOT_LISTENING
        scene.hub.end()
        await scene.wait(3)
        assert scene.desk.view().state == "down"
        assert HUB_TRYING in scene.troubles()
        assert not is_told(next(one for one in scene.board.problems() if one.key == HUB_TRYING))
        scene.hub.refuses = None
        await scene.wait(5)
        assert scene.desk.view().state == "up"
        await scene.wait(3)
        assert scene.troubles() == set()

    played(settings_of(tmp_path), act)


def test_a_way_that_carries_nothing_is_noticed_and_made_anew(tmp_path: Path) -> None:
    keep(tmp_path)

    async def act(scene: Scene) -> None:
        await scene.wait(30)
        scene.hub.silent = True
        await scene.wait(20)
        assert scene.desk.view().state == "down"
        scene.hub.silent = False
        await scene.wait(10)
        assert scene.desk.view().state == "up"
        assert (scene.hub.let_gos > 0, scene.hub.open) == (True, 1)

    played(settings_of(tmp_path), act)


def test_a_door_that_cannot_be_reached_is_told_after_two_minutes_and_the_house_sees_on(tmp_path: Path) -> None:
    keep(tmp_path)

    async def act(scene: Scene) -> None:
        scene.hub.refuses = HubReason.NO_ROUTE
        await scene.wait(60)
        assert scene.troubles() == {HUB_TRYING}
        await scene.wait(90)
        (problem,) = scene.board.problems()
        assert (problem.key, problem.minor, is_told(problem)) == (HUB, True, True)
        assert "cannot be reached from outside" in problem.what
        assert "Recording" in problem.what

    played(settings_of(tmp_path), act)


def test_a_key_that_was_revoked_is_told_at_once(tmp_path: Path) -> None:
    keep(tmp_path)

    async def act(scene: Scene) -> None:
        scene.hub.refuses = HubReason.REVOKED
        await scene.wait(5)
        assert scene.troubles() == {HUB}
        await scene.wait(3600)
        assert scene.hub.connections < 200

    played(settings_of(tmp_path), act)


def test_what_the_hub_cannot_reach_is_told_after_a_minute(tmp_path: Path) -> None:
    keep(tmp_path)

    async def act(scene: Scene) -> None:
        scene.hub.reached = False
        await scene.wait(40)
        assert scene.troubles() == set()
        await scene.wait(40)
        assert scene.troubles() == {HUB}

    played(settings_of(tmp_path), act)


def test_two_houses_with_one_key_are_told_and_do_not_fight_on_and_on(tmp_path: Path) -> None:
    keep(tmp_path)

    async def act(scene: Scene) -> None:
        for _ in range(4):  # the other one throws us out, and has the port when we come back
            await scene.wait(6)
            scene.hub.refuses = HubReason.PORT_TAKEN
            scene.hub.end()
            await scene.wait(5.2)
            scene.hub.refuses = None
        await scene.wait(6)
        assert HUB_RIVAL in scene.troubles()
        before = scene.hub.let_gos
        scene.hub.refuses = HubReason.PORT_TAKEN
        scene.hub.end()
        await scene.wait(300)
        assert scene.hub.let_gos - before <= 6

    played(settings_of(tmp_path), act)


def test_joining_is_used_at_once_but_for_links(tmp_path: Path) -> None:
    async def act(scene: Scene) -> None:
        await scene.wait(10)
        with pytest.raises(PairingRefused):
            await scene.desk.pair("bad")
        assert (scene.desk.view().paired, scene.hub.connections) == (False, 0)
        await scene.desk.pair("good")
        assert scene.place.host() == "door.example.org"
        assert scene.place.ice() == HubIce("hub.example.org", 3478, SECRET)
        assert scene.desk.view().state == "connecting"
        await scene.wait(5)
        view = scene.desk.view()
        assert (view.state, view.needs_restart) == ("up", True)

    played(settings_of(tmp_path), act)
    assert with_hub(settings_of(tmp_path)).server.address == "https://door.example.org"


def test_another_hub_takes_the_place_of_the_one_before_once_it_took_the_house(tmp_path: Path) -> None:
    keep(tmp_path, replace(PAIRING, host="old.example.org", hub="old.example.org"))

    async def other(code: str, data: Path, now: datetime) -> KeptPairing:
        del code, data, now
        return KeptPairing(PAIRING, 1_700_000_000)

    async def act(scene: Scene) -> None:
        scene.desk._join = other
        await scene.wait(10)
        assert scene.desk.view().state == "up"
        await scene.desk.pair("good")
        view = scene.desk.view()
        assert (view.state, view.host, scene.hub.open) == ("connecting", "door.example.org", 1)
        await scene.wait(10)
        assert (scene.desk.view().state, scene.hub.open) == ("up", 1)
        assert [one.hub for one in scene.hub.pairings] == ["old.example.org", "hub.example.org"]

    played(settings_of(tmp_path), act)


def test_an_address_of_the_config_goes_before_the_hubs(tmp_path: Path) -> None:
    async def act(scene: Scene) -> None:
        await scene.desk.pair("good")
        assert not scene.desk.view().needs_restart

    settings = settings_of(tmp_path, "https://own.example.org")
    played(settings, act)
    assert with_hub(settings) == settings


def test_who_leaves_is_reached_at_home_only(tmp_path: Path) -> None:
    keep(tmp_path)

    async def act(scene: Scene) -> None:
        await scene.wait(10)
        assert await scene.desk.leave()
        assert (scene.place.host(), scene.place.ice(), scene.hub.open) == ("", None, 1)  # until that was read
        assert scene.desk.view().state == "off"
        await scene.wait(5)
        view = scene.desk.view()
        assert (view.paired, view.state, scene.hub.open, view.needs_restart) == (False, "off", 0, True)
        assert not await scene.desk.leave()

    played(settings_of(tmp_path), act)
    assert not (tmp_path / "hub").exists()


def test_the_config_switches_it_off_and_on_without_a_restart(tmp_path: Path) -> None:
    keep(tmp_path)

    async def act(scene: Scene) -> None:
        await scene.wait(10)
        off = settings_of(tmp_path, enabled=False)
        scene.desk.use(off)
        await scene.wait(0.2)
        assert scene.hub.open == 1  # until who did it, perhaps through the hub, has read so
        await scene.wait(2)
        view = scene.desk.view()
        assert (view.paired, view.enabled, view.state, scene.hub.open) == (True, False, "off", 0)
        assert (scene.place.host(), scene.troubles()) == ("", set())
        used = scene.desk.use(replace(off, hub=HubSettings()))
        assert used.server.address == "https://door.example.org"  # by which this run began its links
        await scene.wait(5)
        assert scene.desk.view().state == "up"

    played(settings_of(tmp_path), act)


@pytest.mark.parametrize("text", ["", "{", '{"v": 1}', "\x00\xff", '{"v":1,"box":"../x"}', "[]", "7"])
def test_a_file_that_is_torn_or_foreign_is_told_and_kept(tmp_path: Path, text: str) -> None:
    folder = keep(tmp_path)
    (folder / "pairing.json").write_text(text, encoding="utf-8")

    async def act(scene: Scene) -> None:
        await scene.wait(5)
        view = scene.desk.view()
        assert (view.paired, view.state) == (False, "off")
        assert "cannot be read" in view.reason
        assert scene.troubles() == {HUB_FILES}
        assert (folder / "pairing.json").read_text(encoding="utf-8") == text
        assert await scene.desk.leave()  # mends it
        await scene.wait(5)
        assert (scene.troubles(), scene.hub.connections) == (set(), 0)

    played(settings_of(tmp_path), act)
    assert with_hub(settings_of(tmp_path)).server.address == ""


def test_a_folder_without_its_key_is_no_hub(tmp_path: Path) -> None:
    (keep(tmp_path) / "key").unlink()
    place = open_place(settings_of(tmp_path))
    assert (place.pairing, "cannot be read" in place.trouble) == (None, True)


def test_a_full_disk_leaves_the_hub_of_before(tmp_path: Path) -> None:
    keep(tmp_path)

    async def full(code: str, data: Path, now: datetime) -> KeptPairing:
        del code, data, now
        msg = "The disk is full."
        raise StoreFull(msg)

    async def act(scene: Scene) -> None:
        scene.desk._join = full
        await scene.wait(10)
        with pytest.raises(StoreFull):
            await scene.desk.pair("good")
        await scene.wait(10)
        assert (scene.desk.view().state, scene.hub.connections) == ("up", 1)

    played(settings_of(tmp_path), act)


def test_every_trouble_of_the_hub_has_its_words_and_its_patience() -> None:
    keys = {HUB, HUB_TRYING, HUB_CERTIFICATE, HUB_CLOCK, HUB_FILES, HUB_RIVAL}
    assert keys <= set(RULES)
    assert keys - {HUB_TRYING} <= set(TITLES)

"""A server's remote detector: shown as a minor problem while it fails, tried by `doorstep check` where that is free."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from doorstep.app.remote_detection import RemoteDetection, try_remote
from doorstep.clock import SystemClock
from doorstep.core.errors import DetectorUnavailable
from doorstep.core.remote_use import DetectionPlace, RemoteCall, RemoteState, RemoteUse
from doorstep.core.settings import DetectionSettings
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Detector
from fakes.clock import FakeClock
from fakes.remote_detector import NOBODY, SOMEBODY, BrightnessDetector, remote_detector

LOCAL = BrightnessDetector()


def settings(address: str, price: float = 0.0) -> DetectionSettings:
    cap = 0.0 if price == 0 else 1.0
    return DetectionSettings(
        where=DetectionPlace.REMOTE, endpoint=address, price_per_call_usd=price, monthly_cap_usd=cap
    )


LONG = 30.0
"""Seconds: on a loaded machine the half second of the product may be over before anybody answers."""


class UnhurriedClock(FakeClock):
    """Stands still while others sleep, so that no look is ever late."""

    async def sleep(self, seconds: float) -> None:
        del seconds
        await asyncio.sleep(0.005)


async def until(what: Callable[[], object]) -> None:
    while not what():  # noqa: ASYNC110 - what it waits for knows no event
        await asyncio.sleep(0.005)


def test_a_failing_remote_is_a_minor_problem_until_it_serves_again(tmp_path: Path) -> None:
    clock, calls = UnhurriedClock(), list[RemoteCall]()
    health = HealthBoard(clock)

    async def main(address: str, mend: Callable[[], None]) -> None:
        remote = RemoteDetection(settings(address), lambda: LOCAL, tmp_path, health, clock, LONG)
        async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
            running = tasks.create_task(remote.run())
            looked = await asyncio.to_thread(remote.look, remote.current(), SOMEBODY, 0.3, calls.append)
            assert (looked.where, len(looked.detections)) == (DetectionPlace.LOCAL, 1)
            await until(health.problems)
            (problem,) = health.problems()
            assert (problem.key, problem.minor) == ("remote-detector", True)
            assert "Nothing is missed" in problem.remedy
            assert remote.state().trouble == problem.what
            mend()
            clock.advance(100)
            looked = await asyncio.to_thread(remote.look, remote.current(), NOBODY, 0.3, calls.append)
            assert looked.where is DetectionPlace.REMOTE
            await until(lambda: not health.problems())
            assert remote.state() == RemoteState("127.0.0.1", RemoteUse.EVERY_LOOK, None, False, 0.0, 0.0)
            running.cancel()
        remote.close()

    with remote_detector("500") as server:

        def mend() -> None:
            server.mode = "good"

        asyncio.run(main(server.address, mend))
    assert [call.outcome for call in calls] == ["failed", "answered"]


def test_a_failure_that_nothing_repeated_for_a_minute_is_no_longer_shown(tmp_path: Path) -> None:
    clock = UnhurriedClock()
    health = HealthBoard(clock)

    async def main(address: str) -> None:
        remote = RemoteDetection(settings(address), lambda: LOCAL, tmp_path, health, clock, LONG)
        async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
            running = tasks.create_task(remote.run())
            await asyncio.to_thread(remote.look, remote.current(), SOMEBODY, 0.3, list[RemoteCall]().append)
            await until(health.problems)
            clock.advance(59)
            await asyncio.sleep(0.1)
            assert health.problems()
            clock.advance(2)
            await until(lambda: not health.problems())
            assert remote.state().trouble is None
            running.cancel()
        remote.close()

    with remote_detector("500") as server:
        asyncio.run(main(server.address))


def test_who_failed_again_and_again_is_shown_as_left_alone_and_nobody_as_looking_instead(tmp_path: Path) -> None:
    clock = UnhurriedClock()
    health = HealthBoard(clock)

    async def main(address: str) -> None:
        remote = RemoteDetection(settings(address), lambda: None, tmp_path, health, clock, LONG)
        async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
            running = tasks.create_task(remote.run())
            for _ in range(2):
                with pytest.raises(DetectorUnavailable):
                    await asyncio.to_thread(remote.current().detect, SOMEBODY, 0.3)
            assert remote.state().left_alone
            await until(health.problems)
            (problem,) = health.problems()
            assert "No model on this machine looks" in problem.remedy
            assert not problem.minor
            running.cancel()
        remote.close()

    with remote_detector("500") as server:
        asyncio.run(main(server.address))


def test_what_a_month_cost_and_may_cost_is_shown(tmp_path: Path) -> None:
    with remote_detector() as server:
        wanted = settings(server.address, price=0.25)
        remote = RemoteDetection(wanted, lambda: LOCAL, tmp_path, HealthBoard(FakeClock()), SystemClock())
        for _ in range(6):
            remote.current().detect(NOBODY, 0.3)
        state = remote.state()
        remote.close()
    assert len(server.asked) == 4
    assert (state.spent_usd, state.cap_usd) == (1.0, 1.0)
    assert "is spent" in (state.trouble or "")


def test_without_a_local_model_a_remote_that_answers_suffices(tmp_path: Path) -> None:
    nobody: Callable[[], Detector | None] = lambda: None  # noqa: E731 - typed
    with remote_detector() as server:
        remote = RemoteDetection(settings(server.address), nobody, tmp_path, HealthBoard(FakeClock()), SystemClock())
        assert remote.current().detect(SOMEBODY, 0.3)
        remote.close()
        with pytest.raises(DetectorUnavailable):
            remote.current().detect(SOMEBODY, 0.3)


def test_a_check_asks_a_remote_that_costs_nothing_and_no_other(tmp_path: Path) -> None:
    with remote_detector() as server:
        words = try_remote(settings(server.address), tmp_path, SystemClock())
        assert words.startswith("far-model at 127.0.0.1, answers in ")
        assert len(server.asked) == 1
        assert "price" in try_remote(settings(server.address, price=0.1), tmp_path, SystemClock())
        assert len(server.asked) == 1
    with pytest.raises(DetectorUnavailable, match="cannot be reached"):
        try_remote(settings(server.address), tmp_path, SystemClock())

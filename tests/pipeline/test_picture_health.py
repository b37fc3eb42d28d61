"""What the rules find in a camera's pictures is pinned under its name, and goes with the camera."""

import asyncio
from itertools import pairwise

from doorstep.core.camera import CameraId
from doorstep.core.picture_rules import RULES, PictureMeasure
from doorstep.core.settings import CameraSettings
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.picture_health import EVERY_SECONDS, PictureHealth
from doorstep.ports import Frame
from fakes.clock import FakeClock
from fakes.stand_in_frame import StandInFrame

PORCH = CameraSettings(CameraId("porch"), "Porch", "demo://")


def test_a_black_camera_is_pinned_and_unpinned_and_few_frames_are_measured() -> None:
    clock, measured = FakeClock(), list[float]()
    board, brightest = HealthBoard(clock), [18.0]

    def measure(_frame: Frame, at: float) -> PictureMeasure:
        measured.append(at)
        return PictureMeasure(at, brightest[0], 40.0, 0.2, 0.3, (1.0,))

    async def shown(health: PictureHealth, seconds: float) -> None:
        for _ in range(int(seconds * 4)):
            await health.look(StandInFrame())
            clock.advance(0.25)

    async def main() -> None:
        health = PictureHealth(PORCH, measure, board, clock)
        await shown(health, RULES.black - EVERY_SECONDS)
        assert board.problems() == []
        await shown(health, 3 * EVERY_SECONDS)
        (problem,) = board.problems()
        assert (problem.key, problem.what, problem.minor) == (
            "camera:porch:black",
            "Porch shows only black.",
            False,
        )
        brightest[0] = 200.0
        await shown(health, RULES.over + 2 * EVERY_SECONDS)
        assert board.problems() == []

    asyncio.run(main())
    assert all(later - one >= EVERY_SECONDS for one, later in pairwise(measured))

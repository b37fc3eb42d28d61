"""Which cameras go off-site, over changes of the config while the house runs."""

from dataclasses import replace
from typing import Any, cast

from doorstep.app.off_site import OffSiteCopies
from doorstep.core.camera import CameraId
from doorstep.core.settings import CameraSettings
from doorstep.pipeline.aside import NOBODY_BESIDE

GARDEN = CameraId("garden")


class Parts:
    """Stands in for who sends running events."""

    def __init__(self) -> None:
        self.dropped: list[CameraId] = []

    def of(self, buffered: object) -> object:
        return buffered

    def drop_camera(self, camera: CameraId) -> None:
        self.dropped.append(camera)


def test_a_camera_that_is_told_to_stay_here_sends_not_even_what_waits_until_it_may_again() -> None:
    parts, anything = Parts(), cast("Any", None)
    copies = OffSiteCopies(anything, anything, anything, cast("Any", parts), anything, anything, None, anything)
    camera = CameraSettings(GARDEN, "Garden", "demo:", upload=True)
    assert copies.beside(camera, anything) is None
    assert (copies.cameras, copies.stay_here) == ({GARDEN: "Garden"}, set())
    assert copies.beside(replace(camera, upload=False), anything) is NOBODY_BESIDE
    assert (copies.cameras, copies.stay_here, parts.dropped) == ({}, {GARDEN}, [GARDEN])
    copies.beside(camera, anything)
    assert (copies.cameras, copies.stay_here) == ({GARDEN: "Garden"}, set())

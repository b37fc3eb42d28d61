"""Which cameras are opened how; above all, that none is shown without the mask that its owner drew."""

from dataclasses import replace
from datetime import UTC
from typing import Any, cast

import pytest

from doorstep.app.rtmp_intake import RtmpIntake
from doorstep.app.sources import Sources
from doorstep.core.camera import CameraId
from doorstep.core.errors import ConfigInvalid
from doorstep.core.settings import CameraSettings
from doorstep.sources.nursery import Nursery
from fakes.clock import FakeClock
from fakes.masked_pictures import MASK

PUSHED = CameraSettings(CameraId("door"), "Door", "rtmp-listen://127.0.0.1/live", stream_key="0123456789abcdef")


@pytest.mark.parametrize("painted", [{"masks": (MASK,)}, {"rotation": 90}, {"masks": (MASK,), "reencode": True}])
def test_a_pushed_camera_is_not_opened_without_its_mask(painted: dict[str, Any]) -> None:
    nobody = cast("Any", None)
    sources = Sources(FakeClock(), UTC, None, cast("Nursery", nobody), cast("RtmpIntake", nobody))
    with pytest.raises(ConfigInvalid, match="by what sends it"):
        sources.open(replace(PUSHED, **painted))

"""What a camera's settings come to for the reader in another process."""

import pytest

from doorstep.core.camera import CameraId
from doorstep.core.settings import CameraSettings
from doorstep.sources.source_spec import spec_of

MAIN, SMALL = "rtsp://camera/main", "rtsp://camera/small"


@pytest.mark.parametrize("audio", [True, False])
def test_sound_is_kept_of_the_main_stream_alone_and_only_where_it_is_wanted(audio: bool) -> None:
    camera = CameraSettings(CameraId("door"), "Door", MAIN, SMALL, audio=audio)
    assert spec_of(camera).audio is audio
    assert spec_of(camera, MAIN).audio is audio
    assert spec_of(camera, SMALL).audio is False

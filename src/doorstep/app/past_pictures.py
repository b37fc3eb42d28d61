"""Pictures of what was recorded: who finds them and the process that decodes them, put together."""

from doorstep.app.ground import Ground
from doorstep.app.past_picture_child import COMMAND
from doorstep.core.camera import CameraId
from doorstep.pipeline.past_pictures import PastPictures
from doorstep.pipeline.picture_process import PictureProcess
from doorstep.pipeline.segmenter import BufferedCamera


def make_past_pictures(ground: Ground, buffers: dict[CameraId, BufferedCamera]) -> PastPictures:
    """Nothing is started before a picture is asked for."""
    process = PictureProcess(COMMAND, ground.clock)
    return PastPictures(ground.storage.store, buffers, ground.clock, ground.catalog, process)

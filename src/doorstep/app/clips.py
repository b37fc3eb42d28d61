"""What is cut out of recordings: clips, their H.264 for who cannot play them, and pictures of a moment."""

from dataclasses import dataclass

from doorstep.app import transcode_child
from doorstep.app.ground import Ground
from doorstep.app.past_pictures import make_past_pictures
from doorstep.core.camera import CameraId
from doorstep.pipeline.clip_builder import RecordedClips
from doorstep.pipeline.clip_conversion import Conversions
from doorstep.pipeline.past_pictures import PastPictures
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.pipeline.supervisor import Tasks


@dataclass(frozen=True, slots=True)
class ClipParts:
    """`recorded` builds clips, `past` shows moments."""

    recorded: RecordedClips
    conversions: Conversions
    past: PastPictures

    def endless(self) -> Tasks:
        """What runs until the server stops, by its name."""
        return {"conversions": self.conversions.run, "past pictures": self.past.run}


def make_clips(ground: Ground, buffers: dict[CameraId, BufferedCamera]) -> ClipParts:
    """Out of the store and of the cameras' buffers; nothing is started before something is asked for."""
    conversions = Conversions(ground.settings.server.data / "converted", transcode_child.COMMAND)
    recorded = RecordedClips(ground.storage.store, buffers, ground.clock, ground.catalog, conversions)
    return ClipParts(recorded, conversions, make_past_pictures(ground, buffers))

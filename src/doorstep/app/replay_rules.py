"""The rules that the config gives a camera, for replaying them: the same that `cameras` gives its watcher."""

from doorstep.core.camera import CameraId
from doorstep.core.detection import Thresholds
from doorstep.core.relevance import Relevance
from doorstep.core.replay import ReplayRules
from doorstep.core.settings import CameraSettings, Settings
from doorstep.pipeline.watcher import CROPS


def replay_rules(
    settings: Settings, camera: CameraSettings | None, thresholds: Thresholds, *, whole: bool
) -> ReplayRules:
    """Of a camera that the config names, or of one without zones; with `whole` no crop is ever looked at."""
    relevance = Relevance() if camera is None else Relevance(camera.zones, camera.least_heights)
    detection = settings.detection
    regions = None if whole or not detection.crops else CROPS
    return ReplayRules(thresholds, settings.events, relevance, regions, detection.look_at_least_every)


def camera_of(settings: Settings, camera: str) -> CameraSettings | None:
    """What the config says of it."""
    return next((one for one in settings.cameras if one.id == CameraId(camera)), None)

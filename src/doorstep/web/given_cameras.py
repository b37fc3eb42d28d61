"""Which cameras a new token or user may be given.  A rule shared by both; nothing else belongs here."""

from doorstep.core.access import Grant, Scope
from doorstep.core.camera import CameraId
from doorstep.core.site import site_of
from doorstep.web.parts import WebParts
from doorstep.web.problems import Refusal


def given_cameras(parts: WebParts, asker: Grant, wanted: list[str] | None) -> frozenset[CameraId] | None:
    """The cameras to give, None for all.  Raises Refusal: nobody gives what does not exist or is not theirs."""
    if wanted is None:
        if asker.cameras is not None:
            raise Refusal(403, "not-allowed", "You cannot give all cameras, for you do not see all of them.")
        return None
    for name in wanted:
        if not _may_give(parts, asker, CameraId(name)):
            raise Refusal(400, "unknown-camera", "One of these cameras does not exist.")
    return frozenset(map(CameraId, wanted))


def _may_give(parts: WebParts, asker: Grant, camera: CameraId) -> bool:
    """Which cameras another box has is that box's to know; its name is given by who may do everything here."""
    if site_of(camera) is None:
        return asker.sees(camera) and parts.cameras.camera(camera) is not None
    return asker.sees(camera) or (asker.cameras is None and asker.allows(Scope.ADMIN))

"""The clips that were handed out a moment ago.  "The last minute" is another minute at each request, so the ranges of
one download must come from one clip.
"""

from collections import OrderedDict

from starlette.requests import Request

from doorstep.core.clip_file import Clip
from doorstep.ports import Clock
from doorstep.web.byte_range import begins_anew
from doorstep.web.clip_body import etag_of

REMEMBERED_SECONDS = 600.0
MOST_REMEMBERED = 16

ClipKey = tuple[str, ...]


class RecentClips:
    """Bounded by number and age.  Used on the event loop only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._clips: OrderedDict[ClipKey, tuple[float, Clip]] = OrderedDict()

    def remember(self, key: ClipKey, clip: Clip) -> Clip:
        """Keep a clip for the ranges to come; the oldest goes when there are too many."""
        self._clips[key] = (self._clock.monotonic(), clip)
        self._clips.move_to_end(key)
        while len(self._clips) > MOST_REMEMBERED:
            self._clips.popitem(last=False)
        return clip

    def known(self, key: ClipKey) -> Clip | None:
        """The clip that was handed out under this key, unless that is too long ago."""
        made_at, clip = self._clips.get(key, (0.0, None))
        return clip if self._clock.monotonic() - made_at <= REMEMBERED_SECONDS else None

    def meant_by(self, request: Request, key: ClipKey) -> Clip | None:
        """The clip that a range request goes on with; None when it asks anew."""
        clip = self.known(key)
        if clip is None:
            return None
        condition = request.headers.get("if-range")
        if condition is not None:
            return clip if condition.strip() == etag_of(clip) else None
        return None if begins_anew(request.headers.get("range")) else clip


def recent_clips_of(request: Request) -> RecentClips:
    """Those of this server."""
    clips: RecentClips = request.app.state.recent_clips
    return clips

"""What one camera's pipeline is made of.  How it works together: `camera_pipeline`."""

from collections.abc import Callable
from dataclasses import dataclass

from doorstep.core.event_tracker import EventTracker
from doorstep.core.notice import Notice
from doorstep.pipeline.alerts import AlertDesk
from doorstep.pipeline.aside import NOBODY_BESIDE, Aside
from doorstep.pipeline.event_desk import Explain, unexplained, unnoticed
from doorstep.pipeline.live_stream import NOBODY, LiveStream
from doorstep.pipeline.mailbox import FrameMailbox
from doorstep.pipeline.recorder import Recorder
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.pipeline.stills import Stills
from doorstep.pipeline.watcher import Watcher
from doorstep.ports import FrameTap, Source


@dataclass(frozen=True, slots=True)
class CameraParts:
    """What one camera's pipeline is made of; `app` makes them.

    `detect` opens the smaller stream to look at, where there is one; what is looked at comes `encoded`, or its pictures
    are ours.  `main` and `sub` are for those who watch the one or the other stream without decoding; `explain` learns
    why events open, `notice` what onlookers hear; both are called on the loop and never raise or block.  `drifted`
    hears that the camera's clock and ours disagree, where ours was not set.  `aside` is told what the recorder is.
    """

    source: Callable[[], Source]
    live: FrameTap
    mailbox: FrameMailbox
    buffered: BufferedCamera
    watcher: Watcher
    tracker: EventTracker
    recorder: Recorder
    stills: Stills
    alerts: AlertDesk
    detect: Callable[[], Source] | None = None
    encoded: bool = False
    main: LiveStream = NOBODY
    sub: LiveStream = NOBODY
    explain: Explain = unexplained
    notice: Callable[[Notice], None] = unnoticed
    drifted: Callable[[], None] = lambda: None
    aside: Aside = NOBODY_BESIDE

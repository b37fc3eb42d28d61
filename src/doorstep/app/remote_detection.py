"""The remote detector of a server, beside the local one: made out of settings, its trouble shown, closed at the end."""

from collections.abc import Callable
from pathlib import Path

from doorstep.core.cloud_settings import AwsSettings
from doorstep.core.remote_use import CallTold, Looked, RemoteState
from doorstep.core.settings import DetectionSettings
from doorstep.media.frame import grey_picture
from doorstep.pipeline.health import HealthBoard
from doorstep.ports import Clock, Detector, Frame
from doorstep.vision.aws_signature import AwsSignature
from doorstep.vision.remote import RemoteDetector, RemoteSettings
from doorstep.vision.remote_fallback import FallbackDetector
from doorstep.vision.remote_purse import Purse

KEY = "remote-detector"
SHOWN_EVERY_SECONDS = 1.0
ANSWER_SECONDS = 0.5
"""A look that takes longer is the local model's."""

TRY_SECONDS = 5.0
OLD_SECONDS = 60.0
"""A failure that nothing repeated for so long is no longer shown: where only doubtful looks are sent, none was."""

INSTEAD = "Nothing is missed: the model on this machine looks meanwhile."
NOBODY_INSTEAD = "No model on this machine looks meanwhile: run `doorstep models fetch`."


class RemoteDetection:
    """Made on the event loop; `local` gives None while its model is loading or missing."""

    def __init__(
        self,
        settings: DetectionSettings,
        local: Callable[[], Detector | None],
        data: Path,
        health: HealthBoard,
        clock: Clock,
        answer_seconds: float = ANSWER_SECONDS,
        aws: AwsSettings | None = None,
        counted: Callable[[CallTold], CallTold] = lambda told: told,
    ) -> None:
        """Reads what was spent from the folder `data`; `aws` has the keys of a detector whose calls are signed.

        `counted` wraps who is told of each call, so that its price is written down.
        Raises ConfigInvalid for an address that cannot be used, and where the library that signs is not installed.
        """
        self._remote = _remote(settings, data, clock, answer_seconds, aws)
        self._both = FallbackDetector(self._remote, local, settings.use)
        self._local = local
        self._counted = counted
        self._use = settings.use
        self._health = health
        self._clock = clock
        self._failures = 0
        self._failed_at = clock.monotonic()

    def current(self) -> Detector:
        """There is always one to ask."""
        return self._both

    def look(self, _detector: Detector, frame: Frame, least: float, told: CallTold) -> Looked:
        """As `pipeline.watcher.LookWith`.  From any thread; blocks for one look."""
        return self._both.look(frame, least, self._counted(told))

    def state(self) -> RemoteState:
        """As it is now.  On the event loop."""
        remote = self._remote
        return RemoteState(remote.host, self._use, self._trouble(), remote.left_alone, remote.spent_usd, remote.cap_usd)

    async def run(self) -> None:
        """Show for ever what is wrong with it: a minor problem where the local model looks instead."""
        while True:
            trouble = self._trouble()
            if trouble is None:
                self._health.clear(KEY)
            else:
                instead = self._local() is not None
                self._health.report(KEY, trouble, INSTEAD if instead else NOBODY_INSTEAD, minor=instead)
            await self._clock.sleep(SHOWN_EVERY_SECONDS)

    def _trouble(self) -> str | None:
        if self._both.failures != self._failures:
            self._failures, self._failed_at = self._both.failures, self._clock.monotonic()
        old = self._clock.monotonic() - self._failed_at > OLD_SECONDS
        return None if old and not self._remote.left_alone else self._both.trouble

    def close(self) -> None:
        """Nobody looks any more.  Blocks for some seconds at most."""
        self._remote.close()


def try_remote(settings: DetectionSettings, data: Path, clock: Clock, aws: AwsSettings | None = None) -> str:
    """What a remote detector says to a grey picture, in words for the owner.  Blocks for seconds.

    One that costs money is not asked.  Raises ConfigInvalid, DetectorUnavailable.
    """
    remote = _remote(settings, data, clock, TRY_SECONDS, aws)
    try:
        if settings.price_per_call_usd > 0:
            return f"{remote.host}, not tried, since a call has its price"
        began = clock.monotonic()
        remote.detect(grey_picture(640, 360), 0.5)
        return f"{remote.name}, answers in {1000 * (clock.monotonic() - began):.0f} ms"
    finally:
        remote.close()


def _remote(
    settings: DetectionSettings, data: Path, clock: Clock, answer_seconds: float, aws: AwsSettings | None
) -> RemoteDetector:
    where = RemoteSettings(settings.endpoint, token=settings.token, answer_seconds=answer_seconds)
    purse = Purse(data, settings.monthly_cap_usd, settings.price_per_call_usd)
    keys = aws or AwsSettings()
    auth = AwsSignature(keys.recorder, keys.region, clock) if settings.sign == "aws" else None
    return RemoteDetector(where, purse, clock, auth=auth)

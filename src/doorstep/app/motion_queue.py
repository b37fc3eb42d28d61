"""Motion from the cloud that waits in a queue: read for ever, tried again after a failure, shown when that lasts."""

import random
from collections.abc import Awaitable, Callable

import structlog

from doorstep.app.telling import alerts_folder
from doorstep.core.backoff import Backoff
from doorstep.core.camera import CameraId
from doorstep.core.cloud_settings import AwsSettings
from doorstep.core.errors import SourceError, SourceRefused
from doorstep.core.outside_word import OutsideWord
from doorstep.core.settings import Settings
from doorstep.core.signed_motion import MotionSecret, SeenMarks
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.supervisor import Tasks
from doorstep.ports import Clock
from doorstep.stores.mark_journal import MarkJournal
from doorstep.triggers.motion_queue import MotionQueue

log = structlog.get_logger()

KEY, LATE_KEY = "motion-queue", "motion-queue-late"
SHOWN_AFTER_SECONDS = 180.0
LATE_SHOWN_SECONDS = 3600.0
FIRST_SECONDS, LONGEST_SECONDS, REFUSED_SECONDS = 1.0, 60.0, 60.0
MOST_LATE = 3
"""So many late words without one in time: it is this machine's clock, or the sender's."""


def motion_tasks(
    settings: AwsSettings,
    take: Callable[[OutsideWord], Awaitable[object]],
    is_known: Callable[[CameraId], bool],
    health: HealthBoard,
    clock: Clock,
    paid: Callable[[str], None] = lambda _operation: None,
    may_pay: Callable[[], bool] = lambda: True,
    seen: SeenMarks | None = None,
) -> Tasks:
    """The task that reads the queue, none where the config names no queue: then nobody is asked.

    `seen` is what was acted on before.  `paid` is told of each call that costs money, and none is made while `may_pay`
    says no.
    """
    if not settings.motion_queue:
        return {}
    queue = MotionQueue(settings, take, is_known, clock, paid, may_pay, seen)
    return {"motion queue": MotionEar(queue, health, clock, may_pay).run}


def motion_secret(settings: AwsSettings) -> MotionSecret | None:
    """What signed reports of motion are verified with, None where the config names none."""
    return MotionSecret(settings.motion_secret) if settings.motion_secret else None


def seen_motion(settings: Settings, clock: Clock) -> SeenMarks:
    """What of the signed words this run and the one before acted on; without a secret in the config nothing is kept."""
    if not settings.aws.motion_secret:
        return SeenMarks()
    journal = MarkJournal(alerts_folder(settings))
    seen = SeenMarks(note=journal.note)
    seen.take_up(journal.noted(), clock.monotonic())
    return seen


class MotionEar:
    """Keeps one queue read.  Used on the event loop only."""

    def __init__(
        self, queue: MotionQueue, health: HealthBoard, clock: Clock, may_pay: Callable[[], bool] = lambda: True
    ) -> None:
        self._queue = queue
        self._may_pay = may_pay
        self._health = health
        self._clock = clock
        self._backoff = Backoff(first=FIRST_SECONDS, longest=LONGEST_SECONDS)
        self._heard_at = clock.monotonic()
        self._trouble = ""

    async def run(self) -> None:
        """For ever."""
        self._heard_at = self._clock.monotonic()
        while True:
            while not self._may_pay():  # the cost ledger tells the owner
                await self._clock.sleep(REFUSED_SECONDS)
            try:
                await self._queue.listen(self._heard)
            except SourceError as error:
                await self._lost(error)

    def _heard(self) -> None:
        self._heard_at = self._clock.monotonic()
        self._backoff.reset()
        if self._trouble:
            log.info("the queue of motion is read again")
        self._trouble = ""
        self._health.clear(KEY)
        self._show_late()

    async def _lost(self, error: SourceError) -> None:
        """A log line at each change; a problem after minutes, or at once where only the owner can help."""
        refused = isinstance(error, SourceRefused)
        if str(error) != self._trouble:
            log.warning("the queue of motion cannot be read", reason=str(error))
            self._trouble = str(error)
        if refused or self._clock.monotonic() - self._heard_at > SHOWN_AFTER_SECONDS:
            what = f"Motion from the cloud cannot be heard: {error}"
            remedy = "Check aws.motion_queue and the keys in [aws], this machine's clock, and the internet."
            self._health.report(KEY, what, remedy, minor=True)
        jitter = random.random()  # noqa: S311 - jitter, not a secret
        await self._clock.sleep(REFUSED_SECONDS * (0.5 + jitter / 2) if refused else self._backoff.next(jitter))

    def _show_late(self) -> None:
        if self._queue.late_in_a_row < MOST_LATE:
            self._health.clear(LATE_KEY)
            return
        what = "Motion from the cloud comes too late to be news, and is left out."
        remedy = "Check this machine's clock, and the internet."
        self._health.report(LATE_KEY, what, remedy, LATE_SHOWN_SECONDS, minor=True)

"""Whether somebody is told of an alert, and if not, why.  The rules: `core/alert_policy`, `core/alert_spacing`."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace

import structlog

from doorstep.core.alert import Alert, AlertId
from doorstep.core.alert_policy import may_reach
from doorstep.core.alert_spacing import AlertSpacing
from doorstep.core.recipient import Recipient, Turn
from doorstep.core.silence import Silence
from doorstep.pipeline.preferences import PreferenceBook
from doorstep.ports import Clock

log = structlog.get_logger()

MOST_SPACINGS = 500
MOST_HELD = 500
FOR_NOW = frozenset({Silence.QUIET_HOURS, Silence.SNOOZED, Silence.HOUSE_SNOOZED})


class Silences:
    """Used on the event loop; never blocks."""

    def __init__(self, book: PreferenceBook, clock: Clock, cooldown: float = 120.0) -> None:
        """`cooldown` in seconds, of each recipient and camera."""
        self._book = book
        self._clock = clock
        self._cooldown = cooldown
        self._spacings: dict[str, AlertSpacing] = {}
        self._held: dict[str, deque[AlertId]] = {}

    def space_by(self, cooldown: float) -> None:
        """Another cooldown from now on; what was told before begins none of it."""
        if cooldown != self._cooldown:
            self._cooldown = cooldown
            self._spacings.clear()

    def of(self, recipient: Recipient, alert: Alert) -> Silence | None:
        """Why he is not told of this alert; None means that he is, which begins his cooldown.

        Asked once for each alert and recipient, when he is to be told: also of one whose turn comes later.
        """
        silence = self.would_be(recipient, alert)
        if silence is None and alert.camera is not None and alert.cause is not None and not alert.is_test:
            silence = self._spacing(recipient.channel).may_tell(alert.camera, alert.cause, alert.at)
        if silence is not None:
            log.info("not told", channel=recipient.channel, alert=alert.id, reason=silence.value)
        if silence in FOR_NOW and alert.cause is None and recipient.turn is Turn.FIRST:
            self._held.setdefault(recipient.channel, deque(maxlen=MOST_HELD)).append(alert.id)
        return silence

    def would_be(self, recipient: Recipient, alert: Alert) -> Silence | None:
        """Why he would not want it now; begins nothing."""
        wanting = replace(recipient, preferences=self._book.of(recipient))
        return may_reach(wanting, alert, self._clock.now(), self._book.zone, self._book.house)

    def held(self) -> Mapping[str, Sequence[AlertId]]:
        """By channel, the newest alerts about Doorstep itself that it was not told because it was quiet there."""
        return self._held

    def told_of(self, channel: str) -> None:
        """Nothing is held of it any more."""
        self._held.pop(channel, None)

    def _spacing(self, channel: str) -> AlertSpacing:
        """His own; with too many, the one that was made first goes, of a device that is long gone."""
        if channel not in self._spacings and len(self._spacings) >= MOST_SPACINGS:
            del self._spacings[next(iter(self._spacings))]
        return self._spacings.setdefault(channel, AlertSpacing(self._cooldown))

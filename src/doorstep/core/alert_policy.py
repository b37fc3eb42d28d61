"""Who wants to be told of what, and when: choices, snoozes and quiet hours.  Not again and again: `alert_spacing`."""

from datetime import datetime, timedelta, tzinfo

from doorstep.core.alert import Alert
from doorstep.core.alert_preferences import EVERYTHING, AlertPreferences
from doorstep.core.camera import CameraId
from doorstep.core.cause import Cause
from doorstep.core.quiet_hours import is_quiet
from doorstep.core.recipient import Recipient
from doorstep.core.silence import Silence

LONGEST_SNOOZE = timedelta(hours=24)


def may_reach(
    recipient: Recipient, alert: Alert, now: datetime, zone: tzinfo, house: AlertPreferences
) -> Silence | None:
    """Why the recipient does not want this alert at `now` (aware); None means that he is told.

    His preferences are `recipient.preferences`, everything where there are none.  `house` are those of the house, of
    which the snooze holds for everybody.  `zone` is where quiet hours are meant.  A press beats snoozes and quiet
    hours, never a choice.  A test beats the choices, for it tries the channel, and nothing else: it wakes nobody.
    """
    own = recipient.preferences or EVERYTHING
    if not may_see(recipient, alert):
        return Silence.MAY_NOT_SEE
    if not alert.is_test and (unwanted := _unwanted(own, alert.camera, alert.cause)) is not None:
        return unwanted
    if alert.is_urgent and not alert.is_test:
        return None
    if is_snoozed(house, now):
        return Silence.HOUSE_SNOOZED
    if is_snoozed(own, now):
        return Silence.SNOOZED
    return Silence.QUIET_HOURS if is_quiet(own.quiet_hours, now, zone) else None


def may_see(recipient: Recipient, alert: Alert) -> bool:
    """Whether its camera is one for his eyes; no choice, and no press, changes that."""
    return alert.camera is None or recipient.may_see is None or alert.camera in recipient.may_see


def is_snoozed(preferences: AlertPreferences, now: datetime) -> bool:
    """Whether a snooze runs at `now`.  One that would last longer than any may means that the clock was set back."""
    until = preferences.snoozed_until
    return until is not None and timedelta() < until - now <= LONGEST_SNOOZE


def _unwanted(own: AlertPreferences, camera: CameraId | None, cause: Cause | None) -> Silence | None:
    if cause is None and not own.troubles:
        return Silence.TROUBLE
    if cause is not None and cause not in own.causes:
        return Silence.CAUSE
    if camera is not None and own.cameras is not None and camera not in own.cameras:
        return Silence.CAMERA
    return None

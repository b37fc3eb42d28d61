"""Why somebody is not told of an alert, in plain words.  The rules: `alert_policy`, `alert_spacing`."""

from enum import StrEnum


class Silence(StrEnum):
    """In words that go on "Anna's phone was not told: "."""

    MAY_NOT_SEE = "this camera is not for these eyes"
    TROUBLE = "words about Doorstep itself are not wanted there"
    CAUSE = "alerts of this kind are not wanted there"
    CAMERA = "alerts of this camera are not wanted there"
    HOUSE_SNOOZED = "the whole house is snoozed"
    SNOOZED = "snoozed"
    QUIET_HOURS = "quiet hours"
    COOLDOWN = "told of this camera a moment ago"
    SAME_VISIT = "told of the same visit by another camera"

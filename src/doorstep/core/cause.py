"""Why an event exists.  On its own, because settings name causes, and the rules of events read settings."""

from enum import StrEnum


class Cause(StrEnum):
    """Why an event exists."""

    PERSON = "person"
    PRESS = "press"
    TRIGGER = "trigger"
    MOTION = "motion"
    LOITERING = "loitering"


WEIGHTIEST_FIRST = (Cause.PRESS, Cause.PERSON, Cause.LOITERING, Cause.TRIGGER, Cause.MOTION)
"""An event that has several is called by the first of these."""

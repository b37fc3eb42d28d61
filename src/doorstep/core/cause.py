"""Why an event exists.  On its own, because settings name causes, and the rules of events read settings."""

from enum import StrEnum


class Cause(StrEnum):
    """Why an event exists."""

    PERSON = "person"
    PRESS = "press"
    TRIGGER = "trigger"
    MOTION = "motion"
    LOITERING = "loitering"
    SAVED = "saved"
    """Nothing happened: somebody kept a span of video.  Nobody is ever told of it."""


WEIGHTIEST_FIRST = (Cause.PRESS, Cause.PERSON, Cause.LOITERING, Cause.TRIGGER, Cause.MOTION, Cause.SAVED)
"""An event that has several is called by the first of these."""

TOLD = frozenset(Cause) - {Cause.SAVED}
"""What somebody can be told of."""

"""Is a person told when somebody is at the door?  Only what has come through counts.  Of the house: `health_rules`."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from doorstep.core.standing import Standing


class Reached(StrEnum):
    """How it stands with one person, the best of his channels."""

    TOLD = "told"
    FAILING = "failing"
    UNPROVEN = "unproven"
    NO_CHANNEL = "no-channel"


def reached(person: str, standings: Sequence[Standing]) -> Reached:
    """By his own channels and those of the whole house: one that took an alert and takes them now is enough."""
    theirs = [one for one in standings if one.recipient.reaches_people and one.recipient.person in (None, person)]
    if not theirs:
        return Reached.NO_CHANNEL
    proven = [one for one in theirs if one.proven_at is not None]
    if any(not one.trouble for one in proven):
        return Reached.TOLD
    return Reached.FAILING if proven or all(one.trouble for one in theirs) else Reached.UNPROVEN


def reached_people(people: Iterable[str], standings: Sequence[Standing]) -> list[tuple[str, Reached]]:
    """Of each of them."""
    return [(person, reached(person, standings)) for person in people]

"""Whether the bucket's server refuses everything, or one thing by itself.  Rules only; the line is `off_site_line`."""

from collections.abc import Mapping
from dataclasses import dataclass

from doorstep.core.event import EventId
from doorstep.core.health_rules import Trouble
from doorstep.core.off_site_line import REFUSED_SECONDS, REFUSED_URGENT_SECONDS

Sent = tuple[str, EventId]
"""What is sent ("part", "picture" or "clip"), and of which event."""

MOST_KEPT = 1000
TOLD_SECONDS = 2 * REFUSED_SECONDS
"""What was refused, and has rested, is tried again before that: if not, it is gone."""

FIRST_REST_SECONDS, LONGEST_REST_SECONDS = REFUSED_SECONDS / 2, 6 * 3600.0
"""Each try of a clip may send all of it, only to hear a no."""
_MOST_DOUBLINGS = 16

_REMEDY = "Mend that; it is tried again by itself, at the latest after six hours, or soon when Doorstep starts anew."
_PART_REMEDY = "Mend that; each clip goes off-site by itself once its event is over."


@dataclass(frozen=True, slots=True)
class _Refused:
    """When and why the last time, and how often by itself."""

    at: float
    why: str
    times: int = 1

    @property
    def rest(self) -> float:
        """Seconds, twice as many each time."""
        return min(FIRST_REST_SECONDS * 2.0 ** min(self.times - 1, _MOST_DOUBLINGS), LONGEST_REST_SECONDS)


class OffSiteRefusals:
    """What was refused and not taken since; all times in monotonic seconds.  One thread.

    One refusal says little: that clip may be too large, or its key forbidden.  Two of different things, with nothing
    taken between them, say that everything is refused.  What was refused while others were taken says nothing again.
    """

    def __init__(self) -> None:
        self._in_doubt: dict[Sent, _Refused] = {}
        self._alone: dict[Sent, _Refused] = {}

    @property
    def events(self) -> frozenset[EventId]:
        """Those of which a clip or picture was refused."""
        return frozenset(event for what, event in (*self._in_doubt, *self._alone) if what != "part")

    def refused(self, sent: Sent, why: str, now: float) -> bool:
        """Whether it must be everything."""
        kept = self._alone if sent in self._alone else self._in_doubt
        before = kept.pop(sent, None)
        is_everything = kept is self._in_doubt and bool(kept)
        times = 1 if before is None else before.times + (not is_everything)
        kept[sent] = _Refused(now, why, times)
        while len(kept) > MOST_KEPT:
            del kept[next(iter(kept))]
        return is_everything

    def taken(self, sent: Sent) -> None:
        """So not everything is refused, or not any more: what was in doubt rests no longer than at first."""
        for kept in (self._in_doubt, self._alone):
            kept.pop(sent, None)
        if self._in_doubt:
            doubted = {one: _Refused(refused.at, refused.why) for one, refused in self._in_doubt.items()}
            self._alone = dict(list((self._alone | doubted).items())[-MOST_KEPT:])
            self._in_doubt = {}

    def resting(self, now: float) -> frozenset[EventId]:
        """Those of which a clip or picture was refused by itself, and is not tried yet: later with each refusal."""
        kept = (self._in_doubt | self._alone).items()
        return frozenset(event for (what, event), one in kept if what != "part" and now - one.at < one.rest)

    def rests(self, sent: Sent, now: float) -> bool:
        """Whether it was refused a moment ago, and only what is sent for a running event is in such a hurry."""
        refused = self._in_doubt.get(sent) or self._alone.get(sent)
        return refused is not None and now - refused.at < REFUSED_URGENT_SECONDS

    def trouble(self, now: float) -> Trouble | None:
        """What the owner is told."""
        clips, parts = self._told(now, parts=False), self._told(now, parts=True)
        if not clips and not parts:
            return None
        said = [_clip_words(clips)] if clips else []
        said += [_part_words(parts)] if parts else []
        return Trouble(" ".join(said), _REMEDY if clips else _PART_REMEDY, minor=True)

    def _told(self, now: float, *, parts: bool) -> Mapping[EventId, str]:
        """Why, by the event, the last at the end."""
        told: dict[EventId, str] = {}
        for (what, event), refused in sorted((self._alone | self._in_doubt).items(), key=lambda one: one[1].at):
            rest = 0.0 if parts else refused.rest
            if (what == "part") == parts and now - refused.at < rest + TOLD_SECONDS:
                told.pop(event, None)
                told[event] = refused.why
        return told


def _clip_words(why: Mapping[EventId, str]) -> str:
    clips = "The clip of one event does" if len(why) == 1 else f"The clips of {len(why)} events do"
    return f"{clips} not go off-site: {_last(why)}."


def _part_words(why: Mapping[EventId, str]) -> str:
    parts = (
        "one event do not go off-site while it runs"
        if len(why) == 1
        else f"{len(why)} events do not go off-site while they run"
    )
    return f"The parts of {parts}: {_last(why)}."


def _last(why: Mapping[EventId, str]) -> str:
    return list(why.values())[-1].rstrip(".")

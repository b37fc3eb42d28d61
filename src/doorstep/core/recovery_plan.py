"""What of a bucket's objects `doorstep recover` fetches and joins.  Pure; fetching and joining are `pipeline`'s."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from doorstep.core.camera import CameraId
from doorstep.core.event import EventId
from doorstep.core.off_site_key import PROBES, SEALED, TOLD, CopyKey, CopyKind, PartKey, read_copy_key, read_part_key

NAMED_STRANGERS = 5
"""Objects that are called like nothing of ours and are named; the rest is counted."""

_DEPTH = 5
"""Names in a key, below the prefix."""

_LONGEST_NAME = 200
"""Letters of one: what every disk takes, with some more behind it."""

_YEARS = range(1970, 9000)

_PROBE = re.compile(r"[0-9a-f]{16}\.txt(?:\.spare)?(?:\.enc)?(?:\.none)?")
"""What `app/check_aws` calls what it sends."""

BEFORE_ITS_PARTS = timedelta(minutes=2)
BEHIND_ITS_PARTS = timedelta(seconds=5)
"""How much earlier or later than an event's parts its clip may be named: by the picture that it begins with."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One object as the bucket lists it: its whole key, and how many bytes lie there."""

    key: str
    size: int

    @property
    def is_sealed(self) -> bool:
        """Whether only the key at home opens it."""
        return self.key.endswith(SEALED)


@dataclass(frozen=True, slots=True)
class RecoveryWish:
    """Which cameras, all where none is named; what begins at `since` or later and before `until`."""

    cameras: frozenset[CameraId] = frozenset()
    since: datetime | None = None
    until: datetime | None = None

    def takes(self, camera: CameraId, at: datetime) -> bool:
        """Whether what begins then is wanted."""
        early = self.since is not None and at < self.since
        late = self.until is not None and at >= self.until
        return not early and not late and (not self.cameras or camera in self.cameras)


@dataclass(frozen=True, slots=True)
class ListedCopy:
    """A finished clip or picture, and where it lies."""

    key: CopyKey
    at: Listed


@dataclass(frozen=True, slots=True)
class ListedPart:
    """A part of an event, and where it lies."""

    key: PartKey
    at: Listed


@dataclass(slots=True)
class BrokenOffEvent:
    """An event of which parts arrived, and perhaps no clip: it was running when something broke off."""

    camera: CameraId
    event: EventId
    parts: list[ListedPart] = field(default_factory=list)

    @property
    def first_at(self) -> datetime:
        """When the oldest part begins."""
        return min(part.key.first_at for part in self.parts)

    @property
    def last_at(self) -> datetime:
        """When the newest part begins."""
        return max(part.key.first_at for part in self.parts)

    @property
    def size(self) -> int:
        """Of all parts, in bytes as they lie there."""
        return sum(part.at.size for part in self.parts)


@dataclass(slots=True)
class RecoveryPlan:
    """What lies under `root` of what is wanted, the newest first.  `strangers` are called like nothing of ours.

    `clips` are the finished ones among the copies, by camera and the oldest first.
    """

    root: str
    copies: list[ListedCopy]
    events: list[BrokenOffEvent]
    clips: dict[CameraId, list[ListedCopy]] = field(default_factory=dict)
    strangers: int = 0
    named_strangers: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes as they lie there."""
        return sum(copy.at.size for copy in self.copies) + sum(event.size for event in self.events)

    def clips_near(self, event: BrokenOffEvent) -> Sequence[ListedCopy]:
        """The clips of its camera that may be its own, by their names."""
        mine = self.clips.get(event.camera, ())
        begin = bisect_left(mine, event.first_at - BEFORE_ITS_PARTS, key=_starts_at)
        return mine[begin : bisect_right(mine, event.last_at + BEHIND_ITS_PARTS, key=_starts_at)]


class ListingReader:
    """Takes a bucket's listing, object by object, and keeps what is wanted.

    One Doorstep lies under the shallowest folder that holds anything called as ours is; what lies deeper is somebody's
    who could write there.
    """

    def __init__(self, wish: RecoveryWish) -> None:
        self._wish = wish
        self._copies: dict[str, dict[str, ListedCopy]] = {}
        self._events: dict[str, dict[tuple[CameraId, EventId], BrokenOffEvent]] = {}
        self._strangers = 0
        self._named: list[str] = []

    def take(self, listed: Listed) -> None:
        """The next object."""
        names = listed.key.split("/")
        root, inside = "/".join(names[:-_DEPTH]), "/".join(names[-_DEPTH:])
        if any(len(name) > _LONGEST_NAME for name in names[-_DEPTH:]):
            self._strange(listed.key)
        elif (copy := read_copy_key(inside)) is not None and copy.starts_at.year in _YEARS:
            self._copies.setdefault(root, {})
            if self._wish.takes(copy.camera, copy.starts_at):
                self._take_copy(root, ListedCopy(copy, listed))
        elif (part := read_part_key(inside.removesuffix(SEALED))) is not None and part.first_at.year in _YEARS:
            events = self._events.setdefault(root, {})
            event = events.setdefault((part.camera, part.event), BrokenOffEvent(part.camera, part.event))
            event.parts.append(ListedPart(part, listed))
        elif TOLD not in names and not _is_probe(names):  # who was told of what: of no use here
            self._strange(listed.key)

    def roots(self) -> list[str]:
        """Under which folders a Doorstep may lie: one, as a rule."""
        found = sorted({*self._copies, *self._events})
        least = min((_depth(root) for root in found), default=0)
        return [root for root in found if _depth(root) == least]

    def plan(self, root: str) -> RecoveryPlan:
        """Of one of them."""
        copies = sorted(self._copies.get(root, {}).values(), key=lambda one: one.key.starts_at, reverse=True)
        events = [one for one in self._events.get(root, {}).values() if self._is_wanted(one)]
        events.sort(key=lambda one: one.last_at, reverse=True)
        others = {*self._copies, *self._events} - {root}
        deeper = sum(len(self._copies.get(one, ())) + len(self._events.get(one, ())) for one in others)
        clips: dict[CameraId, list[ListedCopy]] = {}
        for copy in reversed(copies):
            if copy.key.kind is CopyKind.CLIP:
                clips.setdefault(copy.key.camera, []).append(copy)
        return RecoveryPlan(root, copies, events, clips, self._strangers + deeper, tuple(self._named))

    def _is_wanted(self, event: BrokenOffEvent) -> bool:
        return any(self._wish.takes(event.camera, part.key.first_at) for part in event.parts)

    def _take_copy(self, root: str, copy: ListedCopy) -> None:
        """Of two with one name the sealed one is ours for certain."""
        there = self._copies[root].get(copy.key.plain)
        if there is not None:
            self._strange((copy if there.at.is_sealed else there).at.key)
        if there is None or copy.at.is_sealed:
            self._copies[root][copy.key.plain] = copy

    def _strange(self, key: str) -> None:
        self._strangers += 1
        if len(self._named) < NAMED_STRANGERS:
            self._named.append(key)


def _is_probe(names: Sequence[str]) -> bool:
    """Whether `doorstep check --aws` left it there."""
    return tuple(names[-3:-1]) == PROBES and _PROBE.fullmatch(names[-1]) is not None


def _depth(root: str) -> int:
    return len(root.split("/")) if root else 0


def _starts_at(copy: ListedCopy) -> datetime:
    return copy.key.starts_at

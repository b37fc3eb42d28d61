"""Who saw which recordings, for the audit log: clips and pictures that were asked for.  Live viewing is `viewing`'s."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from fastapi import Request

from doorstep.core.access import Grant
from doorstep.core.audit import SAVED_CLIP, WATCHED_RECORDING, AuditEntry, seen_recording
from doorstep.core.camera import CameraId
from doorstep.core.household import household
from doorstep.web.parts import WebParts
from doorstep.web.sign_ins import address_of, name_of

TOGETHER_SECONDS = 600.0
"""One line for all that somebody sees of a camera within so long: a clip comes in ranges, a day in many pictures."""

MOST_LINES = 1024
"""Of more the oldest is forgotten, and goes on as a new line."""

_SAVES = frozenset({"document", "empty"})
"""What a browser wants a clip for that it does not play (Fetch Metadata); it tells so where the address is https."""


@dataclass(frozen=True, slots=True)
class _Line:
    entry: AuditEntry
    began_at: float


class SeenRecordings:
    """The lines that may still grow.  One for an app; used on the event loop, and never waits."""

    def __init__(self) -> None:
        self._lines: OrderedDict[tuple[str, ...], _Line] = OrderedDict()

    def add(self, parts: WebParts, person: str, entry: AuditEntry, since: datetime, until: datetime) -> None:
        """This person or token saw [since, until] too: `entry` is the line of it, where none is there to grow."""
        now = parts.clock.monotonic()
        self._forget(now)
        key = (person, household(entry.address) or entry.address, entry.camera or "", entry.verb)
        known = self._lines.get(key) or _Line(entry, now)
        grown = seen_recording(known.entry, since, until, entry.at)
        if grown == known.entry:
            return
        self._lines[key] = _Line(grown, known.began_at)
        if len(self._lines) > MOST_LINES:
            self._lines.popitem(last=False)
        parts.note(grown)

    def _forget(self, now: float) -> None:
        """Those that are full: a line keeps its place when it grows, so the first ones are the oldest."""
        while self._lines and now - next(iter(self._lines.values())).began_at >= TOGETHER_SECONDS:
            self._lines.popitem(last=False)


def note_seen(request: Request, asker: Grant, camera: CameraId, since: datetime, until: datetime) -> None:
    """Into the audit log, soon: the asker was given this span.  Who asks for the headers alone saw nothing."""
    if request.method != "GET":
        return
    parts: WebParts = request.app.state.parts
    lines: SeenRecordings = request.app.state.seen_recordings
    verb = SAVED_CLIP if _is_saved(request) else WATCHED_RECORDING
    who = name_of(asker) or "Somebody"
    entry = AuditEntry(uuid4().hex, parts.clock.now(), who, address_of(request), verb, camera)
    lines.add(parts, asker.person, entry, since, until)


def _is_saved(request: Request) -> bool:
    """Whether it is a clip that is taken along; where nobody can tell, it is watched."""
    if request.query_params.get("format") == "zip":
        return True
    return "/clip" in request.url.path and request.headers.get("sec-fetch-dest") in _SAVES

"""Finding events: this box's, and those that other boxes let it read.  Who asks is `sql`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import merge

from sqlalchemy import ColumnElement, exists, literal, select, tuple_

from doorstep.catalog.cursor import Cursor
from doorstep.catalog.instant import Instant
from doorstep.catalog.rows import event_elsewhere, event_of
from doorstep.catalog.site_session import SiteSession, of_site
from doorstep.catalog.sites import shared_with_us
from doorstep.catalog.tables import CauseRow, EventRow
from doorstep.core.camera import CameraId
from doorstep.core.event import Event, EventId
from doorstep.core.site import SiteName, name_there, site_of
from doorstep.ports import EventQuery


@dataclass(frozen=True, slots=True)
class _Place:
    """Where to look: a box, None for this one, and its cameras as it calls them, None for all."""

    site: SiteName | None
    cameras: frozenset[CameraId] | None

    @property
    def rank(self) -> str:
        """What happened at the same moment is told in this order."""
        return self.site or ""


def event(session: SiteSession, event_id: EventId) -> Event | None:
    """One event, by what it is called here."""
    site = site_of(event_id)
    if site is None:
        row = session.get(EventRow, session.own(event_id))
        return event_of(row) if row else None
    shared = shared_with_us(session)
    if site not in shared:
        return None
    kept = select(EventRow).where(
        EventRow.id == name_there(event_id), EventRow.deleted_at.is_(None), *_at(shared[site])
    )
    found = session.scalar(kept, execution_options=of_site(site))
    return event_elsewhere(found) if found else None


def page(session: SiteSession, query: EventQuery) -> tuple[Sequence[Event], str | None]:
    """One page, and the cursor of the next, None on the last.  Each box's part is read from an index of its own."""
    cursor = None if query.cursor is None else Cursor.parse(query.cursor)
    if query.cursor is not None and cursor is None:
        return (), None
    limit = max(1, query.limit)
    parts = [_part(session, query, place, cursor, limit + 1) for place in _places(session, query)]
    # One more than asked: it tells whether there is another page.
    found = list(merge(*parts, key=lambda one: one.started_at, reverse=True))[: limit + 1]
    return found[:limit], str(Cursor.behind(found[limit - 1])) if len(found) > limit else None


def _places(session: SiteSession, query: EventQuery) -> Iterator[_Place]:
    asked = query.cameras
    yield _Place(None, None if asked is None else frozenset(name for name in asked if site_of(name) is None))
    if query.shared if asked is None else any(map(site_of, asked)):
        for site, shared in shared_with_us(session).items():
            named = None if asked is None else _named(asked, site)
            yield _Place(site, shared if named is None else named if shared is None else named & shared)


def _named(asked: frozenset[CameraId], site: SiteName) -> frozenset[CameraId]:
    return frozenset(CameraId(name_there(name)) for name in asked if site_of(name) == site)


def _part(session: SiteSession, query: EventQuery, place: _Place, cursor: Cursor | None, most: int) -> list[Event]:
    if place.cameras is not None and not place.cameras:
        return []
    newest_first = select(EventRow).order_by(EventRow.started_at.desc(), EventRow.id.desc()).limit(most)
    wanted = newest_first.where(*_at(place.cameras), *_conditions(query), *_behind(cursor, place))
    if place.site is None:
        return [event_of(row) for row in session.scalars(wanted)]
    return [event_elsewhere(row) for row in session.scalars(wanted, execution_options=of_site(place.site))]


def _at(cameras: frozenset[CameraId] | None) -> list[ColumnElement[bool]]:
    return [] if cameras is None else [EventRow.camera.in_(sorted(cameras))]


def _conditions(query: EventQuery) -> Iterator[ColumnElement[bool]]:
    yield EventRow.deleted_at.is_(None)
    if not query.tests:
        yield EventRow.is_test.is_not(True)
    if query.since is not None:
        yield EventRow.started_at >= query.since
    if query.until is not None:
        yield EventRow.started_at < query.until
    if query.cause is not None:
        of_it = (CauseRow.site == EventRow.site, CauseRow.event_id == EventRow.id)
        yield exists().where(*of_it, CauseRow.cause == query.cause)


def _behind(cursor: Cursor | None, place: _Place) -> Iterator[ColumnElement[bool]]:
    if cursor is None:
        return
    last = site_of(cursor.id) or ""
    if place.rank == last:
        there = tuple_(literal(cursor.at, Instant()), literal(name_there(cursor.id)))
        yield tuple_(EventRow.started_at, EventRow.id) < there
    else:
        yield EventRow.started_at <= cursor.at if place.rank > last else EventRow.started_at < cursor.at

"""Which box is which on a catalog, and what each lets the others read.  Reading it is `sql_pages`'s."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Engine, Select, delete, select, text, update

from doorstep.catalog.engine import reading, writing
from doorstep.catalog.site_session import SiteSession
from doorstep.catalog.tables import Base, SiteRow, SiteShareRow
from doorstep.core.camera import CameraId
from doorstep.core.errors import CatalogUnavailable
from doorstep.core.site import SiteName


def settle(engine: Engine, box: str) -> None:
    """Make the engine's site this box's own, before anything of it is read as such; `box` is one name for ever.

    A file is one box's: where the config calls that another name now, its rows follow.  Raises CatalogUnavailable,
    also where the site of a PostgreSQL is another box's.
    """
    is_file = engine.dialect.name == "sqlite"
    with writing(engine) as session:
        rows = {row.site: row.box for row in session.scalars(select(SiteRow))}
        if is_file and rows and session.site not in rows:
            _rename(session, next(iter(rows)))
        elif session.site not in rows:
            session.add(SiteRow(site=session.site, box=box))
    if not is_file:
        _refuse_another(engine, box)


def share_with(engine: Engine, readers: Iterable[SiteName], camera: CameraId | None = None) -> None:
    """From now on these boxes, and no others, may read the events of this one; at `camera`, or at all of them."""
    wanted = {(reader, camera or "") for reader in readers}
    with reading(engine) as session:
        known = {(row.reader, row.camera) for row in session.scalars(_own_shares(session))}
    if wanted == known:
        return
    with writing(engine) as session:
        session.execute(delete(SiteShareRow).where(SiteShareRow.site == session.site))
        session.add_all(SiteShareRow(site=session.site, reader=reader, camera=at) for reader, at in sorted(wanted))


def shared_with_us(session: SiteSession) -> Mapping[SiteName, frozenset[CameraId] | None]:
    """What other boxes let this one read: their cameras as they call them, None for all."""
    found: dict[SiteName, frozenset[CameraId] | None] = {}
    others = (SiteShareRow.reader == session.site, SiteShareRow.site != session.site)
    for row in session.scalars(select(SiteShareRow).where(*others).order_by(SiteShareRow.site, SiteShareRow.camera)):
        site, known = SiteName(row.site), found.get(SiteName(row.site), frozenset())
        found[site] = None if not row.camera or known is None else known | {CameraId(row.camera)}
    return found


def _own_shares(session: SiteSession) -> Select[SiteShareRow]:
    return select(SiteShareRow).where(SiteShareRow.site == session.site)


def _rename(session: SiteSession, before: str) -> None:
    """Keys go along: a row refers to another by the site too, which is checked once all have the new name."""
    session.execute(text("PRAGMA defer_foreign_keys = ON"))
    for table in Base.metadata.sorted_tables:
        if "site" in table.c:
            session.execute(update(table).where(table.c.site == before).values(site=session.site))


def _refuse_another(engine: Engine, box: str) -> None:
    with reading(engine) as session:
        known = session.get(SiteRow, session.site)
        if known is None or known.box != box:
            msg = (
                f'The site "{session.site}" of this catalog belongs to another box. Give this one a name of its own, '
                "[catalog] site; or, if it takes that box's place, delete that row of the table sites first."
            )
            raise CatalogUnavailable(msg)

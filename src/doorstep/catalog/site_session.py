"""A session that reads and writes the rows of its own box and no others, whatever a query forgets to say."""

from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, event, inspect
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction, with_loader_criteria
from sqlalchemy.orm.interfaces import ORMOption

from doorstep.catalog.base import OwnedRow
from doorstep.core.site import HOME, SiteName

ENGINES_SITE = "site"
"""The option of an engine that says whose rows its sessions are about."""

_OF_SITE = "of_site"

Row = TypeVar("Row", bound=Any)  # as SQLAlchemy declares it: a row of any table


def site_of_engine(engine: Engine) -> SiteName:
    """The box that this engine was opened for."""
    site: SiteName = engine.get_execution_options().get(ENGINES_SITE, HOME)
    return site


def of_site(site: SiteName) -> dict[str, str]:
    """The option of a statement that is to read another box's rows; the caller says which of them may be seen."""
    return {_OF_SITE: site}


class SiteSession(Session):
    """What the catalog is asked through.  One thread's."""

    def __init__(self, bind: Engine | Connection, site: SiteName) -> None:
        super().__init__(bind)
        self.site = site

    def own(self, *key: str) -> tuple[str, ...]:
        """The primary key of an own row."""
        return self.site, *key

    def merge(self, instance: Row, *, load: bool = True, options: Sequence[ORMOption] | None = None) -> Row:
        """As SQLAlchemy's; the row, and what hangs on it, is this box's."""
        state = inspect(instance)
        for row in (instance, *(found[0] for found in state.mapper.cascade_iterator("merge", state))):
            row.site = self.site
        return super().merge(instance, load=load, options=options)


@event.listens_for(SiteSession, "do_orm_execute")
def _keep_to_one_site(asked: ORMExecuteState) -> None:
    """What hangs on a row is loaded by that row's own key."""
    session = asked.session
    if asked.is_relationship_load or asked.is_column_load or not isinstance(session, SiteSession):
        return
    if asked.is_select or asked.is_update or asked.is_delete:
        site = asked.execution_options.get(_OF_SITE, session.site)
        asked.statement = asked.statement.options(
            with_loader_criteria(OwnedRow, lambda row: row.site == site, include_aliases=True)
        )


@event.listens_for(SiteSession, "before_flush")
def _write_own_rows(session: Session, _context: UOWTransaction, _rows: object) -> None:
    """Another box's row is never written: to try is a bug."""
    new = session.new  # which SQLAlchemy makes anew at every asking
    for row in (*new, *session.dirty, *session.deleted):
        if isinstance(row, OwnedRow) and isinstance(session, SiteSession):
            if row in new and inspect(row).dict.get("site") is None:
                row.site = session.site
            if row.site != session.site:
                msg = f"a row of {row.site} cannot be written by {session.site}"
                raise ValueError(msg)

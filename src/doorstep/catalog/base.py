"""What all tables have in common: how constraints are called, and which type keeps what."""

from datetime import datetime
from typing import ClassVar, TypedDict

from sqlalchemy import JSON, Double, Index, MetaData, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from doorstep.catalog.instant import Instant
from doorstep.catalog.plain_text import PlainText


class LedgerJson(TypedDict):
    """One entry of an event's ledger; `at` is RFC 3339."""

    stage: str
    at: str
    channel: str
    cost_usd: float


class Base(DeclarativeBase):
    """What all tables have in common."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        datetime: Instant(),
        str: PlainText(),
        float: Double(),
        list[str]: JSON(none_as_null=True),
        list[float]: JSON(none_as_null=True),
        list[LedgerJson]: JSON(),
    }


class OwnedRow(Base):
    """A row of one box; its key begins with the box's site, for what is not random may be the same at two.

    A session of `engine` reads and writes its own site's rows and no others.
    """

    __abstract__ = True

    site: Mapped[str] = mapped_column(primary_key=True, sort_order=-1)


def index_where(column: str, condition: str) -> Index:
    """Of the rows that fulfil the condition alone.

    PostgreSQL's tables are made by `migrations`, where the condition stands for it too: named here, it would load the
    dialect, 2 MiB of every house whose catalog is a file.
    """
    return Index(None, "site", column, sqlite_where=text(condition))

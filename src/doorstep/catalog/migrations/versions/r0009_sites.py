"""Whose each row is: several boxes on one catalog.  What a box shares, and which boxes there are."""

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from alembic import context, op

revision = "0009"
down_revision = "0008"


@dataclass(frozen=True)
class _Index:
    name: str
    columns: tuple[str, ...]
    where: str | None = None
    unique: bool = False


@dataclass(frozen=True)
class _Table:
    """As it becomes: its key, its indexes, and whether its rows go with those of `events`."""

    name: str
    key: tuple[str, ...]
    indexes: tuple[_Index, ...] = ()
    of_an_event: bool = False


def _on(table: str, *columns: str, where: str | None = None, unique: bool = False) -> _Index:
    return _Index(f"ix_{table}_site_{'_'.join(columns)}", ("site", *columns), where, unique)


def _told(table: str, *indexes: _Index) -> tuple[_Index, ...]:
    return (*indexes, _on(table, "boot", where="boot IS NOT NULL"))


_IN_MINUTES = ("site", "camera", "recording_starts_at", "recording_ends_at")
_EVENTS = (
    _on("events", "camera", "started_at", "id"),
    _on("events", "started_at", "id"),
    _on("events", "deleted_at", where="deleted_at IS NOT NULL"),
    _on("events", "ended_at", where="ended_at IS NULL"),
    _Index("ix_events_in_minutes", _IN_MINUTES, "recording_in_minutes IS NOT NULL"),
)
# Children behind their parent: they are made in this order, and those of before go in the opposite one.
_TABLES = (
    _Table("events", ("site", "id"), _told("events", *_EVENTS)),
    _Table(
        "event_causes",
        ("site", "event_id", "cause"),
        (_on("event_causes", "cause", "event_id"),),
        of_an_event=True,
    ),
    _Table("explanations", ("site", "event_id"), of_an_event=True),
    _Table(
        "deliveries",
        ("site", "id"),
        _told("deliveries", _on("deliveries", "state", "at"), _on("deliveries", "event_id")),
    ),
    _Table("gaps", ("id",), _told("gaps", _on("gaps", "camera", "starts_at"), _on("gaps", "ends_at"))),
    _Table(
        "spans", ("site", "key"), _told("spans", _on("spans", "camera", "starts_at"), _on("spans", "starts_at", "key"))
    ),
    _Table("accounts", ("site", "folded_name")),
    _Table("grants", ("site", "id"), (_on("grants", "secret_hash", unique=True),)),
    _Table("audit", ("site", "id"), (_on("audit", "at", "id"),)),
    _Table(
        "subscriptions",
        ("site", "id"),
        (_on("subscriptions", "endpoint", unique=True), _on("subscriptions", "person")),
    ),
    _Table("preferences", ("site", "person")),
    _Table(
        "uploads",
        ("site", "event_id"),
        (_Index("ix_uploads_due", ("site", "asked_at"), "state = 'due'"),),
    ),
    _Table(
        "shares",
        ("site", "id"),
        (_on("shares", "secret_hash", unique=True), _on("shares", "event_id"), _on("shares", "expires_at")),
    ),
    _Table("calls", ("site", "id"), (_on("calls", "at"), _on("calls", "event_id", where="event_id IS NOT NULL"))),
)


def upgrade() -> None:
    """From 0008."""
    site: str = context.config.attributes["site"]
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        _rebuild(bind, site)
    else:
        _alter(bind, site)
    for table in _TABLES:
        for index in table.indexes:
            only = None if index.where is None else sa.text(index.where)
            columns = list(index.columns)
            op.create_index(
                index.name, table.name, columns, unique=index.unique, sqlite_where=only, postgresql_where=only
            )
    _boxes()


def _boxes() -> None:
    op.create_table(
        "sites",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("box", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("site", name="pk_sites"),
    )
    op.create_table(
        "site_shares",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("reader", sa.String(), nullable=False),
        sa.Column("camera", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("site", "reader", "camera", name="pk_site_shares"),
    )


def _rebuild(bind: sa.Connection, site: str) -> None:
    """SQLite changes no key of a table that is there: all are made anew beside those of before.

    Those go children first, so that no row goes with its parent.
    """
    meta = sa.MetaData()
    for table in _TABLES:
        before = sa.Table(table.name, sa.MetaData(), autoload_with=bind, resolve_fks=False)
        made = sa.Table(f"new_{table.name}", meta, *_parts(table, before, "new_events"))
        made.create(bind)
        columns = [column.name for column in before.columns]
        bind.execute(made.insert().from_select(["site", *columns], sa.select(sa.literal(site), before)))
    for table in reversed(_TABLES):
        op.drop_table(table.name)
    for table in _TABLES:
        op.rename_table(f"new_{table.name}", table.name)


def _parts(table: _Table, before: sa.Table, events: str) -> Iterator[sa.Column[object] | sa.Constraint]:
    yield sa.Column("site", sa.String(), nullable=False)
    for column in before.columns:
        yield sa.Column(column.name, column.type, nullable=column.nullable)
    yield sa.PrimaryKeyConstraint(*table.key, name=f"pk_{table.name}")
    if table.of_an_event:
        yield sa.ForeignKeyConstraint(
            ["site", "event_id"],
            [f"{events}.site", f"{events}.id"],
            name=f"fk_{table.name}_site_event_id",
            ondelete="CASCADE",
        )


def _alter(bind: sa.Connection, site: str) -> None:
    found = sa.inspect(bind)
    for table in _TABLES:
        for index in found.get_indexes(table.name):
            op.drop_index(str(index["name"]), table.name)
    for table in _TABLES:
        if table.of_an_event:
            op.drop_constraint(f"fk_{table.name}_event_id", table.name, type_="foreignkey")
    for table in _TABLES:
        op.add_column(table.name, sa.Column("site", sa.String(), nullable=False, server_default=site))
        op.alter_column(table.name, "site", server_default=None)
        op.drop_constraint(f"pk_{table.name}", table.name, type_="primary")
        op.create_primary_key(f"pk_{table.name}", table.name, list(table.key))
    for table in _TABLES:
        if table.of_an_event:
            name, here, there = f"fk_{table.name}_site_event_id", ["site", "event_id"], ["site", "id"]
            op.create_foreign_key(name, table.name, "events", here, there, ondelete="CASCADE")

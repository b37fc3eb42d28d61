"""PostgreSQL, where an address names one: how it is reached, how long it may take, and its errors in plain words."""

import re
from collections.abc import Mapping

from sqlalchemy import URL, Connection, Engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from doorstep.core.errors import CatalogAway, CatalogUnavailable
from doorstep.extras import how_to_add

SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")
DRIVER = "postgresql+psycopg"
OLDEST = 13
"""The major version; older ones get no repairs from their makers any more."""

CONNECT_SECONDS = 5
STATEMENT_SECONDS = 30
LOCK_SECONDS = 5
UPGRADE_SECONDS = 120
_BOUNDS = {
    "statement_timeout": f"{STATEMENT_SECONDS}s",
    "lock_timeout": f"{LOCK_SECONDS}s",
    # A box that dies in the middle of a transaction holds up nobody for longer.
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
}
_UPGRADE_LOCK = 0x446F6F7273746570  # "Doorstep": any number that is nobody else's

_REACH = (
    "The catalog's database cannot be reached. Check that PostgreSQL runs there, the network between, and the host and "
    "port in [catalog] url."
)
_REFUSED = "The catalog's database refused the user name or the password. Check [catalog] url."
_NOT_THERE = "There is no such database at the catalog's address. Make it with `createdb`, or check [catalog] url."
_FULL = "The catalog cannot grow: the disk of its database is full. Free some space there."
_READ_ONLY = "The catalog's database takes nothing: it is a standby or was made read-only. Name the primary's address."
_CROWDED = "The catalog's database has no connection left for this box. Raise its max_connections, or close others."
_BUSY = "The catalog's database took too long. Try again; if it stays, look at what else it is doing."
_AWAY = "The catalog's database is starting or stopping. It is tried again."
_NO_RIGHT = "The catalog's user may not do that in its database. Make that user the owner of the database."
_TLS = "The catalog's database could not be reached over TLS. Check sslmode and sslrootcert in [catalog] url."
_NO_DRIVER = f"The catalog's address names PostgreSQL, but its driver is not installed. {how_to_add('postgres')}"

_COMES_BACK = frozenset({_REACH, _CROWDED, _BUSY, _AWAY})

# By SQLSTATE, or its class, which is the first two characters (postgresql.org/docs/current/errcodes-appendix.html).
_WORDS = {
    "08": _REACH,
    "28": _REFUSED,
    "3D": _NOT_THERE,
    "25006": _READ_ONLY,
    "42501": _NO_RIGHT,
    "53100": _FULL,
    "53300": _CROWDED,
    "55P03": _BUSY,
    "57014": _BUSY,
    "57P": _AWAY,
    "40": _BUSY,
}
# A connection that is refused has no SQLSTATE in libpq, only the server's words, and those in English as a rule.
_REFUSALS = (
    (re.compile(r"password authentication failed|no password supplied|no pg_hba\.conf entry|role .* does not exist"),
     _REFUSED),
    (re.compile(r"database .* does not exist"), _NOT_THERE),
    (re.compile(r"too many (?:clients|connections)|remaining connection slots"), _CROWDED),
    (re.compile(r"is (?:starting up|shutting down|in recovery mode)|not (?:yet )?accepting connections"), _AWAY),
    (re.compile(r"SSL|certificate"), _TLS),
    (re.compile(r"permission denied for database"), _NO_RIGHT),
    (re.compile(r"read-only|hot standby"), _READ_ONLY),
)  # fmt: skip


def is_postgres(address: URL) -> bool:
    """Whether the address is ours to open."""
    return address.drivername in SCHEMES


def engine_options(address: URL) -> dict[str, object]:
    """For SQLAlchemy's create_engine.  A dead connection is found out before it is used; each wait has a bound."""
    return {"connect_args": _connect_options(address.query), "pool_pre_ping": True, "pool_size": 5, "max_overflow": 5}


def _connect_options(given: Mapping[str, object]) -> dict[str, object]:
    """What the address says itself goes before."""
    options: dict[str, object] = {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": "doorstep",
        "client_encoding": "utf8",
        # A network that swallows everything is found out within seconds, also in the middle of a question.
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
    }
    # Without statements that are kept by name, so that a pooler between may give each transaction another connection.
    return {"prepare_threshold": None, **{name: value for name, value in options.items() if name not in given}}


def prepare(engine: Engine) -> None:
    """Bounds for each connection that the engine will make."""
    event.listen(engine, "connect", _prepare)


def refuse_unfit(engine: Engine) -> None:
    """One that is too old, or that keeps its text in an encoding where a name would get lost.

    Raises CatalogUnavailable, and the driver's errors.
    """
    with engine.connect() as connection:
        version = int(connection.scalar(text("SHOW server_version_num")) or 0) // 10_000
        encoding = connection.scalar(text("SHOW server_encoding"))
    if version < OLDEST:
        msg = f"The catalog's database is PostgreSQL {version}; Doorstep needs {OLDEST} or newer."
        raise CatalogUnavailable(msg)
    if encoding != "UTF8":
        msg = f"The catalog's database keeps its text as {encoding}. Make one with `createdb --encoding=UTF8`."
        raise CatalogUnavailable(msg)


def wait_for_turn(connection: Connection) -> None:
    """Until no other box changes the tables, which it does for as long as it needs; till the transaction ends."""
    connection.execute(text(f"SET LOCAL statement_timeout = '{UPGRADE_SECONDS}s'"))
    connection.execute(text(f"SET LOCAL lock_timeout = '{UPGRADE_SECONDS}s'"))
    connection.execute(text(f"SELECT pg_advisory_xact_lock({_UPGRADE_LOCK})"))


def no_driver() -> CatalogUnavailable:
    """For who did not install it."""
    return CatalogUnavailable(_NO_DRIVER)


def error_for(error: BaseException | None) -> CatalogUnavailable:
    """What happened and what to do.  Nothing of the address, and nothing of what was being saved."""
    words = _words_for(error)
    return CatalogAway(words) if words in _COMES_BACK else CatalogUnavailable(words)


def _words_for(error: BaseException | None) -> str:
    state: str = getattr(error, "sqlstate", None) or ""
    if not state:
        said = str(error)
        return next((words for pattern, words in _REFUSALS if pattern.search(said)), _REACH)
    known = next((_WORDS[key] for key in (state, state[:3], state[:2]) if key in _WORDS), None)
    return known or f"The catalog's database did not take that (PostgreSQL's code {state}). Try again later."


def _prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for name, value in _BOUNDS.items():
        cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
    cursor.close()
    connection.commit()

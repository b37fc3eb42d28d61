"""The catalog of a box, where its settings say: a file in the data folder, or a PostgreSQL of several boxes."""

import secrets
from pathlib import Path

import structlog
from sqlalchemy import Engine

from doorstep.app.folders import catalog_url
from doorstep.app.systemd import tell
from doorstep.catalog.copying import sync
from doorstep.catalog.engine import open_engine
from doorstep.catalog.sites import settle, share_with
from doorstep.catalog.tables import HEAD
from doorstep.catalog.upgrade import fit_revision, revision, upgrade
from doorstep.core.cloud_settings import CatalogSettings
from doorstep.core.errors import CatalogUnavailable, ConfigInvalid
from doorstep.core.site import SiteName

log = structlog.get_logger()

IN_FILE = CatalogSettings()
"""What holds where the config says nothing."""

LONGEST_UPGRADE_SECONDS = 3600
"""A hundred thousand events take seconds on a desk, minutes on the smallest Pi."""

BOX_FILE = "box"
"""In the data folder: which box this is, however it is called."""


def open_catalog(data: Path, kept: CatalogSettings = IN_FILE) -> Engine:
    """As it is; whoever opened it calls `dispose`.  Raises CatalogUnavailable."""
    return open_engine(catalog_url(data, kept), SiteName(kept.site))


def own_catalog(data: Path, kept: CatalogSettings = IN_FILE) -> Engine:
    """The same, of the shape that this version needs, and ours to write.  Raises CatalogUnavailable, ConfigInvalid."""
    engine = open_catalog(data, kept)
    try:
        _upgrade(engine)
        settle(engine, _box(data) if kept.url else "")
    except Exception:
        engine.dispose()
        raise
    return engine


def is_older(data: Path, kept: CatalogSettings = IN_FILE) -> bool:
    """Whether there is a catalog that `own_catalog` would upgrade.

    Raises CatalogUnavailable, also for one that `own_catalog` would refuse.
    """
    engine = open_catalog(data, kept)
    try:
        return (fit_revision(engine) or HEAD) < HEAD
    finally:
        engine.dispose()


def served_catalog(data: Path, kept: CatalogSettings = IN_FILE) -> Engine:
    """The same for a server: the boxes that may read ours are told so.  Raises as `own_catalog`."""
    engine = own_catalog(data, kept)
    share_with(engine, map(SiteName, kept.shared_with))
    return engine


WITHOUT = "Doorstep started without its catalog: nobody can sign in, no phone is told by Web Push, no list is shown."


class AwaitedCatalog:
    """A database that was away at the start: `engine` refuses everything with the reason until `come` says that it is
    there.  Thread-safe.
    """

    def __init__(self, data: Path, kept: CatalogSettings, reason: str) -> None:
        """Nothing connects.  Raises CatalogUnavailable."""
        self._data = data
        self._kept = kept
        self.reason = f"{WITHOUT} {reason}"
        self.engine = open_engine(catalog_url(data, kept), SiteName(kept.site), lambda: self.reason)

    def come(self) -> bool:
        """Whether it is there, of the shape that this version needs and ours to write; blocks for seconds.

        Else `reason` says why not.
        """
        try:
            served_catalog(self._data, self._kept).dispose()
        except (CatalogUnavailable, ConfigInvalid) as error:
            self.reason = f"{WITHOUT} {error}"
            return False
        self.reason = ""
        return True


def refuse_postgres(kept: CatalogSettings) -> None:
    """A backup holds a file; whoever looks after a PostgreSQL has better ways.  Raises ConfigInvalid."""
    if kept.url:
        msg = (
            "The catalog is a PostgreSQL of several boxes, which a backup of one box does not hold. Copy it with "
            "`pg_dump`, and the config and the folder keys of the data folder beside it."
        )
        raise ConfigInvalid(msg)


def _upgrade(engine: Engine) -> None:
    before = revision(engine)
    if before == HEAD:
        return
    tell(f"EXTEND_TIMEOUT_USEC={LONGEST_UPGRADE_SECONDS * 10**6}\nSTATUS=Upgrading the catalog.")
    snapshot = upgrade(engine)
    if before is not None:
        log.info("the catalog was upgraded", before=before, now=HEAD, copy_of_before=str(snapshot or "none"))


def _box(data: Path) -> str:
    """Made up once; who copies the folder to another machine moves the box."""
    path = data / BOX_FILE
    try:
        if not path.exists():
            made = path.with_suffix(".part")
            made.touch(0o600)
            made.write_text(secrets.token_hex(16), encoding="ascii")
            sync(made)
            made.replace(path)
            sync(data)
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        msg = f"{path} cannot be read or written ({error.strerror}). Check the rights of the data folder."
        raise ConfigInvalid(msg) from error

"""The way back to an older Doorstep: the catalog of before its upgrade, put in place again."""

from dataclasses import dataclass
from pathlib import Path

from doorstep.app.folders import catalog_path, locked
from doorstep.catalog.copying import check_catalog
from doorstep.catalog.putting_back import Snapshot, newer_events, put_back, whole_snapshots
from doorstep.config.document import parse, read_text
from doorstep.config.page_rules import names_in
from doorstep.config.secrets_file import read_secrets, secrets_beside
from doorstep.core.cloud_settings import CatalogSettings
from doorstep.core.errors import ConfigInvalid, DoorstepError
from doorstep.core.releases import RELEASES, revision_of


@dataclass(frozen=True, slots=True)
class Downgraded:
    """What was put in place, where the catalog of before went, and how many events only that one knows."""

    snapshot: Snapshot
    aside: Path
    lost_events: int
    notes: tuple[str, ...]


def kept_catalogs(data: Path, kept: CatalogSettings) -> list[Snapshot]:
    """Newest first.  The server may run.  Raises ConfigInvalid."""
    _refuse_postgres(kept)
    return whole_snapshots(catalog_path(data))


def downgrade(data: Path, kept: CatalogSettings, to: str, config: Path | None) -> Downgraded | None:
    """Give the catalog back to the Doorstep of version `to`, which is installed afterwards; None if it reads it as is.

    The server must be stopped.  No recording is touched.  Raises ConfigInvalid, CatalogUnavailable, DoorstepError:
    then nothing was changed.
    """
    _refuse_postgres(kept)
    wanted = revision_of(to)
    if wanted is None:
        known = ", ".join(version for version, _ in RELEASES)
        msg = f"{to} is no version of Doorstep with a catalog that is known here. Known: {known}."
        raise ConfigInvalid(msg)
    notes = _notes(config, to)
    with locked(data):
        catalog = catalog_path(data)
        if not catalog.exists():
            msg = f"There is no catalog in {data}. Name the data folder with --data."
            raise ConfigInvalid(msg)
        if check_catalog(catalog).revision <= wanted:
            return None
        snapshot = _chosen(catalog, wanted, to)
        lost = newer_events(catalog, snapshot.path)
        try:
            aside = put_back(catalog, snapshot.path)
        except OSError as error:
            msg = (
                f"The catalog could not be put back ({error.strerror}). Nothing was changed. Check {data} and its disk."
            )
            raise DoorstepError(msg) from error
    return Downgraded(snapshot, aside, lost, notes)


def _chosen(catalog: Path, wanted: str, to: str) -> Snapshot:
    for snapshot in whole_snapshots(catalog):
        if snapshot.revision <= wanted:
            return snapshot
    msg = (
        f"No copy of the catalog that {to} reads lies in {catalog.parent}. Move the catalog away, install {to}, and "
        "make a new one with `doorstep fsck --repair`: every recording is found again."
    )
    raise DoorstepError(msg)


def _refuse_postgres(kept: CatalogSettings) -> None:
    if kept.url:
        msg = "The catalog is a PostgreSQL, of which Doorstep keeps no copy. Bring back what `pg_dump` made before."
        raise ConfigInvalid(msg)


def _notes(config: Path | None, to: str) -> tuple[str, ...]:
    """What an older Doorstep would not find.  Raises ConfigInvalid."""
    if config is None or not to.startswith("0.1") or not config.exists():
        return ()
    place = secrets_beside(config)
    asked = names_in(parse(read_text(config), str(config), config.absolute().parent).tables)
    names = sorted(asked.intersection(read_secrets(place)))
    return (f"Doorstep {to} does not read {place}: give it {', '.join(names)} in its environment",) if names else ()
